/* Shapes: how many elements a value has along each axis, batch first.
 *
 * Images are NHWC, vectors are [N, C]. A dimension of -1 is unknown until a plan is made (batch, height, width).
 */
#ifndef FOVEA_SHAPE_H
#define FOVEA_SHAPE_H

#include <fovea/error.h>

FV_BEGIN_DECLARATIONS

enum { FV_MAX_RANK = 8 };

typedef struct fv_shape {
  int32_t rank;              /* 0 to FV_MAX_RANK */
  int64_t dims[FV_MAX_RANK]; /* each at least 0, or -1 for unknown; unused ones are 0 */
} fv_shape;

/* The number of elements of a fully known shape. Errors: FV_ERROR_SHAPE when a dimension is negative, the rank is out
 * of range, or the product of the extents that are not 0 exceeds 2^40 (the limit for one value). */
FV_API FV_CHECK fv_status fv_shape_elements(int64_t *elements, const fv_shape *shape);

FV_API bool fv_shape_equal(const fv_shape *a, const fv_shape *b);

/* Writes "(2, 224, 224, 3)" with "?" for unknown; always ends the text with NUL. Returns `text`. */
FV_API char *fv_shape_text(char *text, size_t size, const fv_shape *shape);

FV_END_DECLARATIONS

#endif
