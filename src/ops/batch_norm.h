/* Batch normalisation in training, per channel over the m pixels of all images:
 *
 *   mean = sum of x / m          variance = sum of (x - mean)^2 / m          r = 1 / sqrt(variance + epsilon)
 *   y = clamp((x - mean) r gamma + beta + residual)
 *
 *   S = sum of dy                                                            dbeta  += S
 *   P = sum of dy (x - mean)                                                 dgamma += P r
 *   dx += gamma r (dy - S / m - (x - mean) r^2 P / m)
 *
 * Saved: mean[channels], r[channels]. Source: Ioffe, Szegedy 2015.
 *
 * The fast ways cut the pixels into PARTS parts of blocks that fit into a core's cache, by the extents alone. Sums of a
 * block are made in single precision, those of a part and of all parts in double, in their order.
 */
#ifndef FOVEA_OPS_BATCH_NORM_H
#define FOVEA_OPS_BATCH_NORM_H

#include "ops/backward.h"

enum { FV__NORM_PARTS = 64, FV__NORM_BLOCK = 16384 /* numbers */, FV__NORM_RESULTS = 3 };

/* Scratch: numbers of every part, then of its block, then what all parts together give. */
typedef struct fv__norm_scratch {
  double *sums[2];               /* [channels] of one part */
  float *block[2];               /* likewise */
  float *first, *second, *third; /* [channels] */
} fv__norm_scratch;

size_t fv__norm_scratch_bytes(const fv__op *op, int threads);
fv__norm_scratch fv__norm_scratch_of(const fv__op *op, void *scratch, int64_t part);

/* The first pixel of a part; of part FV__NORM_PARTS: how many pixels there are. */
int64_t fv__norm_start(const fv__view *x, int64_t part);
int64_t fv__norm_block_pixels(const fv__view *x);

/* How many pixels from `first` on, at most up to `end`, lie at one distance in both views. */
int64_t fv__norm_run(const fv__view *x, const fv__view *other, int64_t first, int64_t end);

#endif
