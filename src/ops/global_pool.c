/* Pooling over the whole image: y (n, 1, 1, c) is the maximum or the average over height and width. NaN gives NaN. */
#include "ops/way.h"

#include <math.h>

static void images(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__view *x = &call->x[0];
  for (int64_t n = first; n < end; n++) {
    float *y = fv__view_at(&call->y, n, 0, 0);
    for (int64_t c = 0; c < x->c; c++) {
      double sum = 0;
      float best = -INFINITY;
      for (int64_t i = 0; i < x->h * x->w; i++) {
        const float value = fv__view_at(x, n, i / x->w, i % x->w)[c];
        sum += (double)value;
        if (value > best || isnan(value)) best = value;
      }
      y[c] = call->op->window.average ? (float)(sum / (double)(x->h * x->w)) : best;
    }
  }
}

static void forward(const fv__op_call *call) { fv__for_ranges(call, call->x[0].n, 1, images); }

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_global_pool = {.name = "global pool", .ways = WAYS};
