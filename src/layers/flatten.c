/* Flatten: all axes behind the batch become one, row-major; the numbers stay where they are. */
#include <fovea/layers/flatten.h>

#include "base/size.h"
#include "layers/support/common.h"
#include "layers/support/sight.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  (void)options, (void)count;
  TRY(fv__expect_extents(&inputs[0]));
  int64_t elements = 1;
  for (int32_t i = 1; i < inputs[0].rank; i++) {
    if (inputs[0].dims[i] < 0 || elements < 0)
      elements = -1;
    else if (!fv__size_multiply(&elements, elements, inputs[0].dims[i]))
      return fail(FV_ERROR_SHAPE, "the flattened value is too large");
  }
  *output = (fv_shape){.rank = 2, .dims = {inputs[0].dims[0], elements}};
  return fv__expect_extents(output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  return fv__program_reshape(program, call->inputs[0], &call->output);
}

const fv__layer_type fv__layer_flatten = {
    .kind = {"Flatten", NULL, "all axes behind the batch become one", fv__no_options, sizeof(fv_flatten_options)},
    FV__LAYER_HEAD(fv_flatten_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .sight = fv__sight_scatters,
};
