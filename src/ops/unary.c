/* Activation functions: y = f(x), element for element. */
#include "ops/way.h"

enum { PIECE = 16384 }; /* numbers per piece of work, about 60 KB */

static void pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__unary_problem *problem = &call->op->unary;
  const fv__view *x = &call->x[0], *y = &call->y;
  if (fv__view_is_dense(x) && fv__view_is_dense(y)) {
    problem->reference(x->data + first * x->c, y->data + first * x->c, (end - first) * x->c, problem->parameters);
    return;
  }
  for (int64_t i = first; i < end; i++)
    problem->reference(fv__view_at_pixel(x, i), fv__view_at_pixel(y, i), x->c, problem->parameters);
}

static void forward(const fv__op_call *call) {
  fv__for_ranges(call, fv__view_pixels(&call->x[0]), fv__range_step(call->x[0].c, PIECE), pixels);
}

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};

static const fv__way *const WAYS[] = {&REFERENCE, NULL};

const fv__op_type fv__op_unary = {.name = "unary", .in_place = true, .ways = WAYS};
