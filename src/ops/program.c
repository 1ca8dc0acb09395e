/* Programs: appending ops, values inside values, and where a value finally lies. */
#include "ops/program.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void fv__program_clear(fv__program *program) {
  free(program->values);
  free(program->ops);
  fv__arena_clear(&program->arena);
  *program = (fv__program){0};
}

/* Makes room for one more element in a growing array; false (and out_of_memory) when there is none. */
static bool make_room(fv__program *program, void **array, int32_t count, int32_t *room, size_t element) {
  if (count < *room) return true;
  int32_t larger = *room ? 2 * *room : 64;
  void *moved = reallocarray(*array, (size_t)larger, element);
  if (!moved) {
    program->out_of_memory = true;
    return false;
  }
  *array = moved;
  *room = larger;
  return true;
}

static int32_t append_value(fv__program *program, const fv__program_value *value) {
  void *array = program->values;
  bool room = make_room(program, &array, program->value_count, &program->value_room, sizeof *program->values);
  program->values = array;
  if (!room) return 0;
  program->values[program->value_count] = *value;
  return program->value_count++;
}

/* (N, C), (N, L, C) and (N, H, W, C) as NHWC. */
static fv__program_value value_of(const fv_shape *shape) {
  fv__program_value value = {.shape = *shape, .n = 1, .h = 1, .w = 1, .c = 1, .parent = -1};
  const int64_t *d = shape->dims;
  switch (shape->rank) {
  case 4: value.n = d[0], value.h = d[1], value.w = d[2], value.c = d[3]; break;
  case 3: value.n = d[0], value.w = d[1], value.c = d[2]; break;
  case 2: value.n = d[0], value.c = d[1]; break;
  case 1: value.n = d[0]; break;
  default: break;
  }
  return value;
}

int32_t fv__program_add_value(fv__program *program, const fv_shape *shape) {
  fv__program_value value = value_of(shape);
  return append_value(program, &value);
}

/* A value is dense in itself when nothing but reshapes lies between it and its root. */
static bool is_slice(const fv__program *program, int32_t value) {
  for (; program->values[value].parent >= 0; value = program->values[value].parent)
    if (!program->values[value].reshaped) return true;
  return false;
}

int32_t fv__program_reshape(fv__program *program, int32_t value, const fv_shape *shape) {
  if (is_slice(program, value)) {
    int32_t dense = fv__program_add_value(program, &program->values[value].shape);
    fv__op copy = fv__op_make(&fv__op_copy, value, dense);
    fv__program_append(program, &copy);
    value = dense;
  }
  if (program->out_of_memory) return 0;
  program->values[value].must_be_dense = true;
  fv__program_value other = value_of(shape);
  other.parent = value;
  other.reshaped = true;
  other.must_be_dense = true;
  return append_value(program, &other);
}

int32_t fv__program_slice(fv__program *program, int32_t value, const fv_shape *shape, int64_t row, int64_t column,
                          int64_t channel) {
  if (program->out_of_memory) return 0;
  fv__program_value part = value_of(shape);
  part.parent = value;
  part.offset_row = row;
  part.offset_column = column;
  part.offset_channel = channel;
  return append_value(program, &part);
}

fv__op fv__op_make(const fv__op_type *type, int32_t input, int32_t output) {
  fv__op op;
  memset(&op, 0, sizeof op); /* padding too: problems are compared byte by byte */
  op.type = type;
  op.inputs[0] = input;
  op.inputs[1] = op.residual = op.kernel = op.bias = -1;
  op.output = output;
  op.normalisation.gamma = op.normalisation.beta = op.normalisation.mean = op.normalisation.variance = -1;
  op.low = -INFINITY;
  op.high = INFINITY;
  return op;
}

void fv__program_append(fv__program *program, const fv__op *op) {
  void *array = program->ops;
  bool room = make_room(program, &array, program->op_count, &program->op_room, sizeof *program->ops);
  program->ops = array;
  int32_t *nodes = fv__arena_copy(&program->arena, &program->current_node, sizeof program->current_node);
  if (!nodes) program->out_of_memory = true;
  if (!room || !nodes) return;
  program->ops[program->op_count++] = (fv__program_op){.op = *op, .nodes = nodes, .node_count = 1};
}

int32_t fv__program_root(const fv__program *program, int32_t value) {
  while (program->values[value].parent >= 0) value = program->values[value].parent;
  return value;
}

/* Offsets add up along the chain of slices until the root or a reshape, which starts dense memory of its own. */
fv__view fv__program_view(const fv__program *program, int32_t value, float *base) {
  const fv__program_value *v = &program->values[value];
  int64_t row = 0, column = 0, channel = 0;
  const fv__program_value *whole = v;
  while (whole->parent >= 0 && !whole->reshaped) {
    row += whole->offset_row;
    column += whole->offset_column;
    channel += whole->offset_channel;
    whole = &program->values[whole->parent];
  }
  fv__view view = fv__view_dense(base, whole->n, whole->h, whole->w, whole->c);
  if (base) view.data = base + row * view.row + column * view.pixel + channel;
  view.n = v->n;
  view.h = v->h;
  view.w = v->w;
  view.c = v->c;
  return view;
}
