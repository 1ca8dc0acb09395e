/* LayerNormalization: per image, over the listed axes
 *
 *   y = gamma (x - mean) / sqrt(variance + epsilon) + beta
 *   y = gamma x / sqrt(variance + epsilon)                      with rms_scaling
 *
 * gamma and beta have the extents of the listed axes.
 */
#include <fovea/layers/layer_normalization.h>

#include "layers/support/axes.h"
#include "layers/support/sight.h"

static bool has_gamma(const fv_layer_normalization_options *o) { return !o->no_scale || o->rms_scaling; }
static bool has_beta(const fv_layer_normalization_options *o) { return !o->no_center && !o->rms_scaling; }

/* Extents of the listed axes, in the order of the list. */
static fv_shape weight_shape(const fv_layer_normalization_options *o, const fv_shape *input) {
  fv_shape shape = {.rank = 0};
  for (int32_t i = 0; o->axis[i] && i < FV_MAX_RANK; i++) {
    const int32_t axis = o->axis[i] < 0 ? o->axis[i] + input->rank : o->axis[i];
    shape.dims[shape.rank++] = input->dims[axis];
  }
  return shape;
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_layer_normalization_options *o = options;
  bool marks[FV_MAX_RANK];
  (void)count;
  TRY(fv__expect_extents(&inputs[0]));
  TRY(fv__expect_axes(o->axis, inputs[0].rank, marks));
  fv_shape weight = weight_shape(o, &inputs[0]);
  for (int32_t i = 0; i < weight.rank; i++)
    if (weight.dims[i] < 1 && (has_gamma(o) || has_beta(o))) {
      char text[128];
      return fail(FV_ERROR_SHAPE, "expected known sizes of the normalised axes, found %s",
                  fv_shape_text(text, sizeof text, &inputs[0]));
    }
  *output = inputs[0];
  return FV_OK;
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  const fv_layer_normalization_options *o = options;
  const fv_shape extents = weight_shape(o, input);
  int32_t count = 0;
  if (has_gamma(o)) specs[count++] = (fv__weight_spec){"gamma", "gamma", extents, true};
  if (has_beta(o)) specs[count++] = (fv__weight_spec){"beta", "beta", extents, true};
  return count;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_layer_normalization_options *o = call->options;
  const int32_t rank = call->output.rank, *weight = call->weights;
  bool marks[FV_MAX_RANK];
  fv_status status = fv__expect_axes(o->axis, rank, marks);
  (void)status; /* shape() has accepted them */
  int32_t y = fv__program_add_value(program, &call->output);
  const fv__standardise_kind kind = o->rms_scaling ? FV__STANDARDISE_SCALE : FV__STANDARDISE_DEVIATION;
  fv__op op = fv__standardise_make(kind, marks, rank, o->epsilon, call->inputs[0], y);
  fv_shape along = {.rank = rank - 1};
  for (int32_t axis = 1; axis < rank; axis++) along.dims[axis - 1] = marks[axis] ? call->output.dims[axis] : 1;
  op.standardise.steps = fv__weight_steps(&along);
  if (has_gamma(o)) op.kernel = *weight++;
  if (has_beta(o)) op.bias = *weight;
  fv__program_append(program, &op);
  return y;
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  (void)output;
  fv__sight_axes(((const fv_layer_normalization_options *)options)->axis, input->rank, sight);
}

static const fv_option table[] = {
    {"axis", FV_OPTION_INTS, offsetof(fv_layer_normalization_options, axis), "-1", -FV_MAX_RANK, FV_MAX_RANK, NULL,
     "the axes that share one mean and deviation"},
    {"epsilon", FV_OPTION_FLOAT, offsetof(fv_layer_normalization_options, epsilon), "0.001", 0, 1e30, NULL,
     "added to the variance"},
    {"center", FV_OPTION_NOT_BOOL, offsetof(fv_layer_normalization_options, no_center), "true", 0, 0, NULL, "add beta"},
    {"scale", FV_OPTION_NOT_BOOL, offsetof(fv_layer_normalization_options, no_scale), "true", 0, 0, NULL,
     "multiply by gamma"},
    {"rms_scaling", FV_OPTION_BOOL, offsetof(fv_layer_normalization_options, rms_scaling), "false", 0, 0, NULL,
     "divide by the deviation only: the mean stays, no beta"},
    {.name = NULL}};

const fv__layer_type fv__layer_layer_normalization = {
    .kind = {"LayerNormalization", NULL, "brings every image to mean beta and deviation gamma", table,
             sizeof(fv_layer_normalization_options)},
    FV__LAYER_HEAD(fv_layer_normalization_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .weights = weights,
    .lower = lower,
    .sight = sight,
};
