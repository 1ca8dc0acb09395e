/* InputLayer: where values enter. It has no inputs and computes nothing; its output's content comes from the caller. */
#include <fovea/layers/input_layer.h>

#include <string.h>

#include "layers/support/common.h"

/* Files name the type the original network was fed with; fovea feeds float32 whatever it is. */
static const char *const dtypes[] = {"float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16",
                                     "uint8",   "int8",    "int16",    "int32",   "int64",         NULL};

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_input_layer_options *o = options;
  (void)inputs, (void)count;
  int known = 0;
  while (dtypes[known] && strcmp(dtypes[known], o->dtype) != 0) known++;
  if (!dtypes[known]) return fail(FV_ERROR_UNSUPPORTED, "inputs of type '%s', expected float32", o->dtype);
  *output = (fv_shape){.rank = 1, .dims = {o->batch_size}};
  for (int i = 0; o->shape[i]; i++) {
    if (output->rank == FV_MAX_RANK)
      return fail(FV_ERROR_SHAPE, "more than %d axes in an input's shape", FV_MAX_RANK - 1);
    output->dims[output->rank++] = o->shape[i];
  }
  return fv__expect_extents(output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  int32_t y = fv__program_add_value(program, &call->output);
  if (!program->out_of_memory) program->values[y].is_input = true;
  return y;
}

static const fv_option table[] = {{"shape", FV_OPTION_INTS, offsetof(fv_input_layer_options, shape), NULL, -1,
                                   INT32_MAX, NULL,
                                   "extents without the batch, such as 224,224,3; -1 where they are not known yet"},
                                  {"batch_size", FV_OPTION_INT, offsetof(fv_input_layer_options, batch_size), "-1", -1,
                                   INT32_MAX, NULL, "images at once; -1: any number"},
                                  {"dtype", FV_OPTION_TEXT, offsetof(fv_input_layer_options, dtype), "float32", 0, 0,
                                   NULL, "type of the numbers; computed as float32"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_input_layer = {
    .kind = {"InputLayer", NULL, "where an image or a vector enters the network", table,
             sizeof(fv_input_layer_options)},
    .inputs_in_options = 0,
    .name_offset = offsetof(fv_input_layer_options, name),
    .frozen_offset = offsetof(fv_input_layer_options, frozen),
    .min_inputs = 0,
    .max_inputs = 0,
    .shape = shape,
    .lower = lower,
};
