/* A picture seen through an affine map, with its flips: one pass over the output, one resampling. */
#ifndef FOVEA_IMAGE_AFFINE_H
#define FOVEA_IMAGE_AFFINE_H

#include <stdbool.h>

#include <fovea/augment.h>

typedef struct fv__affine_map {
  double matrix[6];             /* row in = m0 row + m1 column + m2; column in = m3 row + m4 column + m5; finite */
  bool flip_rows, flip_columns; /* of the result */
  int32_t fill;                 /* fv_augment_fill */
  int32_t order;                /* 1: bilinear, 0: nearest, halves upwards */
  float cval;
} fv__affine_map;

/* `in` and `out` are (height, width, channels), dense, and do not overlap. */
void fv__affine_sample(float *out, const float *in, int32_t height, int32_t width, int64_t channels,
                       const fv__affine_map *map);

#endif
