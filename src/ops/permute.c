/* The axes of every image in another order: y[n, i1, i2, i3] = x[n, ...] with index i of y's axis a standing at x's
 * axis from[a - 1]. */
#include "ops/gradients.h"

enum { PIECE = 16384 };

static int64_t step_of(const fv__view *x, int32_t axis) { return axis == 1 ? x->row : axis == 2 ? x->pixel : 1; }

static void pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__view *x = &call->x[0], *y = &call->y;
  const int32_t *from = call->op->permute.from;
  const int64_t step_h = step_of(x, from[0]), step_w = step_of(x, from[1]), step_c = step_of(x, from[2]);
  for (int64_t pixel = first; pixel < end; pixel++) {
    const int64_t n = pixel / (y->h * y->w), i = pixel / y->w % y->h, j = pixel % y->w;
    const float *source = x->data + n * x->image + i * step_h + j * step_w;
    float *target = fv__view_at(y, n, i, j);
    for (int64_t c = 0; c < y->c; c++) target[c] = source[c * step_c];
  }
}

static void forward(const fv__op_call *call) {
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(call->y.c, PIECE), pixels);
}

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_permute = {.name = "permute", .ways = WAYS, .input_gradient = fv__permute_input_gradient};
