/* Transposed convolution: every input pixel adds its products to a window of the output.
 *
 *   y[n, i, j, o] = shift[o] + sum over r, a with i = r * stride_h - top + a * dilation_h, over s, b likewise, over k
 * of x[n, r, s, k] * kernel[a, b, o, k]
 *
 * Written from the output's side: each output pixel looks for the input rows and columns whose windows reach it, so
 * that outputs are independent. Packed are shift[out_c] and the folded kernel as [a][b][k][o]. Sums are made in double.
 */
#include "ops/gradients.h"

enum { BLOCK = 64 }; /* output channels summed together */

static int64_t kernel_count(const fv__op *op) {
  const fv__window_problem *p = &op->window;
  return (int64_t)p->window.kernel_h * p->window.kernel_w * p->c * p->out_c;
}

static size_t packed_bytes(const fv__op *op) { return fv__folded_bytes(op, kernel_count(op)); }

static void pack(const fv__op *op, const fv__op_weights *weights, void *packed) {
  const fv__window_problem *p = &op->window;
  const int64_t taps = (int64_t)p->window.kernel_h * p->window.kernel_w;
  float *shifts = packed, *kernel = shifts + p->out_c;
  for (int64_t o = 0; o < p->out_c; o++) {
    double scale, shift;
    fv__op_scale_shift(op, weights, o, &scale, &shift);
    shifts[o] = (float)shift;
    for (int64_t tap = 0; tap < taps; tap++)
      for (int64_t k = 0; k < p->c; k++)
        kernel[(tap * p->c + k) * p->out_c + o] =
            (float)((double)weights->kernel[(tap * p->out_c + o) * p->c + k] * scale);
  }
}

/* The input position whose tap `tap` reaches output position `at`, or -1. */
static int64_t source(int64_t at, int32_t tap, int32_t dilation, int32_t before, int32_t stride, int64_t extent) {
  const int64_t distance = at + before - (int64_t)tap * dilation;
  if (distance < 0 || distance % stride) return -1;
  return distance / stride < extent ? distance / stride : -1;
}

static void add_tap(double *sums, int64_t count, const float *x, int64_t depth, const float *kernel, int64_t out_c) {
  for (int64_t k = 0; k < depth; k++) {
    const double value = (double)x[k];
    for (int64_t o = 0; o < count; o++) sums[o] += value * (double)kernel[k * out_c + o];
  }
}

/* `count` channels from `first` on of the output pixel (n, i, j). */
static void sum_windows(const fv__op_call *call, int64_t n, int64_t i, int64_t j, int64_t first, int64_t count,
                        double *sums) {
  const fv__window_problem *p = &call->op->window;
  const fv__window *window = &p->window;
  const float *kernel = (const float *)call->packed + p->out_c + first;
  for (int32_t a = 0; a < window->kernel_h; a++) {
    const int64_t row = source(i, a, window->dilation_h, window->top, window->stride_h, p->h);
    if (row < 0) continue;
    for (int32_t b = 0; b < window->kernel_w; b++) {
      const int64_t column = source(j, b, window->dilation_w, window->left, window->stride_w, p->w);
      if (column < 0) continue;
      const int64_t tap = (int64_t)a * window->kernel_w + b;
      add_tap(sums, count, fv__view_at(&call->x[0], n, row, column), p->c, kernel + tap * p->c * p->out_c, p->out_c);
    }
  }
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
    for (int64_t o = 0; o < p->out_c; o += BLOCK) {
      double sums[BLOCK] = {0};
      const int64_t count = fv__min(BLOCK, p->out_c - o);
      sum_windows(call, n, i, j, o, count, sums);
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

static const fv__way REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .packed_bytes = packed_bytes, .pack = pack, .forward = forward};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_conv_transpose = {.name = "conv transpose",
                                           .counts_images = true,
                                           .takes_normalisation = true,
                                           .takes_clamp = true,
                                           .takes_residual = true,
                                           .ways = WAYS,
                                           .input_gradient = fv__conv_transpose_input_gradient,
                                           .weight_gradient = fv__conv_transpose_weight_gradient};
