/* Dot: sums of products along one axis of each of two values, image by image.
 *
 *   x0 (N, a..., D), x1 (N, b..., D)   y (N, a..., b...), or (N, 1) where nothing is left
 *
 * Both axes are brought to the end, the others become one: (N, A, D) and (N, B, D) give (N, A, B).
 */
#include <fovea/layers/dot.h>

#include <inttypes.h>

#include "layers/support/axes.h"
#include "layers/support/sight.h"

/* The axis of each input; one in the list stands for both. */
static fv_status dot_axes(const fv_dot_options *o, const fv_shape *inputs, int32_t axes[2]) {
  if (o->axes[1] && o->axes[2]) return fail(FV_ERROR_INVALID, "axes lists more than two axes");
  for (int i = 0; i < 2; i++) {
    const int32_t listed = i == 1 && o->axes[1] ? o->axes[1] : o->axes[0];
    fv_status status = fv__expect_axis(listed, inputs[i].rank, &axes[i]);
    if (status) return note(status, "input %d", i + 1);
  }
  return FV_OK;
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_dot_options *o = options;
  int32_t axes[2];
  (void)count;
  TRY(fv__expect_extents(&inputs[0]));
  TRY(fv__expect_extents(&inputs[1]));
  TRY(dot_axes(o, inputs, axes));
  const int64_t left = inputs[0].dims[axes[0]], right = inputs[1].dims[axes[1]];
  if (left >= 0 && right >= 0 && left != right)
    return fail(FV_ERROR_SHAPE,
                "axis %" PRId32 " of the first input has size %" PRId64 ", axis %" PRId32 " of the second %" PRId64,
                axes[0], left, axes[1], right);
  const int64_t n = inputs[0].dims[0] < 0 ? inputs[1].dims[0] : inputs[0].dims[0];
  if (inputs[1].dims[0] >= 0 && n != inputs[1].dims[0])
    return fail(FV_ERROR_SHAPE, "batches of %" PRId64 " and %" PRId64 " do not fit each other", n, inputs[1].dims[0]);
  *output = (fv_shape){.rank = 1, .dims = {n}};
  for (int i = 0; i < 2; i++)
    for (int32_t axis = 1; axis < inputs[i].rank; axis++)
      if (axis != axes[i]) output->dims[output->rank++] = inputs[i].dims[axis];
  if (output->rank == 1) output->dims[output->rank++] = 1;
  return fv__expect_extents(output);
}

/* The value with lengths along `axis` made 1. */
static int32_t normalised(fv__program *program, int32_t value, const fv_shape *shape, int32_t axis) {
  bool marks[FV_MAX_RANK] = {false};
  marks[axis] = true;
  int32_t y = fv__program_add_value(program, shape);
  fv__op op = fv__standardise_make(FV__STANDARDISE_LENGTH, marks, shape->rank, 1e-12, value, y);
  fv__program_append(program, &op);
  return y;
}

/* The value as (N, the rest, the axis). */
static int32_t arranged(fv__program *program, int32_t value, const fv_shape *shape, int32_t axis) {
  const int32_t rank = shape->rank;
  fv_shape last = {.rank = 1, .dims = {shape->dims[0]}}, rows = {.rank = 3, .dims = {shape->dims[0], 1, 1}};
  fv__permute_problem order = {{1, 2, 3}};
  for (int32_t from = 1; from < rank; from++) {
    if (from == axis) continue;
    order.from[fv__stored_axis(last.rank, rank) - 1] = fv__stored_axis(from, rank);
    last.dims[last.rank++] = shape->dims[from];
    rows.dims[1] *= shape->dims[from];
  }
  order.from[2] = fv__stored_axis(axis, rank);
  rows.dims[2] = last.dims[last.rank++] = shape->dims[axis];
  if (axis != rank - 1) {
    int32_t y = fv__program_add_value(program, &last);
    fv__op op = fv__op_make(&fv__op_permute, value, y);
    op.permute = order;
    fv__program_append(program, &op);
    value = y;
  }
  return program->out_of_memory ? 0 : fv__program_reshape(program, value, &rows);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_dot_options *o = call->options;
  const fv_shape inputs[2] = {fv__value_shape(program, call->inputs[0]), fv__value_shape(program, call->inputs[1])};
  int32_t axes[2], operands[2];
  if (program->out_of_memory || dot_axes(o, inputs, axes)) return 0;
  for (int i = 0; i < 2; i++) {
    int32_t value = call->inputs[i];
    if (o->normalize) value = normalised(program, value, &inputs[i], axes[i]);
    operands[i] = arranged(program, value, &inputs[i], axes[i]);
  }
  const fv_shape left = fv__value_shape(program, operands[0]), right = fv__value_shape(program, operands[1]);
  if (program->out_of_memory) return 0;
  const fv_shape products = {.rank = 3, .dims = {left.dims[0], left.dims[1], right.dims[1]}};
  int32_t y = fv__program_add_value(program, &products);
  fv__op op = fv__op_make(&fv__op_batch_dot, operands[0], y);
  op.inputs[1] = operands[1];
  op.window.n = left.dims[0];
  op.window.w = left.dims[1];
  op.window.c = left.dims[2];
  op.window.out_c = right.dims[1];
  fv__program_append(program, &op);
  return program->out_of_memory ? 0 : fv__program_reshape(program, y, &call->output);
}

static const fv_option table[] = {{"axes", FV_OPTION_INTS, offsetof(fv_dot_options, axes), NULL, -FV_MAX_RANK,
                                   FV_MAX_RANK, NULL, "the axis of both inputs, or one of each"},
                                  {"normalize", FV_OPTION_BOOL, offsetof(fv_dot_options, normalize), "false", 0, 0,
                                   NULL, "bring lengths along the axis to one first: cosines"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_dot = {
    .kind = {"Dot", NULL, "sums of products of two values along an axis", table, sizeof(fv_dot_options)},
    FV__LAYER_HEAD(fv_dot_options, inputs, FV_MERGE_INPUTS),
    .min_inputs = 2,
    .max_inputs = 2,
    .shape = shape,
    .lower = lower,
    .sight = fv__sight_whole,
};
