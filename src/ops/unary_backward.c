/* Backward of activation functions: dx += dy * f'(x). */
#include "ops/gradients.h"

enum { PIECE = 16384 }; /* numbers per piece of work */

static void pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__unary_problem *problem = &call->op->unary;
  const fv__view *x = &call->x[0], *dy = &call->dy, *dx = &call->dx[0];
  for (int64_t i = first; i < end; i++)
    problem->gradient(fv__view_at_pixel(x, i), fv__view_at_pixel(dy, i), fv__view_at_pixel(dx, i), dy->c,
                      problem->parameters);
}

static void backward(const fv__backward_call *call) {
  fv__gradient_ranges(call, fv__view_pixels(&call->dy), fv__range_step(call->dy.c, PIECE), pixels);
}

static const char *why_not(const fv__op *op) { return op->unary.gradient ? NULL : "the function has no derivative"; }

static const fv__gradient_way REFERENCE = {
    .name = "reference", .why_not = why_not, .backward = backward, .reads_x = true};

fv__gradient_list fv__unary_input_gradient = {&REFERENCE, NULL};
