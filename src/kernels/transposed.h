/* Matrix products that are summed over their long side, as gradients of weights are.
 *
 *   to[i][j] (+)= sum over k of a[k][i] * b[k][j]
 *
 * Row k of the left matrix is found through a pointer: `runs` stretches of `depth` numbers each, `run_step` floats
 * apart, so that a window of an image needs no copy: one stretch per row of the window. Rows of the right matrix lie
 * evenly apart. The sums of a tile start from 0 and are added once: a long k comes in blocks of about `usual_count`,
 * which keeps rounding small and both blocks in the second cache.
 *
 * The numbers of k are added one after the other; in a last panel of one vector those of even and of odd places are
 * added first. Which columns that is, `columns` alone decides.
 */
#ifndef FOVEA_KERNELS_TRANSPOSED_H
#define FOVEA_KERNELS_TRANSPOSED_H

#include <stdbool.h>
#include <stdint.h>

/* Columns that a row of b must have more than are wanted, of any value. */
enum { FV__TRANSPOSED_MARGIN = 16 };

/* Lines of the cache that follow each other. */
typedef struct fv__transposed_run {
  const float *from;
  int64_t lines;
} fv__transposed_run;

typedef struct fv__transposed_block {
  int64_t count;         /* of k, at least 1 */
  const float *const *a; /* [count] */
  int64_t a_offset;      /* added to every pointer of a */
  bool neighbours;       /* count is even, and each odd row of a begins one number behind the even one before it */
  int64_t runs, depth, run_step;
  const float *b;
  int64_t b_row, columns;
  float *to; /* [runs * depth][columns] */
  int64_t to_row;
  bool add;                   /* to what is there, instead of overwriting it */
  fv__transposed_run soon[2]; /* the operands of the next block, brought nearer meanwhile; no lines: nothing */
} fv__transposed_block;

typedef struct fv__transposed_kernels {
  int32_t usual_count;
  void (*multiply)(const fv__transposed_block *block);
} fv__transposed_kernels;

#endif
