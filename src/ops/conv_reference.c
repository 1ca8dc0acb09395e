/* Convolution in plain C: the definition that every faster way is measured against.
 *
 *   y[n, i, j, o] = sum over kh, kw, k of x[n, i * stride_h - top + kh * dilation_h, j * stride_w - left + kw *
 * dilation_w, group * C + k] * kernel[kh, kw, k, o] with C = c / groups and group = o / (out_c / groups); x is 0
 * outside. Sums are made in double.
 */
#include "ops/conv.h"

#include <string.h>

#include "ops/way.h"

enum { BLOCK = 64 }; /* output channels summed together */

static int64_t kernel_count(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  return (int64_t)p->window.kernel_h * p->window.kernel_w * (p->c / p->groups) * p->out_c;
}

static size_t packed_bytes(const fv__op *op) { return fv__folded_bytes(op, kernel_count(op)); }

static void pack(const fv__op *op, const fv__op_weights *weights, void *packed) {
  fv__fold(op, weights, kernel_count(op), packed);
}

/* Adds one pixel's products: x [depth], kernel [depth][out_c] from the first channel of the block on. */
static void add_tap(double *sums, int64_t count, const float *x, int64_t depth, const float *kernel, int64_t out_c) {
  for (int64_t k = 0; k < depth; k++) {
    const double value = (double)x[k];
    for (int64_t o = 0; o < count; o++) sums[o] += value * (double)kernel[k * out_c + o];
  }
}

/* `count` channels from `first` on, all of one group, of the output pixel (n, i, j). */
static void sum_window(const fv__op_call *call, int64_t n, int64_t i, int64_t j, int64_t first, int64_t count,
                       double *sums) {
  const fv__window_problem *p = &call->op->window;
  const fv__window *window = &p->window;
  const int64_t depth = p->c / p->groups, group = first / (p->out_c / p->groups);
  const float *kernel = (const float *)call->packed + p->out_c + first;
  for (int32_t kh = 0; kh < window->kernel_h; kh++) {
    const int64_t row = i * window->stride_h - window->top + (int64_t)kh * window->dilation_h;
    if (row < 0 || row >= p->h) continue;
    for (int32_t kw = 0; kw < window->kernel_w; kw++) {
      const int64_t column = j * window->stride_w - window->left + (int64_t)kw * window->dilation_w;
      if (column < 0 || column >= p->w) continue;
      const int64_t tap = (int64_t)kh * window->kernel_w + kw;
      add_tap(sums, count, fv__view_at(&call->x[0], n, row, column) + group * depth, depth,
              kernel + tap * depth * p->out_c, p->out_c);
    }
  }
}

static void output_rows(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__op *op = call->op;
  const fv__window_problem *p = &op->window;
  const int64_t group_c = p->out_c / p->groups;
  const float *shift = call->packed;
  for (int64_t pixel = first * p->out_w; pixel < end * p->out_w; pixel++) {
    const int64_t n = pixel / (p->out_h * p->out_w), i = pixel / p->out_w % p->out_h, j = pixel % p->out_w;
    float *y = fv__view_at(&call->y, n, i, j);
    const float *residual = call->residual.data ? fv__view_at(&call->residual, n, i, j) : NULL;
    for (int64_t o = 0, count; o < p->out_c; o += count) {
      double sums[BLOCK] = {0};
      count = fv__min(BLOCK, group_c - o % group_c);
      sum_window(call, n, i, j, o, count, sums);
      for (int64_t k = 0; k < count; k++) {
        const double sum = sums[k] + (double)shift[o + k] + (residual ? (double)residual[o + k] : 0);
        y[o + k] = fv__clamp((float)sum, op->low, op->high);
      }
    }
  }
}

static void forward(const fv__op_call *call) {
  const fv__window_problem *p = &call->op->window;
  fv__for_ranges(call, p->n * p->out_h, 1, output_rows);
}

const fv__way fv__conv_reference = {
    .name = "reference", .why_not = fv__way_fits, .packed_bytes = packed_bytes, .pack = pack, .forward = forward};
