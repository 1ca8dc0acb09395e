/* hard_tanh: clamp(x, -1, 1). NaN stays NaN. */
#include <fovea/layers/hard_tanh.h>

#include "layers/support/common.h"

static void reference(const float *x, float *y, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    double v = x[i];
    y[i] = (float)(v < -1 ? -1 : v > 1 ? 1 : v);
  }
}

static void gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    const double v = x[i];
    dx[i] = (float)(dx[i] + dy[i] * (v < -1 || v > 1 ? 0 : 1));
  }
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0, 0, 0, 0};
  return fv__unary_lower(call, program, reference, gradient, FV__UNARY_NONE, parameters);
}

FV__FUNCTION_WITHOUT_OPTIONS(hard_tanh, lower, "cuts every number to -1 to 1");
