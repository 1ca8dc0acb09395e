/* soft_shrink: x - 1/2 above 1/2, x + 1/2 below -1/2, else 0. NaN stays NaN. */
#include <fovea/layers/soft_shrink.h>

#include "layers/support/common.h"

static void reference(const float *x, float *y, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    double v = x[i];
    y[i] = (float)(v > 0.5 ? v - 0.5 : v < -0.5 ? v + 0.5 : v * 0);
  }
}

static void gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    const double v = x[i];
    dx[i] = (float)(dx[i] + dy[i] * (v > 0.5 || v < -0.5 ? 1 : 0));
  }
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0, 0, 0, 0};
  return fv__unary_lower(call, program, reference, gradient, FV__UNARY_NONE, parameters);
}

FV__FUNCTION_WITHOUT_OPTIONS(soft_shrink, lower, "draws every number half a unit towards zero");
