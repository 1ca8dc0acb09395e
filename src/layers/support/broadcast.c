/* Broadcasting of merging layers, as Keras does it: a value with fewer axes gets axes of size 1 behind the batch; an
 * axis of size 1 is repeated. An unknown extent takes the other's when that is known and not 1. */
#include "layers/support/merge.h"

static fv_shape widen(const fv_shape *shape, int32_t rank) {
  fv_shape wide = {.rank = rank, .dims = {shape->dims[0]}};
  int32_t added = rank - shape->rank;
  for (int32_t i = 1; i <= added; i++) wide.dims[i] = 1;
  for (int32_t i = 1; i < shape->rank; i++) wide.dims[i + added] = shape->dims[i];
  return wide;
}

bool fv__broadcast(const fv_shape *a, const fv_shape *b, fv_shape *result) {
  int32_t rank = a->rank > b->rank ? a->rank : b->rank;
  fv_shape x = widen(a, rank), y = widen(b, rank);
  for (int32_t i = 0; i < rank; i++) {
    int64_t p = x.dims[i], q = y.dims[i];
    if (p == 1 || (p < 0 && q != 1))
      x.dims[i] = q;
    else if (q != 1 && q >= 0 && p != q)
      return false;
  }
  *result = x;
  return true;
}

fv_status fv__broadcast_shape(const fv_shape *inputs, int32_t count, fv_shape *output) {
  char before[128], next[128];
  *output = inputs[0];
  TRY(fv__expect_extents(output));
  for (int32_t i = 1; i < count; i++) {
    TRY(fv__expect_extents(&inputs[i]));
    fv_shape sum;
    if (!fv__broadcast(output, &inputs[i], &sum))
      return fail(FV_ERROR_SHAPE, "shapes %s and %s do not fit each other",
                  fv_shape_text(before, sizeof before, output), fv_shape_text(next, sizeof next, &inputs[i]));
    *output = sum;
  }
  return fv__expect_extents(output);
}

int32_t fv__binary_lower(fv__binary_kind kind, const fv__lower_call *call, fv__program *program) {
  int32_t sum = call->inputs[0];
  for (int32_t i = 1; i < call->input_count; i++) {
    fv_shape a = fv__value_shape(program, sum), b = fv__value_shape(program, call->inputs[i]), c;
    if (program->out_of_memory || !fv__broadcast(&a, &b, &c)) return 0;
    int32_t y = fv__program_add_value(program, &c);
    fv__op op = fv__op_make(&fv__op_binary, sum, y);
    op.binary = kind;
    op.inputs[1] = call->inputs[i];
    fv__program_append(program, &op);
    sum = y;
  }
  return sum;
}
