/* C cells: each looks at a window of one S plane, and all planes at the same place hold each other back.
 *
 *   E[k] = sum d(v) x[k]        e = (1 + E[k]) / (1 + mean over planes of E) - 1        y[k] = max(e, 0) / (alpha +
 * max(e, 0))
 *
 * Fukushima 1980, equations 4 to 6. y holds E on the way.
 */
#include <string.h>

#include "ops/cells.h"
#include "ops/gradients.h"

enum { PIECE = 20000 };

static size_t scratch_bytes(const fv__op *op, int threads) {
  (void)threads;
  return fv__cells_synapses_bytes(&op->cells);
}

static void sum_window(const fv__op_call *call, int64_t pixel, float *y) {
  const fv__window *w = &call->op->cells.window;
  const fv__view *x = &call->x[0];
  const double *synapses = call->scratch;
  const int64_t line = pixel / call->y.w, image = line / call->y.h;
  const int64_t top = line % call->y.h * w->stride_h - w->top, left = pixel % call->y.w * w->stride_w - w->left;
  memset(y, 0, (size_t)call->y.c * sizeof *y);
  for (int32_t a = 0; a < w->kernel_h; a++)
    for (int32_t b = 0; b < w->kernel_w; b++) {
      const int64_t i = top + a, j = left + b;
      if (i < 0 || i >= x->h || j < 0 || j >= x->w) continue;
      const float *s = fv__view_at(x, image, i, j), synapse = (float)synapses[a * w->kernel_w + b];
      for (int64_t k = 0; k < call->y.c; k++) y[k] += synapse * s[k];
    }
}

static void pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const double saturation = call->op->cells.strength;
  for (int64_t pixel = first; pixel < end; pixel++) {
    float *y = fv__view_at_pixel(&call->y, pixel);
    sum_window(call, pixel, y);
    double mean = 0;
    for (int64_t k = 0; k < call->y.c; k++) mean += (double)y[k];
    mean /= (double)call->y.c;
    for (int64_t k = 0; k < call->y.c; k++) {
      const double e = (1 + (double)y[k]) / (1 + mean) - 1;
      y[k] = e < 0 ? 0 : (float)(e / (saturation + e));
    }
  }
}

static void forward(const fv__op_call *call) {
  const fv__window *w = &call->op->cells.window;
  fv__cells_synapses(&call->op->cells, call->scratch);
  const int64_t cost = fv__max(1, (int64_t)w->kernel_h * w->kernel_w * call->y.c);
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(cost, PIECE), pixels);
}

static const fv__way REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .scratch_bytes = scratch_bytes, .forward = forward};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_complex_cells = {
    .name = "C cells", .ways = WAYS, .input_gradient = fv__complex_cells_input_gradient};
