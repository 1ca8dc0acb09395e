/* Local response normalisation: every number is divided by the activity of the channels around it.
 *
 *   y[c] = x[c] / (bias + alpha * sum over k from c - radius to c + radius of x[k]^2)^beta      x is 0 outside
 *
 * Source: Krizhevsky, Sutskever, Hinton 2012, section 3.3.
 */
#include <math.h>

#include "kernels/kernels.h"
#include "ops/gradients.h"

enum { PIECE = 2048, VECTOR_PIECE = 16384 }; /* numbers per piece of work */

static void pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__local_response_problem *p = &call->op->local_response;
  const int64_t count = call->y.c;
  for (int64_t pixel = first; pixel < end; pixel++) {
    const float *x = fv__view_at_pixel(&call->x[0], pixel);
    float *y = fv__view_at_pixel(&call->y, pixel);
    for (int64_t c = 0; c < count; c++) {
      const int64_t last = fv__min(count - 1, c + p->radius);
      double sum = 0;
      for (int64_t k = fv__max(0, c - p->radius); k <= last; k++) sum += (double)x[k] * (double)x[k];
      y[c] = (float)((double)x[c] / pow(p->bias + p->alpha * sum, p->beta));
    }
  }
}

static void forward(const fv__op_call *call) {
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(call->y.c, PIECE), pixels);
}

static const fv__way REFERENCE = {.name = "reference", .why_not = fv__way_fits, .forward = forward};

/* Roots are quick and powers are not: of the exponents in use, 0.75, 0.5 and 1, each is made of square roots. */
static bool root_power(double beta, fv__root_power *power) {
  *power = beta == 0.5 ? FV__POWER_HALF : beta == 1 ? FV__POWER_ONE : FV__POWER_THREE_QUARTERS;
  return beta == 0.5 || beta == 0.75 || beta == 1;
}

static const char *vector_why_not(const fv__op *op) {
  fv__root_power power;
  if (op->local_response.radius > FV__NEIGHBOURS_MAX) return "more than 16 channels on either side";
  return root_power(op->local_response.beta, &power) ? NULL : "the exponent is not 0.5, 0.75 or 1";
}

static void vector_pixels(const fv__op_call *call, int64_t first, int64_t end, int thread) {
  (void)thread;
  const fv__local_response_problem *p = &call->op->local_response;
  fv__root_power power;
  root_power(p->beta, &power);
  for (int64_t pixel = first; pixel < end; pixel++)
    call->op->kernels->functions->local_response(fv__view_at_pixel(&call->x[0], pixel),
                                                 fv__view_at_pixel(&call->y, pixel), call->y.c, p->radius,
                                                 (float)p->bias, (float)p->alpha, power);
}

static void vector_forward(const fv__op_call *call) {
  fv__for_ranges(call, fv__view_pixels(&call->y), fv__range_step(call->y.c, VECTOR_PIECE), vector_pixels);
}

static const fv__way VECTOR = {.name = "vector", .why_not = vector_why_not, .forward = vector_forward};

static const fv__way *const WAYS[] = {&VECTOR, &REFERENCE, NULL};

const fv__op_type fv__op_local_response = {
    .name = "local response", .ways = WAYS, .input_gradient = fv__local_response_input_gradient};
