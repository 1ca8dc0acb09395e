/* Multiply: x0 x1 ..., in this order; axes of size 1 are repeated. */
#include <fovea/layers/multiply.h>

#include "layers/support/merge.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  (void)options;
  return fv__broadcast_shape(inputs, count, output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  return fv__binary_lower(FV__BINARY_MULTIPLY, call, program);
}

const fv__layer_type fv__layer_multiply = {
    .kind = {"Multiply", NULL, "element by element product of two or more values", fv__no_options,
             sizeof(fv_multiply_options)},
    FV__LAYER_HEAD(fv_multiply_options, inputs, FV_MERGE_INPUTS),
    .min_inputs = 2,
    .max_inputs = 0,
    .shape = shape,
    .lower = lower,
};
