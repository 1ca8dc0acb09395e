/* Backward of transposed convolution, which is a convolution with the roles of x and y exchanged:
 *
 *   dx[n, r, s, k]    += sum over taps, o of dy[n, i, j, o] K[tap, o, k]   with (i, j) = (r, s) * stride - padding +
 * tap
 *                        * dilation
 *   dK[tap, o, k]     += sum over n, r, s of dy[n, i, j, o] x[n, r, s, k]   the weight gradient of convolution, of dy
 *                        and x
 *   dbias[o]          += sum over n, i, j of dy[n, i, j, o]
 */
#include "ops/gradients.h"

enum { PIECE = 65536 };

/* Padding after the image that a convolution needs so that its last window lies inside. */
static int32_t after(int64_t outputs, int32_t stride, int32_t kernel, int32_t dilation, int32_t before,
                     int64_t extent) {
  return (int32_t)fv__max(0, (outputs - 1) * stride + (int64_t)(kernel - 1) * dilation + 1 - before - extent);
}

/* The convolution that takes y to x. */
static fv__op exchanged(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  fv__op conv = *op;
  conv.type = &fv__op_conv;
  conv.bias = -1;
  conv.window = (fv__window_problem){.n = p->n,
                                     .h = p->out_h,
                                     .w = p->out_w,
                                     .c = p->out_c,
                                     .out_h = p->h,
                                     .out_w = p->w,
                                     .out_c = p->c,
                                     .window = p->window,
                                     .groups = 1};
  fv__window *w = &conv.window.window;
  w->bottom = after(p->h, w->stride_h, w->kernel_h, w->dilation_h, w->top, p->out_h);
  w->right = after(p->w, w->stride_w, w->kernel_w, w->dilation_w, w->left, p->out_w);
  return conv;
}

static void input_pixel(const fv__backward_call *call, int64_t n, int64_t r, int64_t s, int64_t k) {
  const fv__window_problem *p = &call->op->window;
  const fv__window *w = &p->window;
  double sum = 0;
  for (int64_t tap = 0; tap < (int64_t)w->kernel_h * w->kernel_w; tap++) {
    const int64_t i = r * w->stride_h - w->top + tap / w->kernel_w * w->dilation_h;
    const int64_t j = s * w->stride_w - w->left + tap % w->kernel_w * w->dilation_w;
    if (i < 0 || i >= p->out_h || j < 0 || j >= p->out_w) continue;
    const float *dy = fv__view_at(&call->dy, n, i, j), *kernel = call->kernel + tap * p->out_c * p->c + k;
    for (int64_t o = 0; o < p->out_c; o++) sum += (double)dy[o] * (double)kernel[o * p->c];
  }
  float *dx = fv__view_at(&call->dx[0], n, r, s) + k;
  *dx = (float)((double)*dx + sum);
}

static void input_pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  for (int64_t i = first; i < end; i++)
    for (int64_t k = 0; k < p->c; k++) input_pixel(call, i / (p->h * p->w), i / p->w % p->h, i % p->w, k);
}

static void input_backward(const fv__backward_call *call) {
  const fv__window_problem *p = &call->op->window;
  const int64_t cost = (int64_t)p->window.kernel_h * p->window.kernel_w * p->out_c * p->c;
  fv__gradient_ranges(call, p->n * p->h * p->w, fv__range_step(cost, PIECE), input_pixels);
}

static void bias_channels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t o = first; o < end; o++) {
    double sum = 0;
    for (int64_t i = 0; i < fv__view_pixels(&call->dy); i++) sum += (double)fv__view_at_pixel(&call->dy, i)[o];
    call->dbias[o] = (float)((double)call->dbias[o] + sum);
  }
}

static size_t weight_scratch(const fv__op *op, int threads) {
  const fv__op conv = exchanged(op);
  const fv__gradient_way *way = fv__gradient_choose(&conv, fv__op_conv.weight_gradient);
  return way->scratch_bytes ? way->scratch_bytes(&conv, threads) : 0;
}

static void weight_backward(const fv__backward_call *call) {
  const fv__op conv = exchanged(call->op);
  fv__backward_call inner = *call;
  inner.op = &conv;
  inner.x[0] = call->dy;
  inner.dy = call->x[0];
  inner.dbias = NULL;
  inner.overwrite = false;
  if (call->dkernel) fv__gradient_choose(&conv, fv__op_conv.weight_gradient)->backward(&inner);
  if (call->dbias)
    fv__gradient_ranges(call, call->dy.c, fv__range_step(fv__view_pixels(&call->dy), PIECE), bias_channels);
}

static const fv__gradient_way INPUT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = input_backward};
static const fv__gradient_way WEIGHT = {.name = "convolution",
                                        .why_not = fv__way_fits,
                                        .scratch_bytes = weight_scratch,
                                        .backward = weight_backward,
                                        .reads_x = true};

fv__gradient_list fv__conv_transpose_input_gradient = {&INPUT_REFERENCE, NULL};
fv__gradient_list fv__conv_transpose_weight_gradient = {&WEIGHT, NULL};
