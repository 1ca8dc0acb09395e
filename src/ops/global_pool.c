/* Pooling over the whole image: y (n, 1, 1, c) is the maximum or the average over height and width. NaN gives NaN. */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/gradients.h"

enum { CHANNELS = 128 }; /* per piece of work */

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

/* Item: one image's next CHANNELS channels. */
static void vector_items(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__view *x = &call->x[0];
  const fv__pool_kernels *kernels = call->op->kernels->pool;
  const int64_t per_image = (x->c + CHANNELS - 1) / CHANNELS;
  for (int64_t item = first; item < end; item++) {
    const int64_t n = item / per_image, c = item % per_image * CHANNELS;
    const fv__pool_row image = {.x = fv__view_at(x, n, 0, 0) + c,
                                .height = x->h,
                                .width = x->w,
                                .row = x->row,
                                .pixel = x->pixel,
                                .windows = 1,
                                .channels = fv__min(CHANNELS, x->c - c),
                                .y = fv__view_at(&call->y, n, 0, 0) + c};
    if (call->op->window.average)
      kernels->average(&image);
    else
      kernels->maximum(&image);
  }
}

static void vector_forward(const fv__op_call *call) {
  const int64_t per_image = (call->x[0].c + CHANNELS - 1) / CHANNELS;
  fv__for_ranges(call, call->x[0].n * per_image, 1, vector_items);
}

static const fv__way VECTOR = {.name = "vector", .why_not = fv__way_fits, .forward = vector_forward};

static const fv__way *const WAYS[] = {&VECTOR, &REFERENCE, NULL};

const fv__op_type fv__op_global_pool = {
    .name = "global pool", .ways = WAYS, .input_gradient = fv__global_pool_input_gradient};
