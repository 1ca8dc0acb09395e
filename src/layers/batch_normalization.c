/* BatchNormalization at inference: with the moving statistics, per channel
 *
 *   y = gamma (x - mean) / sqrt(variance + epsilon) + beta
 *
 * Lowers to a scale and shift that a pass folds into the convolution before it.
 */
#include <fovea/layers/batch_normalization.h>

#include <inttypes.h>

#include "layers/support/common.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_batch_normalization_options *o = options;
  (void)count;
  TRY(fv__expect_channels(&inputs[0]));
  int32_t axis, last = inputs[0].rank - 1;
  TRY(fv__expect_axis(o->axis, inputs[0].rank, &axis));
  if (axis != last)
    return fail(FV_ERROR_UNSUPPORTED, "normalisation along axis %" PRId32 ", expected the last one, %" PRId32, axis,
                last);
  *output = inputs[0];
  return fv__expect_extents(output);
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  const fv_batch_normalization_options *o = options;
  fv_shape channels = {.rank = 1, .dims = {input->dims[input->rank - 1]}};
  int32_t count = 0;
  if (!o->no_scale) specs[count++] = (fv__weight_spec){"gamma", "gamma", channels, true};
  if (!o->no_center) specs[count++] = (fv__weight_spec){"beta", "beta", channels, true};
  specs[count++] = (fv__weight_spec){"moving_mean", "moving_mean", channels, false};
  specs[count++] = (fv__weight_spec){"moving_variance", "moving_variance", channels, false};
  return count;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_batch_normalization_options *o = call->options;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_affine, call->inputs[0], y);
  const int32_t *weight = call->weights;
  op.affine = (fv__affine_problem){.scale = 1, .shift = 0, .channels = call->output.dims[call->output.rank - 1]};
  op.normalisation.present = true;
  op.normalisation.epsilon = o->epsilon;
  op.normalisation.gamma = o->no_scale ? -1 : *weight++;
  op.normalisation.beta = o->no_center ? -1 : *weight++;
  op.normalisation.mean = weight[0];
  op.normalisation.variance = weight[1];
  fv__program_append(program, &op);
  return y;
}

static const fv_option table[] = {
    {"axis", FV_OPTION_INT, offsetof(fv_batch_normalization_options, axis), "-1", -FV_MAX_RANK, FV_MAX_RANK, NULL,
     "the axis of channels: the last one"},
    {"momentum", FV_OPTION_FLOAT, offsetof(fv_batch_normalization_options, momentum), "0.99", 0, 1, NULL,
     "how much of the moving statistics each training step keeps"},
    {"epsilon", FV_OPTION_FLOAT, offsetof(fv_batch_normalization_options, epsilon), "0.001", 0, 1e30, NULL,
     "added to the variance"},
    {"center", FV_OPTION_NOT_BOOL, offsetof(fv_batch_normalization_options, no_center), "true", 0, 0, NULL, "add beta"},
    {"scale", FV_OPTION_NOT_BOOL, offsetof(fv_batch_normalization_options, no_scale), "true", 0, 0, NULL,
     "multiply by gamma"},
    {.name = NULL}};

const fv__layer_type fv__layer_batch_normalization = {
    .kind = {"BatchNormalization", NULL, "brings every channel to mean beta and deviation gamma", table,
             sizeof(fv_batch_normalization_options)},
    FV__LAYER_HEAD(fv_batch_normalization_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .weights = weights,
    .lower = lower,
};
