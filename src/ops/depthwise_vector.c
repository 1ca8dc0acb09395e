/* Depthwise convolution on vectors over channels, row by row of the output. One kernel per channel. */
#include "kernels/kernels.h"
#include "ops/depthwise.h"
#include "ops/way.h"

enum { MAX_KERNEL_H = 32, PIECE = 100000 /* multiply-adds per piece of work */ };

static const char *why_not(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  if (p->out_c != p->c) return "there are several kernels per channel";
  return p->window.kernel_h <= MAX_KERNEL_H ? NULL : "the window is higher than 32";
}

void fv__depthwise_run_row(const fv__op_call *call, const float *const *rows, int64_t x_pixel, float *y,
                           int64_t y_pixel, const float *residual) {
  const fv__op *op = call->op;
  const fv__window_problem *p = &op->window;
  const fv__depthwise_row row = {
      .rows = rows,
      .width = p->w,
      .pixel = x_pixel,
      .kernel_h = p->window.kernel_h,
      .kernel_w = p->window.kernel_w,
      .stride = p->window.stride_w,
      .dilation = p->window.dilation_w,
      .left = p->window.left,
      .channels = p->c,
      .kernel = (const float *)call->packed + p->out_c,
      .shift = call->packed,
      .y = y,
      .residual = residual,
      .out_width = p->out_w,
      .y_pixel = y_pixel,
      .residual_pixel = call->residual.pixel,
      .low = op->low,
      .high = op->high,
  };
  op->kernels->depthwise->row(&row);
}

static void output_rows(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  const fv__window *window = &p->window;
  const fv__view *x = &call->x[0];
  const float *rows[MAX_KERNEL_H];
  for (int64_t item = first; item < end; item++) {
    const int64_t n = item / p->out_h, i = item % p->out_h;
    for (int32_t kh = 0; kh < window->kernel_h; kh++) {
      const int64_t row = i * window->stride_h - window->top + (int64_t)kh * window->dilation_h;
      rows[kh] = row >= 0 && row < x->h ? fv__view_at(x, n, row, 0) : NULL;
    }
    fv__depthwise_run_row(call, rows, x->pixel, fv__view_at(&call->y, n, i, 0), call->y.pixel,
                          call->residual.data ? fv__view_at(&call->residual, n, i, 0) : NULL);
  }
}

static void forward(const fv__op_call *call) {
  const fv__window_problem *p = &call->op->window;
  const int64_t cost = p->out_w * p->c * p->window.kernel_h * p->window.kernel_w;
  fv__for_ranges(call, p->n * p->out_h, fv__range_step(cost, PIECE), output_rows);
}

const fv__way fv__depthwise_vector = {.name = "vector",
                                      .why_not = why_not,
                                      .packed_bytes = fv__depthwise_packed_bytes,
                                      .pack = fv__depthwise_pack,
                                      .forward = forward};
