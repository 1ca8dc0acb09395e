/* log_softmax: the logarithm of softmax over the last axis, x - max - log(sum of exp(x - max)); exact where softmax
 * itself has vanished. */
#include <fovea/layers/log_softmax.h>

#include "layers/support/common.h"
#include "layers/support/sight.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  (void)options, (void)count;
  int32_t axis;
  TRY(fv__expect_axis(-1, inputs[0].rank, &axis));
  *output = inputs[0];
  return fv__expect_extents(output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_softmax, call->inputs[0], y);
  op.softmax = (fv__softmax_problem){.axis = 3, .logarithm = true};
  fv__program_append(program, &op);
  return y;
}

static const fv_log_softmax_options as_function = {.name = NULL};

const fv__layer_type fv__layer_log_softmax = {
    .kind = {NULL, "log_softmax", "the logarithm of softmax over the last axis", fv__no_options,
             sizeof(fv_log_softmax_options)},
    .function_options = &as_function,
    FV__LAYER_HEAD(fv_log_softmax_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .sight = fv__sight_mixes,
};
