/* Pooling: the maximum or the average of a window, per channel. Padding never counts: a maximum ignores it, an average
 * divides by the pixels of the image that the window covers. NaN anywhere in a window gives NaN.
 */
#include "ops/way.h"

#include <math.h>

/* The part of a window that lies inside the image along one axis: taps [first, end). */
static void clip(int64_t start, int32_t kernel, int32_t dilation, int64_t extent, int32_t *first, int32_t *end) {
  *first = 0;
  while (*first < kernel && start + (int64_t)*first * dilation < 0) ++*first;
  *end = kernel;
  while (*end > *first && start + (int64_t)(*end - 1) * dilation >= extent) --*end;
}

static void output_pixel(const fv__op_call *call, int64_t n, int64_t i, int64_t j) {
  const fv__window_problem *p = &call->op->window;
  const fv__window *window = &p->window;
  const int64_t row = i * window->stride_h - window->top, column = j * window->stride_w - window->left;
  int32_t kh0, kh1, kw0, kw1;
  clip(row, window->kernel_h, window->dilation_h, p->h, &kh0, &kh1);
  clip(column, window->kernel_w, window->dilation_w, p->w, &kw0, &kw1);
  const double count = (double)(kh1 - kh0) * (kw1 - kw0);
  float *y = fv__view_at(&call->y, n, i, j);
  for (int64_t c = 0; c < p->c; c++) {
    double sum = 0;
    float best = -INFINITY;
    for (int32_t kh = kh0; kh < kh1; kh++)
      for (int32_t kw = kw0; kw < kw1; kw++) {
        const float value =
            fv__view_at(&call->x[0], n, row + kh * window->dilation_h, column + kw * window->dilation_w)[c];
        sum += (double)value;
        if (value > best || isnan(value)) best = value;
      }
    y[c] = p->average ? (float)(sum / count) : best;
  }
}

static void output_rows(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__window_problem *p = &call->op->window;
  for (int64_t row = first; row < end; row++)
    for (int64_t j = 0; j < p->out_w; j++) output_pixel(call, row / p->out_h, row % p->out_h, j);
}

static void forward(const fv__op_call *call) {
  const fv__window_problem *p = &call->op->window;
  fv__for_ranges(call, p->n * p->out_h, 1, output_rows);
}

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_pool = {.name = "pool", .ways = WAYS};
