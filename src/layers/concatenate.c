/* Concatenate: the output is one value, each input is copied into its slice of it. A pass lets producers write there
 * directly, so that nothing is copied. */
#include <fovea/layers/concatenate.h>

#include <inttypes.h>

#include "base/size.h"
#include "layers/support/common.h"

/* Adds `input` along `axis` to `output`. */
static fv_status join(fv_shape *output, const fv_shape *input, int32_t axis) {
  char before[128], next[128];
  if (input->rank != output->rank)
    return fail(FV_ERROR_SHAPE, "shapes %s and %s have different numbers of axes",
                fv_shape_text(before, sizeof before, output), fv_shape_text(next, sizeof next, input));
  for (int32_t i = 0; i < output->rank; i++) {
    int64_t a = output->dims[i], b = input->dims[i];
    if (i == axis) {
      if (a < 0 || b < 0)
        output->dims[i] = -1;
      else if (!fv__size_add(&output->dims[i], a, b))
        return fail(FV_ERROR_SHAPE, "sizes %" PRId64 " and %" PRId64 " along axis %" PRId32 " are too large", a, b, i);
    } else if (a < 0) {
      output->dims[i] = b;
    } else if (b >= 0 && a != b) {
      return fail(FV_ERROR_SHAPE, "shapes %s and %s differ along axis %" PRId32 ", only axis %" PRId32 " may",
                  fv_shape_text(before, sizeof before, output), fv_shape_text(next, sizeof next, input), i, axis);
    }
  }
  return FV_OK;
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_concatenate_options *o = options;
  int32_t axis;
  TRY(fv__expect_axis(o->axis, inputs[0].rank, &axis));
  TRY(fv__expect_extents(&inputs[0]));
  *output = inputs[0];
  for (int32_t i = 1; i < count; i++) {
    TRY(fv__expect_extents(&inputs[i]));
    TRY(join(output, &inputs[i], axis));
  }
  return fv__expect_extents(output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_concatenate_options *o = call->options;
  int32_t rank = call->output.rank, axis = o->axis < 0 ? o->axis + rank : o->axis;
  int32_t stored = fv__stored_axis(axis, rank);
  int32_t y = fv__program_add_value(program, &call->output);
  int64_t at = 0;
  for (int32_t i = 0; i < call->input_count; i++) {
    fv_shape input = fv__value_shape(program, call->inputs[i]);
    if (input.rank == 0) return 0;
    int32_t slice =
        fv__program_slice(program, y, &input, stored == 1 ? at : 0, stored == 2 ? at : 0, stored == 3 ? at : 0);
    fv__op op = fv__op_make(&fv__op_copy, call->inputs[i], slice);
    fv__program_append(program, &op);
    at += input.dims[axis];
  }
  return y;
}

static const fv_option table[] = {{"axis", FV_OPTION_INT, offsetof(fv_concatenate_options, axis), "-1", -FV_MAX_RANK,
                                   FV_MAX_RANK, NULL, "the axis along which the inputs follow each other"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_concatenate = {
    .kind = {"Concatenate", NULL, "values one after another along an axis", table, sizeof(fv_concatenate_options)},
    FV__LAYER_HEAD(fv_concatenate_options, inputs, FV_MERGE_INPUTS),
    .min_inputs = 1,
    .max_inputs = 0,
    .shape = shape,
    .lower = lower,
};
