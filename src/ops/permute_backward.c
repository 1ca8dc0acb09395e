/* Backward of axes in another order: every number of dy goes back to where it came from. */
#include "ops/gradients.h"

enum { PIECE = 16384 };

static int64_t step_of(const fv__view *x, int32_t axis) { return axis == 1 ? x->row : axis == 2 ? x->pixel : 1; }

static void pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__view *dx = &call->dx[0], *dy = &call->dy;
  const int32_t *from = call->op->permute.from;
  const int64_t step_h = step_of(dx, from[0]), step_w = step_of(dx, from[1]), step_c = step_of(dx, from[2]);
  for (int64_t pixel = first; pixel < end; pixel++) {
    const int64_t n = pixel / (dy->h * dy->w), i = pixel / dy->w % dy->h, j = pixel % dy->w;
    const float *source = fv__view_at(dy, n, i, j);
    float *target = dx->data + n * dx->image + i * step_h + j * step_w;
    for (int64_t c = 0; c < dy->c; c++) target[c * step_c] += source[c];
  }
}

static void backward(const fv__backward_call *call) {
  fv__gradient_ranges(call, fv__view_pixels(&call->dy), fv__range_step(call->dy.c, PIECE), pixels);
}

static const fv__gradient_way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .backward = backward};

fv__gradient_list fv__permute_input_gradient = {&REFERENCE, NULL};
