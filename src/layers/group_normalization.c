/* GroupNormalization: per image and group of channels, over height, width and the group
 *
 *   y = gamma (x - mean) / sqrt(variance + epsilon) + beta      gamma, beta (C)
 */
#include <fovea/layers/group_normalization.h>

#include <inttypes.h>

#include "layers/support/axes.h"
#include "layers/support/sight.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_group_normalization_options *o = options;
  const int32_t axes[] = {o->axis, 0};
  (void)count;
  TRY(fv__expect_channels(&inputs[0]));
  TRY(fv__expect_extents(&inputs[0]));
  TRY(fv__expect_last_axis(axes, inputs[0].rank));
  const int64_t channels = inputs[0].dims[inputs[0].rank - 1];
  if (o->groups == 0) return fail(FV_ERROR_INVALID, "groups must be at least 1, or -1 for one per channel, not 0");
  if (o->groups > 0 && channels % o->groups)
    return fail(FV_ERROR_SHAPE, "%" PRId64 " channels do not divide into %" PRId32 " groups", channels, o->groups);
  *output = inputs[0];
  return FV_OK;
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  const fv_group_normalization_options *o = options;
  const fv_shape channels = {.rank = 1, .dims = {input->dims[input->rank - 1]}};
  int32_t count = 0;
  if (!o->no_scale) specs[count++] = (fv__weight_spec){"gamma", "gamma", channels, true};
  if (!o->no_center) specs[count++] = (fv__weight_spec){"beta", "beta", channels, true};
  return count;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  static const bool all[FV_MAX_RANK] = {false, true, true, true};
  const fv_group_normalization_options *o = call->options;
  const int32_t rank = call->output.rank, *weight = call->weights;
  const fv_shape channels = {.rank = 1, .dims = {call->output.dims[rank - 1]}};
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__standardise_make(FV__STANDARDISE_DEVIATION, all, rank, o->epsilon, call->inputs[0], y);
  op.standardise.over_h = op.standardise.over_w = true; /* of size 1 where the value has fewer axes */
  op.standardise.groups = o->groups < 0 ? channels.dims[0] : o->groups;
  op.standardise.steps = fv__weight_steps(&channels);
  if (!o->no_scale) op.kernel = *weight++;
  if (!o->no_center) op.bias = *weight;
  fv__program_append(program, &op);
  return y;
}

static const fv_option table[] = {
    {"groups", FV_OPTION_INT, offsetof(fv_group_normalization_options, groups), "32", -1, INT32_MAX, NULL,
     "groups of channels; -1: one per channel"},
    {"axis", FV_OPTION_INT, offsetof(fv_group_normalization_options, axis), "-1", -FV_MAX_RANK, FV_MAX_RANK, NULL,
     "the axis of channels: the last one"},
    {"epsilon", FV_OPTION_FLOAT, offsetof(fv_group_normalization_options, epsilon), "0.001", 0, 1e30, NULL,
     "added to the variance"},
    {"center", FV_OPTION_NOT_BOOL, offsetof(fv_group_normalization_options, no_center), "true", 0, 0, NULL, "add beta"},
    {"scale", FV_OPTION_NOT_BOOL, offsetof(fv_group_normalization_options, no_scale), "true", 0, 0, NULL,
     "multiply by gamma"},
    {.name = NULL}};

const fv__layer_type fv__layer_group_normalization = {
    .kind = {"GroupNormalization", NULL, "brings every group of channels to mean beta and deviation gamma", table,
             sizeof(fv_group_normalization_options)},
    FV__LAYER_HEAD(fv_group_normalization_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .weights = weights,
    .lower = lower,
    .sight = fv__sight_whole,
};
