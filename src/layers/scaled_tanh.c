/* scaled_tanh: 1.7159 tanh(2 x / 3). Its gain and its slope at 0 keep numbers of variance 1 near variance 1. */
#include <fovea/layers/scaled_tanh.h>

#include <math.h>

#include "layers/support/common.h"

static void reference(const float *x, float *y, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) y[i] = (float)(1.7159 * tanh(2.0 / 3.0 * (double)x[i]));
}

static void gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    const double v = x[i];
    const double c = cosh(2.0 / 3.0 * v);
    dx[i] = (float)(dx[i] + dy[i] * (1.7159 * 2 / 3 / (c * c)));
  }
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0, 0, 0, 0};
  return fv__unary_lower(call, program, reference, gradient, FV__UNARY_NONE, parameters);
}

FV__FUNCTION_BEYOND_KERAS(scaled_tanh, lower, "squeezes every number into -1.7159 to 1.7159; LeNet-5's of 1998");
