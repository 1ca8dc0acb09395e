/* RepeatVector: (N, C) to (N, n, C): a line of length 1 enlarged to length n. */
#include <fovea/layers/repeat_vector.h>

#include "layers/support/common.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_repeat_vector_options *o = options;
  (void)count;
  char text[128];
  if (inputs[0].rank != 2)
    return fail(FV_ERROR_SHAPE, "expected vectors (batch, channels), found %s",
                fv_shape_text(text, sizeof text, &inputs[0]));
  TRY(fv__expect_extents(&inputs[0]));
  *output = (fv_shape){.rank = 3, .dims = {inputs[0].dims[0], o->n, inputs[0].dims[1]}};
  return fv__expect_extents(output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_resample, call->inputs[0], y);
  op.resample = FV__RESAMPLE_NEAREST;
  fv__program_append(program, &op);
  return y;
}

static const fv_option table[] = {
    {"n", FV_OPTION_INT, offsetof(fv_repeat_vector_options, n), NULL, 1, INT32_MAX, NULL, "how often"}, {.name = NULL}};

const fv__layer_type fv__layer_repeat_vector = {
    .kind = {"RepeatVector", NULL, "a vector several times, as a line", table, sizeof(fv_repeat_vector_options)},
    FV__LAYER_HEAD(fv_repeat_vector_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
};
