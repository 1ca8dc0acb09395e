/* Reshape: the same numbers in the same order under another shape. One extent of -1 is worked out from the others. */
#include <fovea/layers/reshape.h>

#include <inttypes.h>

#include "base/size.h"
#include "layers/support/common.h"
#include "layers/support/sight.h"

/* The product of the given extents and where the -1 is (or -1). */
static fv_status target_product(const fv_reshape_options *o, int64_t *product, int32_t *open) {
  *product = 1;
  *open = -1;
  for (int32_t i = 0; o->target_shape[i]; i++) {
    if (o->target_shape[i] > 0) {
      if (!fv__size_multiply(product, *product, o->target_shape[i]))
        return fail(FV_ERROR_SHAPE, "target_shape is too large");
    } else if (*open >= 0) {
      return fail(FV_ERROR_INVALID, "target_shape has -1 twice, expected it once at most");
    } else {
      *open = i;
    }
  }
  return FV_OK;
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_reshape_options *o = options;
  (void)count;
  int64_t product, elements = 1;
  int32_t open;
  TRY(fv__expect_extents(&inputs[0]));
  TRY(target_product(o, &product, &open));
  for (int32_t i = 1; i < inputs[0].rank; i++)
    elements = inputs[0].dims[i] < 0 || elements < 0 ? -1 : elements * inputs[0].dims[i];
  *output = (fv_shape){.rank = 1, .dims = {inputs[0].dims[0]}};
  for (int32_t i = 0; o->target_shape[i]; i++) {
    if (output->rank == FV_MAX_RANK) return fail(FV_ERROR_SHAPE, "target_shape has more than %d axes", FV_MAX_RANK - 1);
    output->dims[output->rank++] = o->target_shape[i];
  }
  if (elements >= 0 && (open >= 0 ? elements % product != 0 : elements != product)) {
    char text[128], target[128];
    return fail(FV_ERROR_SHAPE, "%" PRId64 " numbers of %s do not fit into %s", elements,
                fv_shape_text(text, sizeof text, &inputs[0]), fv_shape_text(target, sizeof target, output));
  }
  if (elements >= 0 && open >= 0) output->dims[open + 1] = elements / product;
  return fv__expect_extents(output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  return fv__program_reshape(program, call->inputs[0], &call->output);
}

static const fv_option table[] = {{"target_shape", FV_OPTION_INTS, offsetof(fv_reshape_options, target_shape), NULL, -1,
                                   INT32_MAX, NULL, "extents without the batch; one -1 is worked out"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_reshape = {
    .kind = {"Reshape", NULL, "the same numbers in another shape", table, sizeof(fv_reshape_options)},
    FV__LAYER_HEAD(fv_reshape_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .sight = fv__sight_scatters,
};
