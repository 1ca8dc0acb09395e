/* PReLU: x where x > 0, alpha x elsewhere; alpha has the extents of an image, 1 along shared axes. */
#include <fovea/layers/p_re_lu.h>

#include "layers/support/axes.h"

static fv_shape alpha_shape(const fv_p_re_lu_options *o, const fv_shape *input) {
  fv_shape shape = {.rank = input->rank - 1};
  for (int32_t axis = 1; axis < input->rank; axis++) shape.dims[axis - 1] = input->dims[axis];
  for (int32_t i = 0; o->shared_axes[i]; i++) {
    const int32_t axis = o->shared_axes[i] < 0 ? o->shared_axes[i] + input->rank : o->shared_axes[i];
    shape.dims[axis - 1] = 1;
  }
  return shape;
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_p_re_lu_options *o = options;
  bool marks[FV_MAX_RANK];
  (void)count;
  TRY(fv__expect_extents(&inputs[0]));
  TRY(fv__expect_axes(o->shared_axes, inputs[0].rank, marks));
  const fv_shape alpha = alpha_shape(o, &inputs[0]);
  for (int32_t i = 0; i < alpha.rank; i++)
    if (alpha.dims[i] < 0) {
      char text[128];
      return fail(FV_ERROR_SHAPE, "expected known sizes of axes that are not shared, found %s",
                  fv_shape_text(text, sizeof text, &inputs[0]));
    }
  *output = inputs[0];
  return FV_OK;
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  specs[0] = (fv__weight_spec){"alpha", "alpha", alpha_shape(options, input), true};
  return 1;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_shape alpha = alpha_shape(call->options, &call->output);
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_prelu, call->inputs[0], y);
  op.prelu = fv__weight_steps(&alpha);
  op.kernel = call->weights[0];
  fv__program_append(program, &op);
  return y;
}

static const fv_option table[] = {{"shared_axes", FV_OPTION_INTS, offsetof(fv_p_re_lu_options, shared_axes), "",
                                   -FV_MAX_RANK, FV_MAX_RANK, NULL, "axes along which all numbers share one slope"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_p_re_lu = {
    .kind = {"PReLU", NULL, "negative numbers are multiplied by learned slopes", table, sizeof(fv_p_re_lu_options)},
    FV__LAYER_HEAD(fv_p_re_lu_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .weights = weights,
    .lower = lower,
};
