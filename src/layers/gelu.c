/* gelu: x (1 + erf(x / sqrt(2))) / 2, the exact form. Hendrycks, Gimpel 2016. */
#include <fovea/layers/gelu.h>

#include <math.h>

#include "layers/support/common.h"

static void reference(const float *x, float *y, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    double v = x[i];
    y[i] = (float)(0.5 * v * (1 + erf(v * 0.70710678118654752440)));
  }
}

static void gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    const double v = x[i];
    dx[i] = (float)(dx[i] + dy[i] * (0.5 * (1 + erf(v * 0.70710678118654752440)) +
                                     v * exp(-0.5 * v * v) * 0.39894228040143267794));
  }
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0, 0, 0, 0};
  return fv__unary_lower(call, program, reference, gradient, FV__UNARY_GELU, parameters);
}

FV__FUNCTION_WITHOUT_OPTIONS(gelu, lower, "every number times the share of a normal distribution below it");
