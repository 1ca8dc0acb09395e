/* Resizing rows of pixels: the passes that interpolate two pixels, halving, and sums of rows.
 *
 * `first` [count] is the left pixel of each output pixel, `weights` [count][2] are its two; pixel first[i] + 1 is
 * inside the row as well. `channels` is 1, 3 or 4. Outputs may be written up to FV__RESIZE_SLACK numbers beyond the
 * last where that is said. Products are never fused with sums: every level gives the same bits.
 */
#ifndef FOVEA_KERNELS_RESIZE_H
#define FOVEA_KERNELS_RESIZE_H

#include <stdbool.h>
#include <stdint.h>

enum { FV__RESIZE_SLACK = 16 };

typedef struct fv__resize_kernels {
  /* (w0 p0 + w1 p1) >> 4 of bytes; weights 0 to 2^11, in pairs that sum to it. Writes beyond. `pixels`: of the row. */
  void (*pairs_across)(int16_t *out, const uint8_t *row, int64_t pixels, const int32_t *first, const int16_t *weights,
                       int64_t count, int channels);

  /* (((w0 r0) >> 16) + ((w1 r1) >> 16) + 2) >> 2. */
  void (*pairs_down)(uint8_t *out, const int16_t *upper, const int16_t *lower, const int16_t weights[2], int64_t count);

  /* The mean of 2 x 2 pixels, `count` of them: halves of bytes are rounded up. */
  void (*halve_bytes)(uint8_t *out, const uint8_t *upper, const uint8_t *lower, int64_t count, int channels);
  void (*halve_floats)(float *out, const float *upper, const float *lower, int64_t count, int channels);

  /* w0 p0 + w1 p1 of floats. Writes beyond. */
  void (*floats_across)(float *out, const float *row, int64_t pixels, const int32_t *first, const float *weights,
                        int64_t count, int channels);

  /* out = the sum of weights[k] rows[k], in this order, beginning with 0. `stream`: past the caches. */
  void (*floats_down)(float *out, const float *const *rows, const float *weights, int64_t rows_count, int64_t count,
                      bool stream);

  /* out += row. */
  void (*add_bytes)(float *out, const uint8_t *row, int64_t count);

  /* Rounded half to even, limited to 0..255. */
  void (*round)(uint8_t *out, const float *row, float factor, int64_t count);
} fv__resize_kernels;

#endif
