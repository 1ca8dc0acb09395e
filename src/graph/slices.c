/* Slices of the batch.
 *
 * A network whose activations outgrow the cache runs a batch slower than the same images one by one; one whose weights
 * outgrow it runs a batch faster. So neighbouring steps form groups, and a group runs a slice of the batch through all
 * of its steps before it takes the next:
 *
 *   for each slice of the batch
 *     for each step of the group      reads and writes this slice of values that other groups use,
 *                                     and the same memory again and again of values that are the group's own
 *
 * A step's wish is the largest slice whose inputs and outputs fit into CACHE_BYTES (or what the plan's options say).
 * Small maps stand at the end of most networks, so slices grow along the steps: a step takes the least of the wishes
 * from it on. Dense steps are limited by their weights: they take the whole batch and end a group. Slices divide the
 * batch evenly, so all are alike.
 *
 * Nothing here depends on the processor found: the choice of ways, and with it the bits, follow from the slice.
 */
#include "graph/slices.h"

#include <stdlib.h>

enum { CACHE_BYTES = 4 << 20 };

static int64_t bytes_of_image(const fv__program *program, int32_t value) {
  if (value < 0 || program->values[value].by_rows) return 0;
  const fv__program_value *v = &program->values[value];
  return v->h * v->w * v->c * (int64_t)sizeof(float);
}

static bool has_batch(const fv__program *program, int32_t value, int64_t batch) {
  return value < 0 || program->values[value].n == batch;
}

/* Whether each image of the op's output is made of the same image of its inputs, and of nothing else. */
static bool goes_by_image(const fv__program *program, const fv__op *op, int64_t batch) {
  return op->type != &fv__op_dense && has_batch(program, op->inputs[0], batch) &&
         has_batch(program, op->inputs[1], batch) && has_batch(program, op->residual, batch) &&
         has_batch(program, op->output, batch) && (!op->type->counts_images || op->window.n == batch);
}

/* The largest divisor of `batch` for which `bytes` an image stay within `cache`; at least 1. */
static int64_t fitting_slice(int64_t batch, int64_t bytes, int64_t cache) {
  for (int64_t slice = batch; slice > 1; slice--)
    if (batch % slice == 0 && bytes <= cache / slice) return slice;
  return 1;
}

static void choose_images(fv__program *program, int64_t batch) {
  int64_t least = batch;
  for (int32_t i = program->op_count - 1; i >= 0; i--) {
    const fv__op *op = &program->ops[i].op;
    if (!goes_by_image(program, op, batch)) {
      least = batch;
      continue;
    }
    const int64_t bytes = bytes_of_image(program, op->inputs[0]) + bytes_of_image(program, op->inputs[1]) +
                          bytes_of_image(program, op->residual) + bytes_of_image(program, op->output);
    const int64_t wish = fitting_slice(batch, bytes, program->cache ? program->cache : CACHE_BYTES);
    if (wish < least) least = wish;
    if (least == batch) continue;
    program->ops[i].images = least;
  }
  for (int32_t i = 0; i + 1 < program->op_count; i++) /* ops that run by rows take as many images as the first */
    if (program->ops[i].by_rows) program->ops[i + 1].images = program->ops[i].images;
  for (int32_t i = 0; i < program->op_count; i++) {
    fv__program_op *op = &program->ops[i];
    if (!op->images) continue;
    op->goes_on = i + 1 < program->op_count && program->ops[i + 1].images == op->images;
    if (op->op.type->counts_images) op->op.window.n = op->images;
  }
}

enum { UNUSED = -1, SHARED = -2 };

/* Values that a single group uses need room for one slice. `user` is per root: the last op of that group. */
static void use(const fv__program *program, int32_t *user, int32_t value, int32_t group) {
  if (value < 0) return;
  int32_t *of = &user[fv__program_root(program, value)];
  *of = *of == UNUSED || *of == group ? group : SHARED;
}

static void choose_held(fv__program *program, int32_t *user, int64_t batch) {
  for (int32_t v = 0; v < program->value_count; v++) user[v] = UNUSED;
  for (int32_t i = program->op_count - 1, group = SHARED; i >= 0; i--) {
    const fv__program_op *op = &program->ops[i];
    const int32_t used[] = {op->op.inputs[0], op->op.inputs[1], op->op.residual, op->op.output};
    if (!op->goes_on) group = op->images ? i : SHARED;
    for (int k = 0; k < 4; k++) use(program, user, used[k], group);
  }
  for (int32_t v = 0; v < program->value_count; v++) {
    const fv__program_value *value = &program->values[v];
    if (value->is_input || value->keep || value->n != batch) user[fv__program_root(program, v)] = SHARED;
  }
  for (int32_t v = 0; v < program->value_count; v++)
    if (program->values[v].parent < 0 && user[v] >= 0) program->values[v].held = program->ops[user[v]].images;
}

void fv__slice_batch(fv__program *program) {
  int64_t batch = 1;
  for (int32_t v = program->value_count - 1; v >= 0; v--)
    if (program->values[v].is_input) batch = program->values[v].n;
  if (batch < 2) return;
  int32_t *user = calloc((size_t)program->value_count, sizeof *user);
  if (!user) {
    program->out_of_memory = true;
    return;
  }
  choose_images(program, batch);
  choose_held(program, user, batch);
  free(user);
}
