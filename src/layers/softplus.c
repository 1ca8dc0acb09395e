/* softplus: log(1 + e^x), without overflow. */
#include <fovea/layers/softplus.h>

#include "layers/support/functions.h"

static void reference(const float *x, float *y, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    double v = x[i];
    y[i] = (float)(fv__softplus(v));
  }
}

static void gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    const double v = x[i];
    dx[i] = (float)(dx[i] + dy[i] * (fv__sigmoid(v)));
  }
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0, 0, 0, 0};
  return fv__unary_lower(call, program, reference, gradient, FV__UNARY_SOFTPLUS, parameters);
}

FV__FUNCTION_WITHOUT_OPTIONS(softplus, lower, "a smooth relu");
