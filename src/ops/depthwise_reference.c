/* Depthwise convolution in plain C, m = out_c / c kernels per channel:
 *
 *   y[n, i, j, k * m + q] = sum over kh, kw of x[n, i * stride_h - top + kh * dilation_h, ..., k] * kernel[kh, kw, k,
 * q]
 */
#include "ops/depthwise.h"
#include "ops/way.h"

/* Output channel o of the output pixel (n, i, j). */
static double sum_window(const fv__op_call *call, int64_t n, int64_t i, int64_t j, int64_t o) {
  const fv__window_problem *p = &call->op->window;
  const fv__window *window = &p->window;
  const int64_t channel = o / (p->out_c / p->c);
  const float *kernel = (const float *)call->packed + p->out_c + o;
  double sum = 0;
  for (int32_t kh = 0; kh < window->kernel_h; kh++) {
    const int64_t row = i * window->stride_h - window->top + (int64_t)kh * window->dilation_h;
    if (row < 0 || row >= p->h) continue;
    for (int32_t kw = 0; kw < window->kernel_w; kw++) {
      const int64_t column = j * window->stride_w - window->left + (int64_t)kw * window->dilation_w;
      if (column < 0 || column >= p->w) continue;
      sum += (double)fv__view_at(&call->x[0], n, row, column)[channel] *
             (double)kernel[((int64_t)kh * window->kernel_w + kw) * p->out_c];
    }
  }
  return sum;
}

static void output_rows(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__op *op = call->op;
  const fv__window_problem *p = &op->window;
  const float *shift = call->packed;
  for (int64_t pixel = first * p->out_w; pixel < end * p->out_w; pixel++) {
    const int64_t n = pixel / (p->out_h * p->out_w), i = pixel / p->out_w % p->out_h, j = pixel % p->out_w;
    float *y = fv__view_at(&call->y, n, i, j);
    const float *residual = call->residual.data ? fv__view_at(&call->residual, n, i, j) : NULL;
    for (int64_t o = 0; o < p->out_c; o++) {
      const double sum = sum_window(call, n, i, j, o) + (double)shift[o] + (residual ? (double)residual[o] : 0);
      y[o] = fv__clamp((float)sum, op->low, op->high);
    }
  }
}

static void forward(const fv__op_call *call) {
  const fv__window_problem *p = &call->op->window;
  fv__for_ranges(call, p->n * p->out_h, 1, output_rows);
}

const fv__way fv__depthwise_reference = {.name = "reference",
                                         .why_not = fv__way_fits,
                                         .packed_bytes = fv__depthwise_packed_bytes,
                                         .pack = fv__depthwise_pack,
                                         .forward = forward};
