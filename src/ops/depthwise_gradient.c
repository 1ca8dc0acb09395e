/* Gradients of depthwise convolution with one kernel per channel, on vectors over channels.
 *
 *   by x       every image by itself: pixel after pixel of dy, tap after tap, dx += dy K[tap]
 *   by kernel  rows of y are cut into PARTS parts; each row's sums start from 0 and join those of its part in double;
 *              parts are added up in their order
 *
 * Scratch of the latter: per part, taps and bias, in double | those of a row.
 */
#include <math.h>
#include <string.h>

#include "kernels/kernels.h"
#include "ops/depthwise_gradient.h"

enum { PARTS = 16 };

static const char *why_not(const fv__op *op) {
  return op->window.out_c == op->window.c ? NULL : "there are several kernels per channel";
}

static int64_t taps_of(const fv__window_problem *p) { return (int64_t)p->window.kernel_h * p->window.kernel_w; }

/* to += a * b, number by number. */
static void add_products(const fv__backward_call *call, const float *a, const float *b, float *to) {
  call->op->kernels->vec->affine(a, b, to, NULL, to, call->dy.c, -INFINITY, INFINITY);
}

/* Calls for every tap of output pixel (n, i, j) that lies inside the image. */
typedef void tap_body(const fv__backward_call *call, int64_t tap, const float *dy, int64_t n, int64_t row,
                      int64_t column, float *sums);

static void over_taps(const fv__backward_call *call, int64_t n, int64_t i, int64_t j, float *sums, tap_body *body) {
  const fv__window_problem *p = &call->op->window;
  const fv__window *w = &p->window;
  const float *dy = fv__view_at(&call->dy, n, i, j);
  for (int64_t a = 0; a < w->kernel_h; a++) {
    const int64_t row = i * w->stride_h - w->top + a * w->dilation_h;
    if (row < 0 || row >= p->h) continue;
    for (int64_t b = 0; b < w->kernel_w; b++) {
      const int64_t column = j * w->stride_w - w->left + b * w->dilation_w;
      if (column >= 0 && column < p->w) body(call, a * w->kernel_w + b, dy, n, row, column, sums);
    }
  }
}

static void add_to_input(const fv__backward_call *call, int64_t tap, const float *dy, int64_t n, int64_t row,
                         int64_t column, float *sums) {
  (void)sums;
  add_products(call, dy, call->kernel + tap * call->dy.c, fv__view_at(&call->dx[0], n, row, column));
}

static void images(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  for (int64_t n = first; n < end; n++)
    for (int64_t pixel = 0; pixel < p->out_h * p->out_w; pixel++)
      over_taps(call, n, pixel / p->out_w, pixel % p->out_w, NULL, add_to_input);
}

static void input_backward(const fv__backward_call *call) { fv__gradient_ranges(call, call->op->window.n, 1, images); }

static int64_t sums_of(const fv__op *op) { return (taps_of(&op->window) + 1) * op->window.c; }

static size_t weight_scratch(const fv__op *op, int threads) {
  (void)threads;
  return PARTS * (size_t)sums_of(op) * (sizeof(double) + sizeof(float));
}

static void add_to_kernel(const fv__backward_call *call, int64_t tap, const float *dy, int64_t n, int64_t row,
                          int64_t column, float *sums) {
  add_products(call, fv__view_at(&call->x[0], n, row, column), dy, sums + tap * call->dy.c);
}

static void part_sums(void *context, int64_t part, int thread) {
  (void)thread;
  const fv__backward_call *call = context;
  const fv__window_problem *p = &call->op->window;
  const int64_t count = sums_of(call->op), rows = p->n * p->out_h, taps = taps_of(p);
  double *sums = (double *)call->scratch + part * count;
  float *row_sums = (float *)(void *)((double *)call->scratch + PARTS * count) + part * count;
  memset(sums, 0, (size_t)count * sizeof *sums);
  for (int64_t row = part * rows / PARTS; row < (part + 1) * rows / PARTS; row++) {
    const int64_t n = row / p->out_h, i = row % p->out_h;
    memset(row_sums, 0, (size_t)count * sizeof *row_sums);
    for (int64_t j = 0; j < p->out_w; j++) over_taps(call, n, i, j, row_sums, add_to_kernel);
    const fv__pixels dy = {fv__view_at(&call->dy, n, i, 0), call->dy.pixel};
    call->op->kernels->channels->sum(dy, p->out_w, p->c, row_sums + taps * p->c);
    for (int64_t k = 0; k < count; k++) sums[k] += (double)row_sums[k];
  }
}

static void weight_backward(const fv__backward_call *call) {
  const int64_t count = sums_of(call->op), taps = taps_of(&call->op->window) * call->dy.c;
  fv__parallel_for(call->pool, PARTS, part_sums, (void *)call);
  for (int64_t k = 0; k < count; k++) {
    float *to = k < taps ? call->dkernel : call->dbias;
    if (!to) continue;
    double sum = 0;
    for (int64_t part = 0; part < PARTS; part++) sum += ((const double *)call->scratch)[part * count + k];
    to += k < taps ? k : k - taps;
    *to = (float)((double)*to + sum);
  }
}

const fv__gradient_way fv__depthwise_input_vector = {.name = "vector", .why_not = why_not, .backward = input_backward};
const fv__gradient_way fv__depthwise_weight_vector = {.name = "vector",
                                                      .why_not = why_not,
                                                      .scratch_bytes = weight_scratch,
                                                      .backward = weight_backward,
                                                      .reads_x = true};
