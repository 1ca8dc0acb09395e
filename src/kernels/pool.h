/* The maximum or the average of rectangles of pixels, per channel. NaN in a rectangle gives NaN. */
#ifndef FOVEA_KERNELS_POOL_H
#define FOVEA_KERNELS_POOL_H

#include <stdbool.h>
#include <stdint.h>

/* Windows of one size side by side: `height` rows of `width` pixels, `row` and `pixel` floats apart, at least one of
 * each; window i begins at x + i * step and gives channels to y + i * y_pixel. An average adds up each row, then the
 * rows. */
typedef struct fv__pool_row {
  const float *x;
  int64_t height, width, row, pixel, step;
  int64_t windows, channels;
  float *y;
  int64_t y_pixel;
} fv__pool_row;

typedef struct fv__pool_kernels {
  void (*maximum)(const fv__pool_row *windows);
  void (*average)(const fv__pool_row *windows);

  /* y[i] = the largest of x[i], x[row + i], ... of `rows` rows (at least one) of `count` numbers; NaN where one is NaN.
   */
  void (*maximum_of_rows)(const float *x, int64_t rows, int64_t row, int64_t count, float *y);
} fv__pool_kernels;

/* Windows of at least one pixel side by side and their gradient; rows, pixels and windows so many floats apart. */
typedef struct fv__window_gradient {
  const float *x, *dy; /* x is not read for an average */
  float *dx;
  int64_t height, width, x_row, x_pixel, x_step, dx_row, dx_pixel, dx_step;
  int64_t windows, channels, dy_pixel;
  bool overwrite; /* the pixels of dx, which no two windows share, instead of adding to them */
} fv__window_gradient;

typedef struct fv__pool_gradient_kernels {
  void (*maximum)(const fv__window_gradient *windows);
  void (*average)(const fv__window_gradient *windows);
} fv__pool_gradient_kernels;

#endif
