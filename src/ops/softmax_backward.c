/* Backward of softmax over the lines that it was taken along, from its results:
 *
 *   softmax          dx += y (dy - sum of dy y)
 *   its logarithm    dx += dy - exp(y) sum of dy
 */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/gradients.h"

enum { PIECE = 2048 };

/* A line of y, dy and dx: `count` numbers, so many floats apart. */
typedef struct line {
  const float *y, *dy;
  float *dx;
  int64_t step_y, step_dy, step_dx, count;
} line;

static void line_backward(const line *l, bool logarithm) {
  double sum = 0;
  for (int64_t i = 0; i < l->count; i++) {
    const double dy = l->dy[i * l->step_dy];
    sum += logarithm ? dy : dy * (double)l->y[i * l->step_y];
  }
  for (int64_t i = 0; i < l->count; i++) {
    const double dy = l->dy[i * l->step_dy], y = l->y[i * l->step_y];
    float *dx = l->dx + i * l->step_dx;
    *dx = (float)((double)*dx + (logarithm ? dy - exp(y) * sum : y * (dy - sum)));
  }
}

static void pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const line l = {fv__view_at_pixel(&call->y, pixel),
                    fv__view_at_pixel(&call->dy, pixel),
                    fv__view_at_pixel(&call->dx[0], pixel),
                    1,
                    1,
                    1,
                    call->dy.c};
    line_backward(&l, call->op->softmax.logarithm);
  }
}

/* Item: a column of an image (along height) or a row (along width), all channels. */
static void columns(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__view *y = &call->y, *dy = &call->dy, *dx = &call->dx[0];
  const bool along_height = call->op->softmax.axis == 1;
  const int64_t others = along_height ? dy->w : dy->h;
  for (int64_t item = first; item < end; item++) {
    const int64_t n = item / others, i = along_height ? 0 : item % others, j = along_height ? item % others : 0;
    line l = {fv__view_at(y, n, i, j),          fv__view_at(dy, n, i, j),           fv__view_at(dx, n, i, j),
              along_height ? y->row : y->pixel, along_height ? dy->row : dy->pixel, along_height ? dx->row : dx->pixel,
              along_height ? dy->h : dy->w};
    for (int64_t c = 0; c < dy->c; c++, l.y++, l.dy++, l.dx++) line_backward(&l, call->op->softmax.logarithm);
  }
}

static void backward(const fv__backward_call *call) {
  const fv__view *dy = &call->dy;
  switch (call->op->softmax.axis) {
  case 1: fv__gradient_ranges(call, dy->n * dy->w, 1, columns); break;
  case 2: fv__gradient_ranges(call, dy->n * dy->h, 1, columns); break;
  default: fv__gradient_ranges(call, fv__view_pixels(dy), fv__range_step(dy->c, PIECE), pixels); break;
  }
}

static const fv__gradient_way REFERENCE = {
    .name = "reference", .why_not = fv__way_fits, .backward = backward, .reads_y = true};

static const char *vector_why_not(const fv__op *op) {
  if (op->softmax.logarithm) return "the logarithm is wanted";
  return op->softmax.axis == 3 ? NULL : "it is not along the channels";
}

static void vector_pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t pixel = first; pixel < end; pixel++)
    call->op->kernels->functions->softmax_gradient(fv__view_at_pixel(&call->y, pixel),
                                                   fv__view_at_pixel(&call->dy, pixel),
                                                   fv__view_at_pixel(&call->dx[0], pixel), call->dy.c);
}

static void vector_backward(const fv__backward_call *call) {
  fv__gradient_ranges(call, fv__view_pixels(&call->dy), fv__range_step(call->dy.c, PIECE), vector_pixels);
}

static const fv__gradient_way VECTOR = {
    .name = "vector", .why_not = vector_why_not, .backward = vector_backward, .reads_y = true};

fv__gradient_list fv__softmax_input_gradient = {&VECTOR, &REFERENCE, NULL};
