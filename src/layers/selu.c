/* selu: 1.0507 x where x > 0, else 1.0507 * 1.67326 (e^x - 1).
 * Klambauer et al. 2017, whose two constants keep mean 0 and variance 1 from layer to layer. */
#include <fovea/layers/selu.h>

#include <math.h>

#include "layers/support/common.h"

static const double scale = 1.05070098735548049342, alpha = 1.67326324235437728482;

static void reference(const float *x, float *y, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    double v = x[i];
    y[i] = (float)(v > 0 ? scale * v : scale * alpha * expm1(v));
  }
}

static void gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    const double v = x[i];
    dx[i] = (float)(dx[i] + dy[i] * (v > 0 ? scale : scale * alpha * exp(v)));
  }
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0, 0, 0, 0};
  return fv__unary_lower(call, program, reference, gradient, FV__UNARY_SELU, parameters);
}

FV__FUNCTION_WITHOUT_OPTIONS(selu, lower, "self-normalising: exponential below zero, linear above");
