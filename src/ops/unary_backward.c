/* Backward of activation functions: dx += dy * f'(x), or =. Where f(x) says enough, x need not be kept. */
#include "kernels/kernels.h"
#include "ops/gradients.h"

enum { PIECE = 16384 }; /* numbers per piece of work */

static void over_pixels(const fv__backward_call *call, fv__gradient_range *body) {
  fv__gradient_ranges(call, fv__view_pixels(&call->dy), fv__range_step(call->dy.c, PIECE), body);
}

static void pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  for (int64_t i = first; i < end; i++)
    call->op->unary.gradient(fv__view_at_pixel(&call->x[0], i), fv__view_at_pixel(&call->dy, i),
                             fv__view_at_pixel(&call->dx[0], i), call->dy.c, call->op->unary.parameters);
}

static void backward(const fv__backward_call *call) { over_pixels(call, pixels); }

static const char *why_not(const fv__op *op) { return op->unary.gradient ? NULL : "the function has no derivative"; }

static const fv__gradient_way REFERENCE = {
    .name = "reference", .why_not = why_not, .backward = backward, .reads_x = true};

static const char *vector_why_not(const fv__op *op) {
  const int32_t slot = op->unary.kernel;
  return slot >= 0 && op->kernels->functions->gradient[slot] ? NULL : "the derivative has no vector version";
}

static void apply(const fv__backward_call *call, const fv__view *from, fv__vec_gradient *gradient, int64_t first,
                  int64_t end) {
  const fv__view *dy = &call->dy, *dx = &call->dx[0];
  const float *parameters = call->op->unary.parameters;
  const bool overwrite = call->overwrite;
  if (fv__view_is_dense(from) && fv__view_is_dense(dy) && fv__view_is_dense(dx)) {
    const int64_t start = first * dy->c, count = (end - first) * dy->c;
    gradient(from->data + start, dy->data + start, dx->data + start, count, parameters, overwrite);
    return;
  }
  for (int64_t i = first; i < end; i++)
    gradient(fv__view_at_pixel(from, i), fv__view_at_pixel(dy, i), fv__view_at_pixel(dx, i), dy->c, parameters,
             overwrite);
}

static void vector_pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  apply(call, &call->x[0], call->op->kernels->functions->gradient[call->op->unary.kernel], first, end);
}

static void vector_backward(const fv__backward_call *call) { over_pixels(call, vector_pixels); }

static const fv__gradient_way VECTOR = {
    .name = "vector", .why_not = vector_why_not, .backward = vector_backward, .reads_x = true, .overwrites = true};

static const char *result_why_not(const fv__op *op) {
  const fv__unary_problem *p = &op->unary;
  if (p->kernel < 0 || !op->kernels->functions->gradient_by_result[p->kernel]) return "the result does not say enough";
  const bool plain = p->parameters[0] >= 0 && p->parameters[1] == 0 && p->parameters[2] > 0;
  return p->kernel != FV__UNARY_RELU || plain ? NULL : "numbers below the threshold may lie above 0";
}

static void result_pixels(const fv__backward_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  apply(call, &call->y, call->op->kernels->functions->gradient_by_result[call->op->unary.kernel], first, end);
}

static void result_backward(const fv__backward_call *call) { over_pixels(call, result_pixels); }

const fv__gradient_way fv__unary_input_by_result = {.name = "by the result",
                                                    .why_not = result_why_not,
                                                    .backward = result_backward,
                                                    .reads_y = true,
                                                    .overwrites = true};

fv__gradient_list fv__unary_input_gradient = {&fv__unary_input_by_result, &VECTOR, &REFERENCE, NULL};
