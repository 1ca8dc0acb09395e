/* Backward of y = x: dx += dy. */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/gradients.h"

enum { PIECE = 16384 };

static void add(const fv__backward_call *call, const float *dy, float *dx, int64_t count) {
  call->op->kernels->vec->binary[FV__BINARY_ADD](dx, dy, dx, count, -INFINITY, INFINITY);
}

static void rows(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__view *dy = &call->dy, *dx = &call->dx[0];
  for (int64_t row = first; row < end; row++) {
    const float *from = fv__view_at(dy, row / dy->h, row % dy->h, 0);
    float *to = fv__view_at(dx, row / dy->h, row % dy->h, 0);
    if (dy->pixel == dy->c && dx->pixel == dx->c) {
      add(call, from, to, dy->w * dy->c);
      continue;
    }
    for (int64_t j = 0; j < dy->w; j++) add(call, from + j * dy->pixel, to + j * dx->pixel, dy->c);
  }
}

static void backward(const fv__backward_call *call) {
  const fv__view *dy = &call->dy;
  fv__gradient_ranges(call, dy->n * dy->h, fv__range_step(dy->w * dy->c, PIECE), rows);
}

static const fv__gradient_way VECTOR = {.name = "vector", .why_not = fv__way_fits, .backward = backward};

fv__gradient_list fv__copy_input_gradient = {&VECTOR, NULL};
