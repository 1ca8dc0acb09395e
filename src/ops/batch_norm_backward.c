/* Backward of batch normalisation in training; the formulas are in batch_norm.h. */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/batch_norm.h"
#include "ops/gradients.h"

enum { PIECE = 16384, CHANNELS = 64 };

/* What dy and x are multiplied with, and what is added, to give dx. */
typedef struct factors {
  double by_dy, by_x, constant;
} factors;

static factors factors_of(const fv__backward_call *call, int64_t c, double sum, double product) {
  const double r = ((const float *)call->saved)[call->op->batch_norm.channels + c];
  const double by_dy = r * (call->kernel ? (double)call->kernel[c] : 1), pixels = (double)fv__view_pixels(&call->dy);
  return (factors){by_dy, -by_dy * r * r * product / pixels, -by_dy * sum / pixels};
}

static void add_weights(const fv__backward_call *call, int64_t c, double sum, double product) {
  const double r = ((const float *)call->saved)[call->op->batch_norm.channels + c];
  if (call->dkernel) call->dkernel[c] = (float)((double)call->dkernel[c] + product * r);
  if (call->dbias) call->dbias[c] = (float)((double)call->dbias[c] + sum);
}

/* ---- plain ---- */

static void sums_of(const fv__backward_call *call, int64_t c, double *sum, double *product) {
  const double mean = ((const float *)call->saved)[c];
  *sum = *product = 0;
  for (int64_t i = 0; i < fv__view_pixels(&call->dy); i++) {
    const double dy = fv__view_at_pixel(&call->dy, i)[c];
    *sum += dy;
    *product += dy * ((double)fv__view_at_pixel(&call->x[0], i)[c] - mean);
  }
}

static void input_channels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t c = first; c < end; c++) {
    double sum, product;
    sums_of(call, c, &sum, &product);
    const factors f = factors_of(call, c, sum, product);
    const double mean = ((const float *)call->saved)[c];
    for (int64_t i = 0; i < fv__view_pixels(&call->dy); i++) {
      const double dy = fv__view_at_pixel(&call->dy, i)[c],
                   distance = (double)fv__view_at_pixel(&call->x[0], i)[c] - mean;
      float *dx = fv__view_at_pixel(&call->dx[0], i) + c;
      *dx = (float)((double)*dx + f.by_dy * dy + f.by_x * distance + f.constant);
    }
  }
}

static void weight_channels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t c = first; c < end; c++) {
    double sum, product;
    sums_of(call, c, &sum, &product);
    add_weights(call, c, sum, product);
  }
}

static void input_reference(const fv__backward_call *call) { fv__gradient_ranges(call, call->dy.c, 1, input_channels); }

static void weight_reference(const fv__backward_call *call) {
  fv__gradient_ranges(call, call->dy.c, 1, weight_channels);
}

/* ---- fast ---- */

static fv__pixels pixels_at(const fv__view *view, int64_t first) {
  return (fv__pixels){fv__view_at_pixel(view, first), view->pixel};
}

static void block_sums(const fv__backward_call *call, const fv__norm_scratch *s, int64_t first, int64_t end) {
  const fv__view *x = &call->x[0], *dy = &call->dy;
  memset(s->block[0], 0, (size_t)dy->c * sizeof(float));
  memset(s->block[1], 0, (size_t)dy->c * sizeof(float));
  for (int64_t i = first, run; i < end; i += run) {
    run = fv__norm_run(x, dy, i, end);
    call->op->kernels->channels->sum_products(pixels_at(x, i), pixels_at(dy, i), run, dy->c, call->saved, s->block[0],
                                              s->block[1]);
  }
}

