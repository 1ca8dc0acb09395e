/* BatchNormalization, per channel
 *
 *   y = gamma (x - mean) / sqrt(variance + epsilon) + beta
 *
 * At inference, and in training where it is frozen, with the moving statistics: a scale and shift that a pass folds
 * into the convolution before it. In training else with those of the batch, which the moving ones follow. An axis that
 * is not the last one is exchanged with it before and after.
 */
#include <fovea/layers/batch_normalization.h>

#include <inttypes.h>

#include "layers/support/common.h"

/* The axis of a value of known rank; the option has been checked. */
static int32_t axis_of(const fv_batch_normalization_options *o, int32_t rank) {
  return o->axis < 0 ? o->axis + rank : o->axis;
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_batch_normalization_options *o = options;
  (void)count;
  int32_t axis;
  TRY(fv__expect_extents(&inputs[0]));
  TRY(fv__expect_axis(o->axis, inputs[0].rank, &axis));
  if (inputs[0].dims[axis] < 1)
    return fail(FV_ERROR_SHAPE, "the extent of axis %" PRId32 ", which it normalises along, must be known", axis);
  *output = inputs[0];
  return FV_OK;
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  const fv_batch_normalization_options *o = options;
  fv_shape channels = {.rank = 1, .dims = {input->dims[axis_of(o, input->rank)]}};
  int32_t count = 0;
  if (!o->no_scale) specs[count++] = (fv__weight_spec){"gamma", "gamma", channels, true};
  if (!o->no_center) specs[count++] = (fv__weight_spec){"beta", "beta", channels, true};
  specs[count++] = (fv__weight_spec){"moving_mean", "moving_mean", channels, false};
  specs[count++] = (fv__weight_spec){"moving_variance", "moving_variance", channels, false};
  return count;
}

/* The value with `axis` and the last one exchanged. */
static int32_t exchange(fv__program *program, int32_t x, const fv_shape *shape, int32_t axis) {
  int32_t y = fv__program_add_value(program, shape);
  fv__op op = fv__op_make(&fv__op_permute, x, y);
  op.permute = (fv__permute_problem){{1, 2, 3}};
  const int32_t stored = fv__stored_axis(axis, shape->rank);
  op.permute.from[stored - 1] = 3;
  op.permute.from[2] = stored;
  fv__program_append(program, &op);
  return y;
}

static int32_t normalise(const fv__lower_call *call, fv__program *program, int32_t x, const fv_shape *shape) {
  const fv_batch_normalization_options *o = call->options;
  const bool of_batch = call->training && !call->frozen;
  const int64_t channels = shape->dims[shape->rank - 1];
  int32_t y = fv__program_add_value(program, shape);
  fv__op op = fv__op_make(of_batch ? &fv__op_batch_norm : &fv__op_affine, x, y);
  const int32_t *weight = call->weights;
  const int32_t gamma = o->no_scale ? -1 : *weight++, beta = o->no_center ? -1 : *weight++;
  if (of_batch) {
    op.batch_norm = (fv__batch_norm_problem){.channels = channels, .epsilon = o->epsilon, .momentum = o->momentum};
    op.kernel = gamma;
    op.bias = beta;
  } else {
    op.affine = (fv__affine_problem){.scale = 1, .shift = 0, .channels = channels};
    op.normalisation.present = true;
    op.normalisation.epsilon = o->epsilon;
    op.normalisation.gamma = gamma;
    op.normalisation.beta = beta;
  }
  op.normalisation.mean = weight[0];
  op.normalisation.variance = weight[1];
  fv__program_append(program, &op);
  return y;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const int32_t last = call->output.rank - 1, axis = axis_of(call->options, call->output.rank);
  if (axis == last) return normalise(call, program, call->inputs[0], &call->output);
  fv_shape turned = call->output;
  turned.dims[last] = call->output.dims[axis];
  turned.dims[axis] = call->output.dims[last];
  int32_t x = exchange(program, call->inputs[0], &turned, axis);
  return exchange(program, normalise(call, program, x, &turned), &call->output, axis);
}

static const fv_option table[] = {
    {"axis", FV_OPTION_INT, offsetof(fv_batch_normalization_options, axis), "-1", -FV_MAX_RANK, FV_MAX_RANK, NULL,
     "the axis of channels"},
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
