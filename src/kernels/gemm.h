/* Matrix products whose left rows are found through pointers.
 *
 *   y[r][o] = clamp((sum over t, k of a[r][t][k] * b[t * depth + k][o]) * scale[o] + shift[o] + residual[r][o])
 *
 * A row of the left matrix is `taps` runs of `depth` numbers, each found by a pointer: a convolution's window without
 * copying it (implicit GEMM), or one whole row of a plain matrix with taps = 1. The right matrix is packed in panels
 * of `panel_width` columns, so that the kernel reads it in order:
 *
 *   panels [ceil(columns / panel_width)][taps * depth][panel_width], unused columns 0
 *
 * Rows are worked on in tiles of at most `tile_rows`; every element of y is one sum in the order of k, whatever the
 * tile.
 */
#ifndef FOVEA_KERNELS_GEMM_H
#define FOVEA_KERNELS_GEMM_H

#include <stdbool.h>
#include <stdint.h>

/* The widest panel of any level: two vectors of AVX-512. */
enum { FV__PANEL_LIMIT = 32, FV__ROWS_ADDED = 8 };

typedef struct fv__gemm_block {
  int64_t taps, depth;
  int32_t tiles;
  const int32_t *tile_starts; /* [tiles + 1]: first row of every tile, counted from the block's first */
  const float *const *a;      /* tile after tile, each [taps][rows of the tile] */
  int64_t a_offset;           /* added to every pointer of a: a group's first channel */

  const float *panels;
  const float *next_panel; /* wanted after the last one, perhaps with those that follow it: brought into the cache
                              meanwhile. NULL: nothing */

  int64_t columns;              /* of y, from the first panel's first column on */
  float *const *y;              /* per row of the block */
  const float *const *residual; /* likewise, or NULL */
  int64_t y_offset;             /* added to every pointer of y and residual: the first column */
  const float *scale, *shift;   /* [columns]; scale NULL: 1 */
  float low, high;

  bool add;    /* y holds sums of an earlier part of k: add them */
  bool finish; /* this is the last part of k: scale, shift, residual, clamp */
} fv__gemm_block;

typedef struct fv__gemm_kernels {
  int32_t tile_rows, panel_width; /* panel_width is at most FV__PANEL_LIMIT */
  void (*multiply)(const fv__gemm_block *block);

  /* to[j] += x[0] * b[0][j] + x[1] * b[1][j] + ... for `rows` rows of b, at most FV__ROWS_ADDED. Added one after the
   * other: calls with some rows each give the bits of one call, and rows whose x is 0 may be left out. */
  void (*add_rows)(const float *x, const float *const *b, int64_t rows, int64_t columns, float *to);
} fv__gemm_kernels;

#endif
