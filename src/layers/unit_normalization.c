/* UnitNormalization: y = x / max(sqrt(sum of x^2), 1e-12), the sum over the listed axes. */
#include <fovea/layers/unit_normalization.h>

#include "layers/support/axes.h"
#include "layers/support/sight.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_unit_normalization_options *o = options;
  bool marks[FV_MAX_RANK];
  (void)count;
  TRY(fv__expect_extents(&inputs[0]));
  TRY(fv__expect_axes(o->axis, inputs[0].rank, marks));
  *output = inputs[0];
  return FV_OK;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_unit_normalization_options *o = call->options;
  bool marks[FV_MAX_RANK];
  fv_status status = fv__expect_axes(o->axis, call->output.rank, marks);
  (void)status; /* shape() has accepted them */
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__standardise_make(FV__STANDARDISE_LENGTH, marks, call->output.rank, 1e-12, call->inputs[0], y);
  fv__program_append(program, &op);
  return y;
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  (void)output;
  fv__sight_axes(((const fv_unit_normalization_options *)options)->axis, input->rank, sight);
}

static const fv_option table[] = {{"axis", FV_OPTION_INTS, offsetof(fv_unit_normalization_options, axis), "-1",
                                   -FV_MAX_RANK, FV_MAX_RANK, NULL, "the axes along which squares are summed"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_unit_normalization = {
    .kind = {"UnitNormalization", NULL, "brings vectors to length one", table, sizeof(fv_unit_normalization_options)},
    FV__LAYER_HEAD(fv_unit_normalization_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .sight = sight,
};
