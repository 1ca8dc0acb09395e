/* Where a transform brings a box: corners through the inverse of the matrix that says where pixels come from. */
#include <math.h>

#include "data/augment.h"

/* Edges are half a pixel away from the middles that the matrix speaks of. A matrix without inverse shows one point
 * everywhere: boxes are then as large as the picture. */
fv_box fv_transform_box(const fv_box *box, const fv_transform *transform, const fv_augment_options *options,
                        int32_t height, int32_t width) {
  double m[6];
  fv_transform_matrix(m, transform, options, height, width);
  const double determinant = m[0] * m[4] - m[1] * m[3];
  if (determinant == 0) return (fv_box){0, 0, (float)width, (float)height};
  double low_x = INFINITY, low_y = INFINITY, high_x = -INFINITY, high_y = -INFINITY;
  for (int corner = 0; corner < 4; corner++) {
    const double row = (corner & 1 ? box->y1 : box->y0) - 0.5 - m[2];
    const double column = (corner & 2 ? box->x1 : box->x0) - 0.5 - m[5];
    double y = (m[4] * row - m[1] * column) / determinant + 0.5, x = (m[0] * column - m[3] * row) / determinant + 0.5;
    if (transform->flip_vertical) y = height - y;
    if (transform->flip_horizontal) x = width - x;
    low_x = fmin(low_x, x);
    low_y = fmin(low_y, y);
    high_x = fmax(high_x, x);
    high_y = fmax(high_y, y);
  }
  return (fv_box){(float)low_x, (float)low_y, (float)high_x, (float)high_y};
}
