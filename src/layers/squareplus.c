/* squareplus: (x + sqrt(x^2 + 4)) / 2. Barron 2021. */
#include <fovea/layers/squareplus.h>

#include <math.h>

#include "layers/support/common.h"

static void reference(const float *x, float *y, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    double v = x[i];
    y[i] = (float)(0.5 * (v + sqrt(v * v + 4)));
  }
}

static void gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  (void)parameters;
  for (int64_t i = 0; i < count; i++) {
    const double v = x[i];
    dx[i] = (float)(dx[i] + dy[i] * (0.5 * (1 + v / sqrt(v * v + 4))));
  }
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const float parameters[4] = {0, 0, 0, 0};
  return fv__unary_lower(call, program, reference, gradient, FV__UNARY_NONE, parameters);
}

FV__FUNCTION_WITHOUT_OPTIONS(squareplus, lower, "a smooth relu made of a square root");
