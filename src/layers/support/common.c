/* Checks of shapes and the small steps that several layers' lowering has in common. */
#include "layers/support/common.h"

#include <inttypes.h>

#include "base/size.h"

const char *const fv__padding_names[] = {"valid", "same", NULL};
const fv_option fv__no_options[] = {{.name = NULL}};

enum { MAX_RANK_OF_VALUES = 4 };
static const int64_t max_elements = INT64_C(1) << 40;

/* Multiplies the known dimensions from `first` on; false when they exceed what one value may have. */
static bool known_elements(int64_t *elements, const fv_shape *shape, int32_t first) {
  int64_t product = 1;
  for (int32_t i = first; i < shape->rank; i++) {
    if (shape->dims[i] < 0) continue;
    if (!fv__size_multiply(&product, product, shape->dims[i]) || product > max_elements) return false;
  }
  *elements = product;
  return true;
}

fv_status fv__expect_extents(const fv_shape *shape) {
  char text[128];
  if (shape->rank < 1 || shape->rank > MAX_RANK_OF_VALUES)
    return fail(FV_ERROR_UNSUPPORTED, "values have 1 to %d axes, not %" PRId32, MAX_RANK_OF_VALUES, shape->rank);
  for (int32_t i = 0; i < shape->rank; i++)
    if (shape->dims[i] == 0 || shape->dims[i] < -1)
      return fail(FV_ERROR_SHAPE, "axis %" PRId32 " of %s has size %" PRId64 ", expected at least 1", i,
                  fv_shape_text(text, sizeof text, shape), shape->dims[i]);
  int64_t elements;
  if (!known_elements(&elements, shape, 0))
    return fail(FV_ERROR_SHAPE, "%s has more than %" PRId64 " elements", fv_shape_text(text, sizeof text, shape),
                max_elements);
  return FV_OK;
}

fv_status fv__expect_weight(const char *name, const fv_shape *shape) {
  int64_t elements;
  char text[128];
  if (!known_elements(&elements, shape, 0))
    return fail(FV_ERROR_SHAPE, "%s %s has more than %" PRId64 " elements", name,
                fv_shape_text(text, sizeof text, shape), max_elements);
  return FV_OK;
}

fv_status fv__expect_channels(const fv_shape *input) {
  char text[128];
  if (input->rank < 2)
    return fail(FV_ERROR_SHAPE, "expected an input with a batch and at least one more axis, found %s",
                fv_shape_text(text, sizeof text, input));
  if (input->dims[input->rank - 1] < 1)
    return fail(FV_ERROR_SHAPE, "expected a known size of the last axis, found %s",
                fv_shape_text(text, sizeof text, input));
  return FV_OK;
}

fv_status fv__expect_image(const fv_shape *input) {
  char text[128];
  if (input->rank != 4)
    return fail(FV_ERROR_SHAPE, "expected images (batch, height, width, channels), found %s",
                fv_shape_text(text, sizeof text, input));
  if (input->dims[3] < 1)
    return fail(FV_ERROR_SHAPE, "expected a known number of channels, found %s",
                fv_shape_text(text, sizeof text, input));
  return FV_OK;
}

fv_status fv__expect_axis(int32_t axis, int32_t rank, int32_t *result) {
  int32_t from_start = axis < 0 ? axis + rank : axis;
  if (from_start == 0)
    return fail(FV_ERROR_UNSUPPORTED, "axis %" PRId32 " is the batch, expected one of 1 to %" PRId32, axis, rank - 1);
  if (from_start < 0 || from_start >= rank)
    return fail(FV_ERROR_SHAPE, "axis %" PRId32 " does not exist, expected %" PRId32 " to %" PRId32, axis, -rank,
                rank - 1);
  *result = from_start;
  return FV_OK;
}

int32_t fv__stored_axis(int32_t axis, int32_t rank) { return axis + 4 - rank; }

fv_status fv__shape_same(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  (void)options, (void)count;
  *output = inputs[0];
  return fv__expect_extents(output);
}

fv_shape fv__value_shape(const fv__program *program, int32_t value) {
  if (program->out_of_memory) return (fv_shape){.rank = 0};
  return program->values[value].shape;
}

int32_t fv__unary_lower(const fv__lower_call *call, fv__program *program, fv__unary_function *reference,
                        fv__unary_gradient *gradient, fv__unary_slot slot, const float parameters[4]) {
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_unary, call->inputs[0], y);
  op.unary = (fv__unary_problem){.reference = reference, .gradient = gradient, .kernel = slot};
  for (int i = 0; i < 4; i++) op.unary.parameters[i] = parameters[i];
  fv__program_append(program, &op);
  return y;
}

int64_t fv__elements_per_image(const fv_shape *shape) {
  int64_t elements;
  for (int32_t i = 1; i < shape->rank; i++)
    if (shape->dims[i] < 0) return 0;
  return known_elements(&elements, shape, 1) ? elements : 0;
}
