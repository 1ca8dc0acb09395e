/* ELU, layer and function: x where x > 0, alpha (e^x - 1) below. Clevert et al. 2015. */
#include <fovea/layers/elu.h>

#include <math.h>

#include "layers/support/common.h"

static void reference(const float *x, float *y, int64_t count, const float parameters[4]) {
  double alpha = parameters[0];
  for (int64_t i = 0; i < count; i++) {
    double v = x[i];
    y[i] = (float)(v > 0 ? v : alpha * expm1(v));
  }
}

static void gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  const double alpha = parameters[0];
  for (int64_t i = 0; i < count; i++) {
    const double v = x[i];
    dx[i] = (float)(dx[i] + dy[i] * (v > 0 ? 1 : alpha * exp(v)));
  }
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_elu_options *o = call->options;
  const float parameters[4] = {(float)o->alpha, 0, 0, 0};
  return fv__unary_lower(call, program, reference, gradient, FV__UNARY_ELU, parameters);
}

static const fv_option table[] = {{"alpha", FV_OPTION_FLOAT, offsetof(fv_elu_options, alpha), "1", -1e30, 1e30, NULL,
                                   "minus the limit for large negative numbers"},
                                  {.name = NULL}};

static const fv_elu_options as_function = {.alpha = 1};

const fv__layer_type fv__layer_elu = {
    .kind = {"ELU", "elu", "linear above zero, exponential below", table, sizeof(fv_elu_options)},
    .function_options = &as_function,
    FV__LAYER_HEAD(fv_elu_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = fv__shape_same,
    .lower = lower,
};
