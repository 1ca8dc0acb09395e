/* ReLU, layer and function:
 *
 *   y = min(x, max_value)                where x >= threshold
 *   y = negative_slope (x - threshold)   elsewhere
 *
 * NaN stays NaN. With slope and threshold 0 a pass makes it a clamp of the op before it.
 */
#include <fovea/layers/re_lu.h>

#include <math.h>

#include "layers/support/common.h"
#include "layers/support/functions.h"

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_re_lu_options *o = call->options;
  const float parameters[4] = {(float)o->negative_slope, (float)o->threshold, (float)o->max_value, 0};
  return fv__unary_lower(call, program, fv__reference_relu, fv__gradient_relu, FV__UNARY_RELU, parameters);
}

static const fv_option table[] = {{"max_value", FV_OPTION_FLOAT, offsetof(fv_re_lu_options, max_value), "none", 0,
                                   INFINITY, NULL, "larger results are cut to it"},
                                  {"negative_slope", FV_OPTION_FLOAT, offsetof(fv_re_lu_options, negative_slope), "0",
                                   0, 1e30, NULL, "slope below the threshold"},
                                  {"threshold", FV_OPTION_FLOAT, offsetof(fv_re_lu_options, threshold), "0", 0, 1e30,
                                   NULL, "where the function starts to pass its input on"},
                                  {.name = NULL}};

static const fv_re_lu_options as_function = {.max_value = INFINITY, .negative_slope = 0, .threshold = 0};

const fv__layer_type fv__layer_re_lu = {
    .kind = {"ReLU", "relu", "negative numbers become zero", table, sizeof(fv_re_lu_options)},
    .function_options = &as_function,
    FV__LAYER_HEAD(fv_re_lu_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = fv__shape_same,
    .lower = lower,
};
