/* The gradient of convolution by its input, for inputs of few channels: every pixel of dy is spread over the window
 * that it was made from. A row of dx takes one row of such windows after the other:
 *
 *   dx[j * step + k] += sum over i, o of dy[j * pixel + o - i * row] * panel[i * panel_step + o * width + k]
 *
 * for k < length, a row of the kernel: kernel_w pixels of c numbers are one stretch of dx. The kernel is read from the
 * first cache. Whole vectors are added, zeros beyond the stretch, so dx has room for them.
 */
#ifndef FOVEA_KERNELS_SPREAD_H
#define FOVEA_KERNELS_SPREAD_H

#include <stdint.h>

enum { FV__SPREAD_VECTORS = 4 }; /* most of a stretch */

typedef struct fv__spread_row {
  const float *dy;            /* the row under the first of the window's rows */
  int64_t pixels, pixel, row; /* of dy; floats from one to the next, and back to the row before */
  int64_t channels;           /* of dy */
  const float *panel;         /* that of the first row: [channels][vectors of a stretch], zeros beyond it */
  int64_t panel_step;         /* floats from one row's to the next */
  int64_t rows, length;       /* of the window, and of a stretch: at most four vectors */
  float *dx;
  int64_t step; /* floats of dx between windows */
} fv__spread_row;

typedef struct fv__spread_kernels {
  int32_t vector; /* floats */
  void (*row)(const fv__spread_row *row);
} fv__spread_kernels;

#endif
