/* hard_silu: x clamp(x / 6 + 1/2, 0, 1), also called hard_swish. Howard et al. 2019. */
#include <fovea/layers/hard_silu.h>

#include "layers/support/common.h"

static void reference(const float *x, float *y, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    double v = x[i];
    y[i] = (float)(v * (v <= -3 ? 0 : v >= 3 ? 1 : v / 6 + 0.5));
  }
}

static void gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    const double v = x[i];
    dx[i] = (float)(dx[i] + dy[i] * (v <= -3 ? 0 : v >= 3 ? 1 : v / 3 + 0.5));
  }
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0, 0, 0, 0};
  return fv__unary_lower(call, program, reference, gradient, FV__UNARY_HARD_SILU, parameters);
}

FV__FUNCTION_WITHOUT_OPTIONS(hard_silu, lower, "every number times its hard sigmoid; also called hard_swish");
