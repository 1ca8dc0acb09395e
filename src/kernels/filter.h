/* Filters of pictures: rows of numbers, each element of a kernel weighs a shifted row. */
#ifndef FOVEA_KERNELS_FILTER_H
#define FOVEA_KERNELS_FILTER_H

#include <stdbool.h>
#include <stdint.h>

enum { FV__FILTER_SLACK = 16 }; /* floats that may be read beyond the last one needed of a row */

/* A kernel, or some rows of one: element (a, b) weighs number rows[a][i + offsets[b]] for result i. */
typedef struct fv__filter_taps {
  int64_t height, width;
  const float *weights;   /* [height][width] */
  const int64_t *offsets; /* [width] */
} fv__filter_taps;

typedef struct fv__filter_kernels {
  /* y[i] = sum over a, b in this order, beginning with y[i] itself where `add`, else with 0. rows [height]. */
  void (*one)(float *y, const float *const *rows, const fv__filter_taps *taps, int64_t count, bool add);

  /* Two results of rows that follow each other, y[0] from rows[0 ..], y[1] from rows[1 ..]; rows [height + 1]. Bits are
   * those of two calls of `one`. */
  void (*two)(float *const y[2], const float *const *rows, const fv__filter_taps *taps, int64_t count, bool add);

  void (*widen)(float *y, const uint8_t *x, int64_t count);
  void (*narrow)(uint8_t *y, const float *x, int64_t count); /* rounded half to even, limited to 0..255 */
} fv__filter_kernels;

#endif
