/* Lists of axes, and what follows from them. */
#include "layers/support/axes.h"

#include <inttypes.h>

fv_status fv__expect_axes(const int32_t *list, int32_t rank, bool marks[FV_MAX_RANK]) {
  for (int32_t i = 0; i < FV_MAX_RANK; i++) marks[i] = false;
  if (rank > 4) return fail(FV_ERROR_UNSUPPORTED, "values have 1 to 4 axes, not %" PRId32, rank);
  for (int32_t i = 0; list[i]; i++) {
    int32_t axis;
    TRY(fv__expect_axis(list[i], rank, &axis));
    if (marks[axis]) return fail(FV_ERROR_INVALID, "axis %" PRId32 " is listed twice", axis);
    marks[axis] = true;
  }
  return FV_OK;
}

fv_status fv__expect_last_axis(const int32_t *list, int32_t rank) {
  int32_t axis;
  TRY(fv__expect_axis(list[0], rank, &axis));
  if (axis != rank - 1 || list[1])
    return fail(FV_ERROR_UNSUPPORTED, "axis %" PRId32 "%s, expected the last one, %" PRId32, axis,
                list[1] ? " and others" : "", rank - 1);
  return FV_OK;
}

fv__steps fv__weight_steps(const fv_shape *along) {
  int64_t extents[3] = {1, 1, 1}; /* height, width, channels */
  for (int32_t i = 0; i < along->rank; i++) extents[3 - along->rank + i] = along->dims[i];
  return (fv__steps){.h = extents[0] > 1 ? extents[1] * extents[2] : 0,
                     .w = extents[1] > 1 ? extents[2] : 0,
                     .c = extents[2] > 1 ? 1 : 0};
}

fv__op fv__standardise_make(fv__standardise_kind kind, const bool marks[FV_MAX_RANK], int32_t rank, double epsilon,
                            int32_t input, int32_t output) {
  fv__op op = fv__op_make(&fv__op_standardise, input, output);
  bool over[4] = {false};
  for (int32_t axis = 1; axis < rank; axis++) over[fv__stored_axis(axis, rank)] = marks[axis];
  op.standardise = (fv__standardise_problem){
      .kind = kind, .over_h = over[1], .over_w = over[2], .over_c = over[3], .groups = 1, .epsilon = epsilon};
  return op;
}
