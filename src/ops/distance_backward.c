/* Backward of distances: dx[c] += sum over k of 2 dy[k] (x[c] - centers[k, c]), and the centers get minus that, summed
 * over all pixels. */
#include "ops/gradients.h"

enum { PIECE = 16384 };

static void pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const int64_t c = call->op->window.c, out_c = call->op->window.out_c;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const float *x = fv__view_at_pixel(&call->x[0], pixel), *dy = fv__view_at_pixel(&call->dy, pixel);
    float *dx = fv__view_at_pixel(&call->dx[0], pixel);
    for (int64_t i = 0; i < c; i++) {
      double sum = 0;
      for (int64_t k = 0; k < out_c; k++) sum += 2 * (double)dy[k] * ((double)x[i] - (double)call->kernel[k * c + i]);
      dx[i] = (float)((double)dx[i] + sum);
    }
  }
}

static void input_backward(const fv__backward_call *call) {
  const int64_t cost = call->op->window.c * call->op->window.out_c;
  fv__gradient_ranges(call, fv__view_pixels(&call->dy), fv__range_step(cost, PIECE), pixels);
}

static void centers(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const int64_t c = call->op->window.c;
  for (int64_t i = first; i < end; i++) {
    double sum = 0;
    for (int64_t pixel = 0; pixel < fv__view_pixels(&call->dy); pixel++)
      sum += 2 * (double)fv__view_at_pixel(&call->dy, pixel)[i / c] *
             ((double)call->kernel[i] - (double)fv__view_at_pixel(&call->x[0], pixel)[i % c]);
    call->dkernel[i] = (float)((double)call->dkernel[i] + sum);
  }
}

static void weight_backward(const fv__backward_call *call) {
  const int64_t count = call->op->window.c * call->op->window.out_c;
  if (call->dkernel) fv__gradient_ranges(call, count, fv__range_step(fv__view_pixels(&call->dy), PIECE), centers);
}

static const fv__gradient_way INPUT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = input_backward, .reads_x = true};
static const fv__gradient_way WEIGHT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = weight_backward, .reads_x = true};

fv__gradient_list fv__distance_input_gradient = {&INPUT_REFERENCE, NULL};
fv__gradient_list fv__distance_weight_gradient = {&WEIGHT_REFERENCE, NULL};
