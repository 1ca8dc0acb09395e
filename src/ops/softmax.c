/* Softmax along channels, height or width: y = exp(x - max) / sum of exp(x - max), or its logarithm, x - max -
 * log(sum). NaN in a line makes the line NaN. */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/gradients.h"

enum { PIECE = 2048 }; /* numbers per piece of work */

/* One line of `count` numbers, `step_x` and `step_y` floats apart. y may be x: the maximum and
 * the sum are known before y is written, and every number is read before its place is. */
static void line(const float *x, int64_t step_x, float *y, int64_t step_y, int64_t count, bool logarithm) {
  float best = -INFINITY;
  for (int64_t i = 0; i < count; i++)
    if (x[i * step_x] > best || isnan(x[i * step_x])) best = x[i * step_x];
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += exp((double)x[i * step_x] - (double)best);
  const double log_sum = log(sum);
  for (int64_t i = 0; i < count; i++) {
    double above = (double)x[i * step_x] - (double)best; /* at most 0 */
    y[i * step_y] = (float)(logarithm ? above - log_sum : exp(above) / sum);
  }
}

/* Lines along channels, one per pixel. */
static void pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t pixel = first; pixel < end; pixel++)
    line(fv__view_at_pixel(&call->x[0], pixel), 1, fv__view_at_pixel(&call->y, pixel), 1, call->y.c,
         call->op->softmax.logarithm);
}

/* Lines along height or width: item (n, position along the other axis), all channels. */
static void columns(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__view *x = &call->x[0], *y = &call->y;
  const bool along_height = call->op->softmax.axis == 1;
  const int64_t others = along_height ? y->w : y->h, count = along_height ? y->h : y->w;
  for (int64_t item = first; item < end; item++) {
    const int64_t i = along_height ? 0 : item % others, j = along_height ? item % others : 0;
    const float *from = fv__view_at(x, item / others, i, j);
    float *to = fv__view_at(y, item / others, i, j);
    for (int64_t c = 0; c < y->c; c++)
      line(from + c, along_height ? x->row : x->pixel, to + c, along_height ? y->row : y->pixel, count,
           call->op->softmax.logarithm);
  }
}

static void forward(const fv__op_call *call) {
  const fv__view *y = &call->y;
  switch (call->op->softmax.axis) {
  case 1: fv__for_ranges(call, y->n * y->w, 1, columns); break;
  case 2: fv__for_ranges(call, y->n * y->h, 1, columns); break;
  default: fv__for_ranges(call, fv__view_pixels(y), fv__range_step(y->c, PIECE), pixels); break;
  }
}

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};

static const char *vector_why_not(const fv__op *op) {
  if (op->softmax.logarithm) return "the logarithm is wanted";
  return op->softmax.axis == 3 ? NULL : "it is not along the channels";
}

static void vector_pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t pixel = first; pixel < end; pixel++)
    call->op->kernels->functions->softmax(fv__view_at_pixel(&call->x[0], pixel), fv__view_at_pixel(&call->y, pixel),
                                          call->y.c);
}

static void vector_forward(const fv__op_call *call) {
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(call->y.c, PIECE), vector_pixels);
}

static const fv__way VECTOR = {.name = "vector", .why_not = vector_why_not, .forward = vector_forward};

static const fv__way *const WAYS[] = {&VECTOR, &REFERENCE, NULL};

const fv__op_type fv__op_softmax = {
    .name = "softmax", .in_place = true, .ways = WAYS, .input_gradient = fv__softmax_input_gradient};
