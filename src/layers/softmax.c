/* Softmax along one axis, layer and function: y = exp(x - max) / sum of exp(x - max). */
#include <fovea/layers/softmax.h>

#include "layers/support/common.h"
#include "layers/support/sight.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_softmax_options *o = options;
  (void)count;
  int32_t axis;
  TRY(fv__expect_axis(o->axis, inputs[0].rank, &axis));
  *output = inputs[0];
  return fv__expect_extents(output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_softmax_options *o = call->options;
  int32_t rank = call->output.rank, axis = o->axis < 0 ? o->axis + rank : o->axis;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_softmax, call->inputs[0], y);
  op.softmax.axis = fv__stored_axis(axis, rank);
  fv__program_append(program, &op);
  return y;
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  const int32_t axes[] = {((const fv_softmax_options *)options)->axis, 0};
  (void)output;
  fv__sight_axes(axes, input->rank, sight);
}

static const fv_option table[] = {{"axis", FV_OPTION_INT, offsetof(fv_softmax_options, axis), "-1", -FV_MAX_RANK,
                                   FV_MAX_RANK, NULL, "the axis whose numbers sum to one"},
                                  {.name = NULL}};

static const fv_softmax_options as_function = {.axis = -1};

const fv__layer_type fv__layer_softmax = {
    .kind = {"Softmax", "softmax", "positive numbers that sum to one along an axis: probabilities", table,
             sizeof(fv_softmax_options)},
    .function_options = &as_function,
    FV__LAYER_HEAD(fv_softmax_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .sight = sight,
};
