/* mish: x tanh(log(1 + e^x)). Misra 2019. */
#include <fovea/layers/mish.h>

#include <math.h>

#include "layers/support/functions.h"

static void reference(const float *x, float *y, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    double v = x[i];
    y[i] = (float)(v * tanh(fv__softplus(v)));
  }
}

static void gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    const double v = x[i];
    const double t = tanh(fv__softplus(v));
    dx[i] = (float)(dx[i] + dy[i] * (t + v * (1 - t * t) * fv__sigmoid(v)));
  }
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0, 0, 0, 0};
  return fv__unary_lower(call, program, reference, gradient, FV__UNARY_NONE, parameters);
}

FV__FUNCTION_WITHOUT_OPTIONS(mish, lower, "a smooth relu that dips below zero");
