/* Two values, element for element: y = clamp(a op b). An extent of 1 is repeated along the other's. NaN of either
 * operand passes through all five operations.
 */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/gradients.h"

enum { PIECE = 16384 };

static float apply(fv__binary_kind kind, float a, float b) {
  switch (kind) {
  case FV__BINARY_ADD: return a + b;
  case FV__BINARY_SUBTRACT: return a - b;
  case FV__BINARY_MULTIPLY: return a * b;
  case FV__BINARY_MAXIMUM: return a > b || isnan(a) ? a : b;
  case FV__BINARY_MINIMUM: return a < b || isnan(a) ? a : b;
  }
  return NAN;
}

/* The pixel of an operand that meets pixel (n, i, j) of the result. */
static const float *operand(const fv__view *view, int64_t n, int64_t i, int64_t j) {
  return fv__view_at(view, view->n == 1 ? 0 : n, view->h == 1 ? 0 : i, view->w == 1 ? 0 : j);
}

static void pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__op *op = call->op;
  const fv__view *y = &call->y;
  const int64_t step_a = call->x[0].c == 1 ? 0 : 1, step_b = call->x[1].c == 1 ? 0 : 1;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const int64_t n = pixel / (y->h * y->w), i = pixel / y->w % y->h, j = pixel % y->w;
    const float *a = operand(&call->x[0], n, i, j), *b = operand(&call->x[1], n, i, j);
    float *out = fv__view_at(y, n, i, j);
    for (int64_t c = 0; c < y->c; c++)
      out[c] = fv__clamp(apply(op->binary, a[c * step_a], b[c * step_b]), op->low, op->high);
  }
}

static void forward(const fv__op_call *call) {
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(call->y.c, PIECE), pixels);
}

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};

/* The vector way wants rows of equal length; one number against a row is left to the reference. Known at the call only,
 * since an op does not know its extents. */
static void vector_pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  const fv__op *op = call->op;
  const fv__view *y = &call->y, *a = &call->x[0], *b = &call->x[1];
  fv__vec_binary *function = op->kernels->vec->binary[op->binary];
  if (a->c != b->c) {
    pixels(call, first, end, thread);
    return;
  }
  const bool same = fv__view_pixels(a) == fv__view_pixels(y) && fv__view_pixels(b) == fv__view_pixels(y);
  if (same && fv__view_is_dense(a) && fv__view_is_dense(b) && fv__view_is_dense(y)) {
    const int64_t start = first * y->c;
    function(a->data + start, b->data + start, y->data + start, (end - first) * y->c, op->low, op->high);
    return;
  }
  for (int64_t pixel = first; pixel < end; pixel++) {
    const int64_t n = pixel / (y->h * y->w), i = pixel / y->w % y->h, j = pixel % y->w;
    function(operand(a, n, i, j), operand(b, n, i, j), fv__view_at(y, n, i, j), y->c, op->low, op->high);
  }
}

static void vector_forward(const fv__op_call *call) {
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(call->y.c, PIECE), vector_pixels);
}

static const fv__way VECTOR = {.name = "vector", .why_not = fv__way_fits, .forward = vector_forward};

static const fv__way *const WAYS[] = {&VECTOR, &REFERENCE, NULL};

const fv__op_type fv__op_binary = {
    .name = "binary", .takes_clamp = true, .in_place = true, .ways = WAYS, .input_gradient = fv__binary_input_gradient};
