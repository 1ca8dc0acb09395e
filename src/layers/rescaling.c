/* Rescaling: y = x scale + offset. */
#include <fovea/layers/rescaling.h>

#include "layers/support/common.h"

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_rescaling_options *o = call->options;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_affine, call->inputs[0], y);
  op.affine = (fv__affine_problem){.scale = (float)o->scale, .shift = (float)o->offset};
  fv__program_append(program, &op);
  return y;
}

static const fv_option table[] = {
    {"scale", FV_OPTION_FLOAT, offsetof(fv_rescaling_options, scale), NULL, -1e30, 1e30, NULL, "factor, such as 1/255"},
    {"offset", FV_OPTION_FLOAT, offsetof(fv_rescaling_options, offset), "0", -1e30, 1e30, NULL,
     "added after the multiplication"},
    {.name = NULL}};

const fv__layer_type fv__layer_rescaling = {
    .kind = {"Rescaling", NULL, "every number times a factor plus an offset", table, sizeof(fv_rescaling_options)},
    FV__LAYER_HEAD(fv_rescaling_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = fv__shape_same,
    .lower = lower,
};
