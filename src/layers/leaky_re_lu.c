/* LeakyReLU: x where x >= 0, negative_slope x below. Maas et al. 2013. Keras's function leaky_relu has a default slope
 * of its own, 0.2.
 */
#include <fovea/layers/leaky_re_lu.h>

#include <math.h>

#include "layers/support/functions.h"

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_leaky_re_lu_options *o = call->options;
  const float parameters[4] = {(float)o->negative_slope, 0, INFINITY, 0};
  return fv__unary_lower(call, program, fv__reference_relu, fv__gradient_relu, FV__UNARY_RELU, parameters);
}

static const fv_option table[] = {{"negative_slope", FV_OPTION_FLOAT, offsetof(fv_leaky_re_lu_options, negative_slope),
                                   "0.3", 0, 1e30, NULL, "slope below zero; Keras 2 calls it alpha"},
                                  {.name = NULL}};

static const fv_leaky_re_lu_options as_function = {.negative_slope = 0.2};

const fv__layer_type fv__layer_leaky_re_lu = {
    .kind = {"LeakyReLU", "leaky_relu", "negative numbers are made smaller", table, sizeof(fv_leaky_re_lu_options)},
    .function_options = &as_function,
    FV__LAYER_HEAD(fv_leaky_re_lu_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = fv__shape_same,
    .lower = lower,
};
