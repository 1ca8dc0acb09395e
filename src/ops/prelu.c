/* Rectifier with a learned slope: y = x where x > 0, alpha x elsewhere; alpha is the op's kernel, one number per
 * element or shared along axes. NaN stays NaN. He, Zhang, Ren, Sun 2015. */
#include "ops/gradients.h"

enum { PIECE = 16384 };

static void pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__steps *steps = &call->op->prelu;
  const fv__view *view = &call->y;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const int64_t i = pixel / view->w % view->h, j = pixel % view->w;
    const float *x = fv__view_at_pixel(&call->x[0], pixel), *alpha = call->kernel + i * steps->h + j * steps->w;
    float *y = fv__view_at_pixel(view, pixel);
    for (int64_t c = 0; c < view->c; c++) y[c] = x[c] > 0 ? x[c] : alpha[c * steps->c] * x[c];
  }
}

static void forward(const fv__op_call *call) {
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(call->y.c, PIECE), pixels);
}

static const fv__way REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .forward = forward, .keeps_natural = true};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_prelu = {.name = "prelu",
                                  .in_place = true,
                                  .ways = WAYS,
                                  .input_gradient = fv__prelu_input_gradient,
                                  .weight_gradient = fv__prelu_weight_gradient};
