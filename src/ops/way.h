/* What the ways of all ops share: addresses inside views, the clamp of the epilogue, jobs over rows of the output. */
#ifndef FOVEA_OPS_WAY_H
#define FOVEA_OPS_WAY_H

#include "ops/op.h"

/* The first channel of a pixel. */
static inline float *fv__view_at(const fv__view *view, int64_t image, int64_t row, int64_t pixel) {
  return view->data + image * view->image + row * view->row + pixel * view->pixel;
}

/* Pixels of a view counted through all rows and images. */
static inline int64_t fv__view_pixels(const fv__view *view) { return view->n * view->h * view->w; }

static inline float *fv__view_at_pixel(const fv__view *view, int64_t pixel) {
  const int64_t row = pixel / view->w;
  return fv__view_at(view, row / view->h, row % view->h, pixel % view->w);
}

/* NaN passes: both comparisons are false. */
static inline float fv__clamp(float value, float low, float high) {
  if (value < low) return low;
  return value > high ? high : value;
}

static inline int64_t fv__min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t fv__max(int64_t a, int64_t b) { return a > b ? a : b; }

/* Rounded up to whole multiples. */
static inline int64_t fv__round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

/* why_not of a way that fits everything. */
const char *fv__way_fits(const fv__op *op);

/* The folded weights of convolutions as the reference reads them: shift[out_c], then the kernel in its natural order,
 * every number multiplied by the scale of its output channel (in double, rounded once). */
size_t fv__folded_bytes(const fv__op *op, int64_t kernel_count);
void fv__fold(const fv__op *op, const fv__op_weights *weights, int64_t kernel_count, float *packed);

/* fv__parallel_for whose pieces are ranges of items: body(call, first, end, thread) for [0, count) cut every `step`. */
typedef void fv__range_body(const fv__op_call *call, int64_t first, int64_t end, int thread);
void fv__for_ranges(const fv__op_call *call, int64_t count, int64_t step, fv__range_body *body);

/* A step that gives each piece about `target` units of work when one item costs `cost`. Depends on the problem only. */
int64_t fv__range_step(int64_t cost, int64_t target);

#endif