static void part_sums(void *context, int64_t part, int thread) {
  (void)thread;
  const fv__backward_call *call = context;
  const fv__view *dy = &call->dy;
  const fv__norm_scratch s = fv__norm_scratch_of(call->op, call->scratch, part);
  const int64_t end = fv__norm_start(dy, part + 1), block = fv__norm_block_pixels(dy);
  memset(s.sums[0], 0, 2 * (size_t)dy->c * sizeof(double));
  for (int64_t first = fv__norm_start(dy, part); first < end; first += block) {
    block_sums(call, &s, first, fv__min(end, first + block));
    for (int64_t c = 0; c < dy->c; c++) {
      s.sums[0][c] += (double)s.block[0][c];
      s.sums[1][c] += (double)s.block[1][c];
    }
  }
}

static void sum_parts(const fv__backward_call *call, int64_t c, double *sum, double *product) {
  *sum = *product = 0;
  for (int64_t part = 0; part < FV__NORM_PARTS; part++) {
    const fv__norm_scratch s = fv__norm_scratch_of(call->op, call->scratch, part);
    *sum += s.sums[0][c];
    *product += s.sums[1][c];
  }
}

static void finish_weights(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t c = first; c < end; c++) {
    double sum, product;
    sum_parts(call, c, &sum, &product);
    add_weights(call, c, sum, product);
  }
}

/* From the same sums, also the gradients of weights. */
static void find_factors(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__norm_scratch results = fv__norm_scratch_of(call->op, call->scratch, 0);
  for (int64_t c = first; c < end; c++) {
    double sum, product;
    sum_parts(call, c, &sum, &product);
    const factors f = factors_of(call, c, sum, product);
    add_weights(call, c, sum, product);
    results.first[c] = (float)f.by_dy;
    results.second[c] = (float)f.by_x;
    results.third[c] = (float)f.constant;
  }
}

static void spread(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__view *x = &call->x[0], *dy = &call->dy, *dx = &call->dx[0];
  const fv__norm_scratch results = fv__norm_scratch_of(call->op, call->scratch, 0);
  for (int64_t i = first, run; i < end; i += run) {
    run = fv__min(fv__norm_run(x, dy, i, end), fv__norm_run(dx, dx, i, end));
    call->op->kernels->channels->spread(pixels_at(x, i), pixels_at(dy, i), run, dy->c, call->saved, results.first,
                                        results.second, results.third, fv__view_at_pixel(dx, i), dx->pixel,
                                        call->overwrite);
  }
}

static void input_vector(const fv__backward_call *call) {
  fv__parallel_for(call->pool, FV__NORM_PARTS, part_sums, (void *)call);
  fv__gradient_ranges(call, call->dy.c, CHANNELS, find_factors);
  fv__gradient_ranges(call, fv__view_pixels(&call->dy), fv__range_step(call->dy.c, PIECE), spread);
}

static void weight_vector(const fv__backward_call *call) {
  fv__parallel_for(call->pool, FV__NORM_PARTS, part_sums, (void *)call);
  fv__gradient_ranges(call, call->dy.c, CHANNELS, finish_weights);
}

static const fv__gradient_way INPUT_VECTOR = {.name = "vector",
                                              .why_not = fv__way_fits,
                                              .scratch_bytes = fv__norm_scratch_bytes,
                                              .backward = input_vector,
                                              .reads_x = true,
                                              .overwrites = true,
                                              .gives_weights = true};
static const fv__gradient_way INPUT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = input_reference, .reads_x = true};
static const fv__gradient_way WEIGHT_VECTOR = {.name = "vector",
                                               .why_not = fv__way_fits,
                                               .scratch_bytes = fv__norm_scratch_bytes,
                                               .backward = weight_vector,
                                               .reads_x = true};
static const fv__gradient_way WEIGHT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = weight_reference, .reads_x = true};

fv__gradient_list fv__batch_norm_input_gradient = {&INPUT_VECTOR, &INPUT_REFERENCE, NULL};
fv__gradient_list fv__batch_norm_weight_gradient = {&WEIGHT_VECTOR, &WEIGHT_REFERENCE, NULL};
