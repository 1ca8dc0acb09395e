/* Shapes: counting and printing. */
#include <fovea/shape.h>

#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/size.h"

static const int64_t MAX_ELEMENTS = (int64_t)1 << 40;

fv_status fv_shape_elements(int64_t *elements, const fv_shape *shape) {
  if (shape->rank < 0 || shape->rank > FV_MAX_RANK)
    return fail(FV_ERROR_SHAPE, "rank %d is outside 0 to %d", shape->rank, FV_MAX_RANK);
  /* The limit holds for the extents that are not 0, as in NumPy: so the order does not matter, and no product of some
   * of them wraps. */
  int64_t product = 1;
  bool empty = false;
  for (int axis = 0; axis < shape->rank; axis++) {
    empty = empty || shape->dims[axis] == 0;
    if (!fv__size_multiply(&product, product, shape->dims[axis] == 0 ? 1 : shape->dims[axis]) ||
        product > MAX_ELEMENTS) {
      char text[128];
      return fail(FV_ERROR_SHAPE, "shape %s is unknown, negative or too large",
                  fv_shape_text(text, sizeof text, shape));
    }
  }
  *elements = empty ? 0 : product;
  return FV_OK;
}

bool fv_shape_equal(const fv_shape *a, const fv_shape *b) {
  if (a->rank != b->rank) return false;
  for (int axis = 0; axis < a->rank; axis++)
    if (a->dims[axis] != b->dims[axis]) return false;
  return true;
}

char *fv_shape_text(char *text, size_t size, const fv_shape *shape) {
  size_t used = 0;
  const int rank = shape->rank < 0 ? 0 : shape->rank > FV_MAX_RANK ? FV_MAX_RANK : shape->rank;
  if (size == 0) return text;
  text[0] = '\0';
  for (int axis = 0; axis < rank + 1 && used < size; axis++) {
    const char *before = axis == 0 ? "(" : ", ";
    int written;
    if (axis == rank)
      written = snprintf(text + used, size - used, "%s", rank == 0 ? "()" : rank == 1 ? ",)" : ")");
    else if (shape->dims[axis] < 0)
      written = snprintf(text + used, size - used, "%s?", before);
    else
      written = snprintf(text + used, size - used, "%s%lld", before, (long long)shape->dims[axis]);
    used += written < 0 ? 0 : (size_t)written;
  }
  return text;
}
