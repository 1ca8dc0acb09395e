/* Distance: y[k] = sum over c of (x[c] - centers[k, c])^2, the centers being the op's kernel. */
#include "ops/gradients.h"

enum { PIECE = 16384 };

static void pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const int64_t c = call->op->window.c, out_c = call->op->window.out_c;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const float *x = fv__view_at_pixel(&call->x[0], pixel);
    float *y = fv__view_at_pixel(&call->y, pixel);
    for (int64_t k = 0; k < out_c; k++) {
      const float *center = call->kernel + k * c;
      double sum = 0;
      for (int64_t i = 0; i < c; i++) {
        const double difference = (double)x[i] - (double)center[i];
        sum += difference * difference;
      }
      y[k] = (float)sum;
    }
  }
}

static void forward(const fv__op_call *call) {
  const int64_t cost = call->op->window.c * call->op->window.out_c;
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(cost, PIECE), pixels);
}

static const fv__way REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .forward = forward, .keeps_natural = true};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_distance = {.name = "distance",
                                     .ways = WAYS,
                                     .input_gradient = fv__distance_input_gradient,
                                     .weight_gradient = fv__distance_weight_gradient};
