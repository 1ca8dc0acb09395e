/* Backward of y = x * scale + shift: dx += dy * scale, and to a bias the sum of dy over all pixels. */
#include "ops/gradients.h"

enum { PIECE = 16384 };

static void pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const int64_t step = call->packed ? 1 : 0;
  const float *scale = step ? call->packed : &call->op->affine.scale;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const float *dy = fv__view_at_pixel(&call->dy, pixel);
    float *dx = fv__view_at_pixel(&call->dx[0], pixel);
    for (int64_t c = 0; c < call->dy.c; c++) dx[c] = (float)((double)dx[c] + (double)dy[c] * (double)scale[c * step]);
  }
}

static void input_backward(const fv__backward_call *call) {
  fv__gradient_ranges(call, fv__view_pixels(&call->dy), fv__range_step(call->dy.c, PIECE), pixels);
}

static void channels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t c = first; c < end; c++) {
    double sum = 0;
    for (int64_t pixel = 0; pixel < fv__view_pixels(&call->dy); pixel++)
      sum += (double)fv__view_at_pixel(&call->dy, pixel)[c];
    call->dbias[c] = (float)((double)call->dbias[c] + sum);
  }
}

static void weight_backward(const fv__backward_call *call) {
  if (call->dbias) fv__gradient_ranges(call, call->dy.c, fv__range_step(fv__view_pixels(&call->dy), PIECE), channels);
}

static const fv__gradient_way INPUT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = input_backward};
static const fv__gradient_way WEIGHT_REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = weight_backward};

fv__gradient_list fv__affine_input_gradient = {&INPUT_REFERENCE, NULL};
fv__gradient_list fv__affine_weight_gradient = {&WEIGHT_REFERENCE, NULL};
