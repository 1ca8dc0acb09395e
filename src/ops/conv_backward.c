/* Backward of convolution: x [n, h, w, c], kernel [kernel_h, kernel_w, c / groups, out_c], y [n, out_h, out_w, out_c].
 *
 *   dx[n, r, s, k]    += sum over taps, o with (r, s) = i * stride - padding + tap * dilation of dy[n, i, j, o] K[tap,
 * k, o] dK[tap, k, o]     += sum over n, i, j of x[n, r, s, k] dy[n, i, j, o] dbias[o]          += sum over n, i, j of
 * dy[n, i, j, o]
 *
 * Pieces: images for dx, (tap, k) for dK.
 */
#include "ops/backward.h"
#include "ops/conv.h"

/* The pixel of x that a tap of output pixel (i, j) reads; false in the padding. */
static bool tap_place(const fv__window_problem *p, int64_t tap, int64_t i, int64_t j, int64_t *row, int64_t *column) {
  const fv__window *window = &p->window;
  *row = i * window->stride_h - window->top + tap / window->kernel_w * window->dilation_h;
  *column = j * window->stride_w - window->left + tap % window->kernel_w * window->dilation_w;
  return *row >= 0 && *row < p->h && *column >= 0 && *column < p->w;
}

static void input_pixel(const fv__backward_call *call, int64_t n, int64_t i, int64_t j, int64_t tap) {
  const fv__window_problem *p = &call->op->window;
  const int64_t depth = p->c / p->groups, width = p->out_c / p->groups;
  int64_t row, column;
  if (!tap_place(p, tap, i, j, &row, &column)) return;
  const float *dy = fv__view_at(&call->dy, n, i, j);
  float *dx = fv__view_at(&call->dx[0], n, row, column);
  for (int64_t k = 0; k < p->c; k++) {
    const int64_t first = k / depth * width;
    const float *kernel = call->kernel + (tap * depth + k % depth) * p->out_c;
    double sum = 0;
    for (int64_t o = first; o < first + width; o++) sum += (double)dy[o] * (double)kernel[o];
    dx[k] = (float)((double)dx[k] + sum);
  }
}

static void input_image(void *context, int64_t n, int thread) {
  (void)thread;
  const fv__backward_call *call = context;
  const fv__window_problem *p = &call->op->window;
  const int64_t taps = (int64_t)p->window.kernel_h * p->window.kernel_w;
  for (int64_t pixel = 0; pixel < p->out_h * p->out_w; pixel++)
    for (int64_t tap = 0; tap < taps; tap++) input_pixel(call, n, pixel / p->out_w, pixel % p->out_w, tap);
}

/* One number of dK, or of dbias where `tap` is -1. */
static double weight_sum(const fv__backward_call *call, int64_t tap, int64_t k, int64_t o) {
  const fv__window_problem *p = &call->op->window;
  double sum = 0;
  for (int64_t pixel = 0; pixel < p->n * p->out_h * p->out_w; pixel++) {
    const int64_t n = pixel / (p->out_h * p->out_w), i = pixel / p->out_w % p->out_h, j = pixel % p->out_w;
    int64_t row, column;
    const double dy = fv__view_at(&call->dy, n, i, j)[o];
    if (tap < 0)
      sum += dy;
    else if (tap_place(p, tap, i, j, &row, &column))
      sum += dy * fv__view_at(&call->x[0], n, row, column)[k];
  }
  return sum;
}

static void kernel_line(void *context, int64_t line, int thread) {
  (void)thread;
  const fv__backward_call *call = context;
  const fv__window_problem *p = &call->op->window;
  const int64_t depth = p->c / p->groups, width = p->out_c / p->groups;
  float *dkernel = call->dkernel + line * p->out_c;
  for (int64_t o = 0; o < p->out_c; o++)
    dkernel[o] = (float)(dkernel[o] + weight_sum(call, line / depth, o / width * depth + line % depth, o));
}

static void bias_number(void *context, int64_t o, int thread) {
  (void)thread;
  const fv__backward_call *call = context;
  call->dbias[o] = (float)(call->dbias[o] + weight_sum(call, -1, 0, o));
}

static void input_reference(const fv__backward_call *call) {
  fv__backward_call copy = *call;
  fv__parallel_for(call->pool, call->op->window.n, input_image, &copy);
}

static void weight_reference(const fv__backward_call *call) {
  const fv__window_problem *p = &call->op->window;
  fv__backward_call copy = *call;
  const int64_t lines = (int64_t)p->window.kernel_h * p->window.kernel_w * (p->c / p->groups);
  if (call->dkernel) fv__parallel_for(call->pool, lines, kernel_line, &copy);
  if (call->dbias) fv__parallel_for(call->pool, p->out_c, bias_number, &copy);
}

const fv__gradient_way fv__conv_input_reference = {
    .name = "reference", .why_not = fv__way_fits, .backward = input_reference};
const fv__gradient_way fv__conv_weight_reference = {
    .name = "reference", .why_not = fv__way_fits, .backward = weight_reference, .reads_x = true};
