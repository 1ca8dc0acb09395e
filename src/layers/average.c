/* Average: (x0 + x1 + ...) / count; axes of size 1 are repeated. A chain of sums, then one multiplication. */
#include <fovea/layers/average.h>

#include "layers/support/merge.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  (void)options;
  return fv__broadcast_shape(inputs, count, output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  int32_t sum = fv__binary_lower(FV__BINARY_ADD, call, program);
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_affine, sum, y);
  op.affine.scale = (float)(1.0 / call->input_count);
  fv__program_append(program, &op);
  return y;
}

const fv__layer_type fv__layer_average = {
    .kind = {"Average", NULL, "element by element mean of two or more values", fv__no_options,
             sizeof(fv_average_options)},
    FV__LAYER_HEAD(fv_average_options, inputs, FV_MERGE_INPUTS),
    .min_inputs = 2,
    .max_inputs = 0,
    .shape = shape,
    .lower = lower,
};
