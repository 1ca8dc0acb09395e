/* Depthwise convolution of one row of output pixels, one kernel per channel.
 *
 *   y[j][c] = clamp(shift[c] + sum over kh, kw of rows[kh][j * stride - left + kw * dilation][c] * kernel[kh][kw][c]
 *                   + residual[j][c])
 *
 * Every output is one sum in the order shift, then taps row by row.
 */
#ifndef FOVEA_KERNELS_DEPTHWISE_H
#define FOVEA_KERNELS_DEPTHWISE_H

#include <stdint.h>

typedef struct fv__depthwise_row {
  const float *const *rows; /* [kernel_h]: first pixels of the input rows; NULL: outside the image */
  int64_t width, pixel;     /* of the input rows: pixels, floats between them */
  int32_t kernel_h, kernel_w, stride, dilation, left; /* along the row */
  int64_t channels;
  const float *kernel, *shift; /* [kernel_h][kernel_w][channels], [channels] */
  float *y;
  const float *residual; /* or NULL */
  int64_t out_width, y_pixel, residual_pixel;
  float low, high;
} fv__depthwise_row;

typedef struct fv__depthwise_kernels {
  void (*row)(const fv__depthwise_row *row);
} fv__depthwise_kernels;

#endif
