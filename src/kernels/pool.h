/* The maximum or the average of a rectangle of pixels, per channel. NaN in the rectangle gives NaN. */
#ifndef FOVEA_KERNELS_POOL_H
#define FOVEA_KERNELS_POOL_H

#include <stdbool.h>
#include <stdint.h>

/* `height` rows of `width` pixels, `row` and `pixel` floats apart, at least one of each; y [channels]. An average adds
 * up each row, then the rows. */
typedef void fv__pool_rectangle(const float *x, int64_t height, int64_t width, int64_t row, int64_t pixel,
                                int64_t channels, float *y);

typedef struct fv__pool_kernels {
  fv__pool_rectangle *maximum, *average;

  /* y[i] = the largest of x[i], x[row + i], ... of `rows` rows (at least one) of `count` numbers; NaN where one is NaN.
   */
  void (*maximum_of_rows)(const float *x, int64_t rows, int64_t row, int64_t count, float *y);
} fv__pool_kernels;

/* A window of at least one pixel and its gradient; rows and pixels so many floats apart. */
typedef struct fv__window_gradient {
  const float *x, *dy; /* x is not read for an average */
  float *dx;
  int64_t height, width, x_row, x_pixel, dx_row, dx_pixel;
  bool overwrite; /* the pixels of dx, instead of adding to them */
} fv__window_gradient;

typedef struct fv__pool_gradient_kernels {
  void (*maximum)(const fv__window_gradient *window, int64_t channels);
  void (*average)(const fv__window_gradient *window, int64_t channels);
} fv__pool_gradient_kernels;

#endif
