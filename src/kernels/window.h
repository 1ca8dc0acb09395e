/* Convolution with few output channels, at most two vectors of them: one row of outputs from windows that are read
 * where they lie.
 *
 *   y[j][o] = clamp(sum over i, k of x[i * row + j * step + k] * panel[i][k][o] + shift[o] + residual[j][o])
 *
 * A row of a window, kernel_w pixels of c numbers, is one stretch of x. No pointers are made and all weights stay in
 * the first cache: for images of few channels, where a matrix product would spend its time on its ends.
 */
#ifndef FOVEA_KERNELS_WINDOW_H
#define FOVEA_KERNELS_WINDOW_H

#include <stdint.h>

typedef struct fv__window_row {
  const float *x;       /* the first row of the first window */
  int64_t row, step;    /* floats between rows of a window, and between windows */
  int64_t rows, length; /* of a window */
  const float *panel;   /* [rows][length][vectors], unused channels 0 */
  int64_t pixels, channels;
  float *y;
  int64_t pixel; /* floats between pixels of y */
  const float *residual;
  int64_t residual_pixel;
  const float *shift; /* [vectors] */
  float low, high;
} fv__window_row;

typedef struct fv__window_kernels {
  int32_t vector;             /* channels of one vector; a row takes one or two, as few as will do */
  int32_t tile_one, tile_two; /* most pixels of a tile with one vector, with two */
  void (*row)(const fv__window_row *row);
} fv__window_kernels;

#endif
