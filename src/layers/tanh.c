/* tanh: the hyperbolic tangent. */
#include <fovea/layers/tanh.h>

#include <math.h>

#include "layers/support/common.h"

static void reference(const float *x, float *y, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    double v = x[i];
    y[i] = (float)(tanh(v));
  }
}

static void gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    const double v = x[i];
    const double c = cosh(v);
    dx[i] = (float)(dx[i] + dy[i] * (1 / (c * c)));
  }
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0, 0, 0, 0};
  return fv__unary_lower(call, program, reference, gradient, FV__UNARY_TANH, parameters);
}

FV__FUNCTION_WITHOUT_OPTIONS(tanh, lower, "squeezes every number into -1 to 1");
