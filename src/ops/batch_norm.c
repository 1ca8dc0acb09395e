/* Batch normalisation in training, forward. Plain: channel by channel in double. Fast: every block gives the mean and
 * the sum of squares about it, which are put together as Chan, Golub, LeVeque 1979 say:
 *
 *   mean = mean_a + d n_b / n      squares = squares_a + squares_b + d^2 n_a n_b / n      d = mean_b - mean_a
 */
#include "ops/batch_norm.h"

#include <math.h>
#include <string.h>

#include "kernels/kernels.h"
#include "ops/gradients.h"

enum { PIECE = 16384, CHANNELS = 64 };

static size_t saved_bytes(const fv__op *op) { return 2 * (size_t)op->batch_norm.channels * sizeof(float); }

/* Leaves a channel's statistics for backward, lets the model's follow, and gives 1 / deviation. */
static double keep(const fv__op_call *call, int64_t channel, double mean, double variance) {
  const fv__batch_norm_problem *p = &call->op->batch_norm;
  const double count = (double)fv__view_pixels(&call->x[0]), factor = 1 / sqrt(variance + p->epsilon);
  float *saved = call->saved;
  saved[channel] = (float)mean;
  saved[p->channels + channel] = (float)factor;
  const double followed = p->unbiased ? variance * count / fmax(1, count - 1) : variance;
  const struct {
    float *to;
    double value;
  } moving[] = {{call->moving_mean, mean}, {call->moving_variance, followed}};
  for (int i = 0; i < 2; i++)
    if (moving[i].to)
      moving[i].to[channel] =
          (float)(p->momentum * (double)moving[i].to[channel] + (1 - p->momentum) * moving[i].value);
  return factor;
}

/* ---- plain ---- */

static void channel(const fv__op_call *call, int64_t c) {
  const fv__view *x = &call->x[0];
  const int64_t pixels = fv__view_pixels(x);
  double mean = 0, squares = 0;
  for (int64_t i = 0; i < pixels; i++) mean += (double)fv__view_at_pixel(x, i)[c];
  mean /= (double)pixels;
  for (int64_t i = 0; i < pixels; i++) {
    const double distance = (double)fv__view_at_pixel(x, i)[c] - mean;
    squares += distance * distance;
  }
  const double factor = keep(call, c, mean, squares / (double)pixels) * (call->kernel ? (double)call->kernel[c] : 1);
  for (int64_t i = 0; i < pixels; i++) {
    double value = ((double)fv__view_at_pixel(x, i)[c] - mean) * factor + (call->bias ? (double)call->bias[c] : 0);
    if (call->residual.data) value += (double)fv__view_at_pixel(&call->residual, i)[c];
    fv__view_at_pixel(&call->y, i)[c] = fv__clamp((float)value, call->op->low, call->op->high);
  }
}

static void channels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t c = first; c < end; c++) channel(call, c);
}

static void forward(const fv__op_call *call) { fv__for_ranges(call, call->x[0].c, 1, channels); }

static const fv__way REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .forward = forward, .keeps_natural = true};

/* ---- fast ---- */

/* Mean and squares of one block, in s->block. */
static void block_statistics(const fv__op_call *call, const fv__norm_scratch *s, int64_t first, int64_t end) {
  const fv__view *x = &call->x[0];
  const fv__channel_kernels *kernels = call->op->kernels->channels;
  memset(s->block[0], 0, (size_t)x->c * sizeof(float));
  memset(s->block[1], 0, (size_t)x->c * sizeof(float));
  for (int64_t i = first, run; i < end; i += run) {
    run = fv__norm_run(x, x, i, end);
    kernels->sum((fv__pixels){fv__view_at_pixel(x, i), x->pixel}, run, x->c, s->block[0]);
  }
  for (int64_t c = 0; c < x->c; c++) s->block[0][c] /= (float)(end - first);
  for (int64_t i = first, run; i < end; i += run) {
    run = fv__norm_run(x, x, i, end);
    kernels->sum_squares((fv__pixels){fv__view_at_pixel(x, i), x->pixel}, run, x->c, s->block[0], s->block[1]);
  }
}

/* Statistics of `more` pixels join those of `count`. */
static void join(double *mean, double *squares, double count, double mean_more, double squares_more, double more) {
  const double distance = mean_more - *mean, all = count + more;
  *mean += distance * more / all;
  *squares += squares_more + distance * distance * count * more / all;
}

static void part_statistics(void *context, int64_t part, int thread) {
  (void)thread;
  const fv__op_call *call = context;
  const fv__view *x = &call->x[0];
  const fv__norm_scratch s = fv__norm_scratch_of(call->op, call->scratch, part);
  const int64_t start = fv__norm_start(x, part), end = fv__norm_start(x, part + 1), block = fv__norm_block_pixels(x);
  memset(s.sums[0], 0, 2 * (size_t)x->c * sizeof(double));
  for (int64_t first = start; first < end; first += block) {
    const int64_t last = fv__min(end, first + block);
    block_statistics(call, &s, first, last);
    for (int64_t c = 0; c < x->c; c++)
      join(&s.sums[0][c], &s.sums[1][c], (double)(first - start), (double)s.block[0][c], (double)s.block[1][c],
           (double)(last - first));
  }
}

/* All parts of some channels: what they are multiplied with and moved by. */
static void join_parts(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__view *x = &call->x[0];
  const fv__norm_scratch results = fv__norm_scratch_of(call->op, call->scratch, 0);
  for (int64_t c = first; c < end; c++) {
    double mean = 0, squares = 0;
    for (int64_t part = 0; part < FV__NORM_PARTS; part++) {
      const int64_t start = fv__norm_start(x, part), count = fv__norm_start(x, part + 1) - start;
      const fv__norm_scratch s = fv__norm_scratch_of(call->op, call->scratch, part);
      if (count > 0) join(&mean, &squares, (double)start, s.sums[0][c], s.sums[1][c], (double)count);
    }
    const double r = keep(call, c, mean, squares / (double)fv__view_pixels(x));
    const double scale = r * (call->kernel ? (double)call->kernel[c] : 1);
    results.first[c] = (float)scale;
    results.second[c] = (float)((call->bias ? (double)call->bias[c] : 0) - mean * scale);
  }
}

static void normalise(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__op *op = call->op;
  const fv__norm_scratch results = fv__norm_scratch_of(op, call->scratch, 0);
  for (int64_t i = first; i < end; i++)
    op->kernels->vec->affine(fv__view_at_pixel(&call->x[0], i), results.first, results.second,
                             call->residual.data ? fv__view_at_pixel(&call->residual, i) : NULL,
                             fv__view_at_pixel(&call->y, i), call->y.c, op->low, op->high);
}

static void vector_forward(const fv__op_call *call) {
  fv__parallel_for(call->pool, FV__NORM_PARTS, part_statistics, (void *)call);
  fv__for_ranges(call, call->x[0].c, CHANNELS, join_parts);
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(call->y.c, PIECE), normalise);
}

static const fv__way VECTOR = {.name = "vector",
                               .why_not = fv__way_fits,
                               .scratch_bytes = fv__norm_scratch_bytes,
                               .forward = vector_forward,
                               .keeps_natural = true};

static const fv__way *const WAYS[] = {&VECTOR, &REFERENCE, NULL};

const fv__op_type fv__op_batch_norm = {.name = "batch norm",
                                       .takes_clamp = true,
                                       .takes_residual = true,
                                       .ways = WAYS,
                                       .input_gradient = fv__batch_norm_input_gradient,
                                       .weight_gradient = fv__batch_norm_weight_gradient,
                                       .saved_bytes = saved_bytes};
