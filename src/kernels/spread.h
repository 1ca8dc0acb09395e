/* The gradient of convolution by its input, for inputs of few channels: every pixel of dy is spread over the window
 * that it was made from.
 *
 *   dx[i * row + j * step + k] += sum over o of dy[j * pixel + o] * panel[i][o][k]
 *
 * for all rows i of the kernel and k < length, a row of it: kernel_w pixels of c numbers are one stretch of dx. The
 * kernel is read from the first cache. Whole vectors are added, zeros beyond the stretch, so dx has room for them.
 */
#ifndef FOVEA_KERNELS_SPREAD_H
#define FOVEA_KERNELS_SPREAD_H

#include <stdint.h>

enum { FV__SPREAD_VECTORS = 4 }; /* most of a stretch */

typedef struct fv__spread_row {
  const float *dy;
  int64_t pixels, pixel; /* of dy, floats from one to the next */
  int64_t channels;      /* of dy */
  const float *panel;    /* [rows][channels][vectors of a stretch], zeros beyond it */
  int64_t rows, length;  /* of a window; at most four vectors */
  float *dx;
  int64_t row, step; /* floats between rows of dx, and between windows */
} fv__spread_row;

typedef struct fv__spread_kernels {
  int32_t vector; /* floats */
  void (*row)(const fv__spread_row *row);
} fv__spread_kernels;

#endif
