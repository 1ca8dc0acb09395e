/* Sums over pixels, channel by channel, for batch normalisation and biases. A value's pixels are `step` floats apart;
 * every sum is made pixel after pixel and added to what is there, so that one call and several give the same bits.
 */
#ifndef FOVEA_KERNELS_CHANNELS_H
#define FOVEA_KERNELS_CHANNELS_H

#include <stdbool.h>
#include <stdint.h>

/* Pixels of a value: `count` of them, so many floats apart. */
typedef struct fv__pixels {
  const float *data;
  int64_t step;
} fv__pixels;

typedef struct fv__channel_kernels {
  /* sums[c] += the sum of x[.][c]. */
  void (*sum)(fv__pixels x, int64_t count, int64_t channels, float *sums);

  /* sums[c] += the sum of (x[.][c] - mean[c])^2. */
  void (*sum_squares)(fv__pixels x, int64_t count, int64_t channels, const float *mean, float *sums);

  /* sums[c] += the sum of dy[.][c], products[c] += the sum of dy[.][c] (x[.][c] - mean[c]). */
  void (*sum_products)(fv__pixels x, fv__pixels dy, int64_t count, int64_t channels, const float *mean, float *sums,
                       float *products);

  /* dx[.][c] = (dx[.][c], unless it is overwritten) + by_dy[c] dy[.][c] + by_x[c] (x[.][c] - mean[c]) + constant[c]. */
  void (*spread)(fv__pixels x, fv__pixels dy, int64_t count, int64_t channels, const float *mean, const float *by_dy,
                 const float *by_x, const float *constant, float *dx, int64_t dx_step, bool overwrite);
} fv__channel_kernels;

#endif
