/* sparse_plus: 0 below -1, x above 1, (x + 1)^2 / 4 between. NaN stays NaN. */
#include <fovea/layers/sparse_plus.h>

#include "layers/support/common.h"

static void reference(const float *x, float *y, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    double v = x[i];
    y[i] = (float)(v <= -1 ? 0 : v >= 1 ? v : 0.25 * (v + 1) * (v + 1));
  }
}

static void gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    const double v = x[i];
    dx[i] = (float)(dx[i] + dy[i] * (v <= -1 ? 0 : v >= 1 ? 1 : 0.5 * (v + 1)));
  }
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0, 0, 0, 0};
  return fv__unary_lower(call, program, reference, gradient, FV__UNARY_NONE, parameters);
}

FV__FUNCTION_WITHOUT_OPTIONS(sparse_plus, lower, "a smooth relu that is exactly zero below -1");
