/* Activation functions: y = f(x), element for element. */
#include "kernels/kernels.h"
#include "ops/gradients.h"

enum { PIECE = 16384 }; /* numbers per piece of work, about 60 KB */

static void apply(const fv__op_call *call, fv__unary_function *function, int64_t first, int64_t end) {
  const float *parameters = call->op->unary.parameters;
  const fv__view *x = &call->x[0], *y = &call->y;
  if (fv__view_is_dense(x) && fv__view_is_dense(y)) {
    function(x->data + first * x->c, y->data + first * x->c, (end - first) * x->c, parameters);
    return;
  }
  for (int64_t i = first; i < end; i++) function(fv__view_at_pixel(x, i), fv__view_at_pixel(y, i), x->c, parameters);
}

static void pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  apply(call, call->op->unary.reference, first, end);
}

static void forward(const fv__op_call *call) {
  fv__for_ranges(call, fv__view_pixels(&call->x[0]), fv__range_step(call->x[0].c, PIECE), pixels);
}

static const char *vector_why_not(const fv__op *op) {
  const int32_t slot = op->unary.kernel;
  return slot >= 0 && op->kernels->functions->unary[slot] ? NULL : "the function has no vector version";
}

static void vector_pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  apply(call, call->op->kernels->functions->unary[call->op->unary.kernel], first, end);
}

static void vector_forward(const fv__op_call *call) {
  fv__for_ranges(call, fv__view_pixels(&call->x[0]), fv__range_step(call->x[0].c, PIECE), vector_pixels);
}

static const fv__way VECTOR = {.name = "vector", .why_not = vector_why_not, .forward = vector_forward};

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};

static const fv__way *const WAYS[] = {&VECTOR, &REFERENCE, NULL};

const fv__op_type fv__op_unary = {
    .name = "unary", .in_place = true, .ways = WAYS, .input_gradient = fv__unary_input_gradient};
