/* Backward of depthwise convolution in plain C, m = out_c / c kernels per channel, o = k m + q:
 *
 *   dx[n, r, s, k]   += sum over taps, q with (r, s) = i * stride - padding + tap * dilation of dy[n, i, j, o] K[tap,
 * o] dK[tap, o]       += sum over n, i, j of x[n, r, s, k] dy[n, i, j, o] dbias[o]         += sum over n, i, j of dy[n,
 * i, j, o]
 *
 * Pieces: images for dx, taps (and the bias) for dK.
 */
#include "ops/depthwise_gradient.h"
#include "ops/gradients.h"

/* The pixel of x that a tap of output pixel (i, j) reads; false in the padding. */
static bool tap_place(const fv__window_problem *p, int64_t tap, int64_t i, int64_t j, int64_t *row, int64_t *column) {
  const fv__window *window = &p->window;
  *row = i * window->stride_h - window->top + tap / window->kernel_w * window->dilation_h;
  *column = j * window->stride_w - window->left + tap % window->kernel_w * window->dilation_w;
  return *row >= 0 && *row < p->h && *column >= 0 && *column < p->w;
}

static int64_t taps_of(const fv__window_problem *p) { return (int64_t)p->window.kernel_h * p->window.kernel_w; }

static void input_tap(const fv__backward_call *call, int64_t n, int64_t i, int64_t j, int64_t tap) {
  const fv__window_problem *p = &call->op->window;
  const int64_t multiple = p->out_c / p->c;
  int64_t row, column;
  if (!tap_place(p, tap, i, j, &row, &column)) return;
  const float *dy = fv__view_at(&call->dy, n, i, j), *kernel = call->kernel + tap * p->out_c;
  float *dx = fv__view_at(&call->dx[0], n, row, column);
  for (int64_t o = 0; o < p->out_c; o++) dx[o / multiple] += dy[o] * kernel[o];
}

static void input_images(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  for (int64_t n = first; n < end; n++)
    for (int64_t pixel = 0; pixel < p->out_h * p->out_w; pixel++)
      for (int64_t tap = 0; tap < taps_of(p); tap++) input_tap(call, n, pixel / p->out_w, pixel % p->out_w, tap);
}

static void input_backward(const fv__backward_call *call) {
  fv__gradient_ranges(call, call->op->window.n, 1, input_images);
}

/* One number of dK, or of dbias after the last tap. */
static double weight_sum(const fv__backward_call *call, int64_t tap, int64_t o) {
  const fv__window_problem *p = &call->op->window;
  double sum = 0;
  for (int64_t pixel = 0; pixel < p->n * p->out_h * p->out_w; pixel++) {
    const int64_t n = pixel / (p->out_h * p->out_w), i = pixel / p->out_w % p->out_h, j = pixel % p->out_w;
    const double dy = fv__view_at(&call->dy, n, i, j)[o];
    int64_t row, column;
    if (tap == taps_of(p))
      sum += dy;
    else if (tap_place(p, tap, i, j, &row, &column))
      sum += dy * (double)fv__view_at(&call->x[0], n, row, column)[o / (p->out_c / p->c)];
  }
  return sum;
}

static void weight_taps(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  for (int64_t tap = first; tap < end; tap++) {
    const bool bias = tap == taps_of(p);
    if (bias ? !call->dbias : !call->dkernel) continue;
    float *to = bias ? call->dbias : call->dkernel + tap * p->out_c;
    for (int64_t o = 0; o < p->out_c; o++) to[o] = (float)((double)to[o] + weight_sum(call, tap, o));
  }
}

static void weight_backward(const fv__backward_call *call) {
  fv__gradient_ranges(call, taps_of(&call->op->window) + 1, 1, weight_taps);
}

static const fv__gradient_way INPUT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = input_backward};
static const fv__gradient_way WEIGHT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = weight_backward, .reads_x = true};

fv__gradient_list fv__depthwise_input_gradient = {&fv__depthwise_input_vector, &INPUT_REFERENCE, NULL};
fv__gradient_list fv__depthwise_weight_gradient = {&fv__depthwise_weight_vector, &WEIGHT_REFERENCE, NULL};
