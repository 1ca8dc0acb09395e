/* Products of two values, image by image: y[n, a, b] = sum over d of x0[n, a, d] * x1[n, b, d].
 *
 *   x0 (n, 1, A, D)   x1 (n, 1, B, D)   y (n, 1, A, B)
 *
 * Sums are made in double.
 */
#include "ops/gradients.h"

enum { PIECE = 16384 };

static void rows(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__view *x = &call->x[0], *y = &call->y;
  for (int64_t row = first; row < end; row++) {
    const int64_t n = row / y->w, a = row % y->w;
    const float *left = fv__view_at(x, n, 0, a);
    float *out = fv__view_at(y, n, 0, a);
    for (int64_t b = 0; b < y->c; b++) {
      const float *right = fv__view_at(&call->x[1], n, 0, b);
      double sum = 0;
      for (int64_t d = 0; d < x->c; d++) sum += (double)left[d] * (double)right[d];
      out[b] = (float)sum;
    }
  }
}

static void forward(const fv__op_call *call) {
  const fv__view *y = &call->y;
  fv__for_ranges(call, y->n * y->w, fv__range_step(y->c * call->x[0].c, PIECE), rows);
}

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_batch_dot = {
    .name = "batch dot", .ways = WAYS, .input_gradient = fv__batch_dot_input_gradient};
