/* ThresholdedReLU: x where x > theta, 0 elsewhere; NaN stays NaN. */
#include <fovea/layers/thresholded_re_lu.h>

#include "layers/support/common.h"

static void reference(const float *x, float *y, int64_t count, const float parameters[4]) {
  for (int64_t i = 0; i < count; i++) y[i] = x[i] <= parameters[0] ? 0 : x[i];
}

static void gradient(const float *x, const float *dy, float *dx, int64_t count, const float parameters[4]) {
  for (int64_t i = 0; i < count; i++) {
    const double v = x[i];
    dx[i] = (float)(dx[i] + dy[i] * (v > (double)parameters[0] ? 1 : 0));
  }
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_thresholded_re_lu_options *o = call->options;
  const float parameters[4] = {(float)o->theta, 0, 0, 0};
  return fv__unary_lower(call, program, reference, gradient, FV__UNARY_NONE, parameters);
}

static const fv_option table[] = {{"theta", FV_OPTION_FLOAT, offsetof(fv_thresholded_re_lu_options, theta), "1", 0,
                                   1e30, NULL, "numbers up to it become zero"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_thresholded_re_lu = {
    .kind = {"ThresholdedReLU", NULL, "numbers up to a threshold become zero", table,
             sizeof(fv_thresholded_re_lu_options)},
    FV__LAYER_HEAD(fv_thresholded_re_lu_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = fv__shape_same,
    .lower = lower,
};
