/* CustomScaleLayer: x0 + scale x1; axes of size 1 are repeated. Two operations, which a pass makes one. */
#include <fovea/layers/custom_scale_layer.h>

#include "layers/support/merge.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  (void)options;
  return fv__broadcast_shape(inputs, count, output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_custom_scale_layer_options *o = call->options;
  fv_shape second = fv__value_shape(program, call->inputs[1]);
  int32_t scaled = fv__program_add_value(program, &second);
  fv__op rescale = fv__op_make(&fv__op_affine, call->inputs[1], scaled);
  rescale.affine = (fv__affine_problem){.scale = (float)o->scale};
  fv__program_append(program, &rescale);
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op sum = fv__op_make(&fv__op_binary, call->inputs[0], y);
  sum.binary = FV__BINARY_ADD;
  sum.inputs[1] = scaled;
  fv__program_append(program, &sum);
  return y;
}

static const fv_option table[] = {{"scale", FV_OPTION_FLOAT, offsetof(fv_custom_scale_layer_options, scale), NULL,
                                   -1e30, 1e30, NULL, "factor of the second value"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_custom_scale_layer = {
    .kind = {"CustomScaleLayer", NULL, "the first value plus the second times a factor", table,
             sizeof(fv_custom_scale_layer_options)},
    FV__LAYER_HEAD(fv_custom_scale_layer_options, inputs, FV_MERGE_INPUTS),
    .min_inputs = 2,
    .max_inputs = 2,
    .shape = shape,
    .lower = lower,
};
