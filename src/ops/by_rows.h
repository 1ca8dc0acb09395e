/* Ops that follow each other row by row: a convolution, a depthwise convolution of its result, a 1x1 convolution of
 * that. The maps between them are never whole: each thread keeps the few rows that the next op's windows need, where
 * the cache holds them.
 */
#ifndef FOVEA_OPS_BY_ROWS_H
#define FOVEA_OPS_BY_ROWS_H

#include "ops/op.h"

enum { FV__BY_ROWS_OPS = 3 /* in a chain, at most */ };

/* Whether an op may stand in a chain: first, or behind another one. Such ops have one way but the reference. */
bool fv__by_rows_may_start(const fv__op *op);
bool fv__by_rows_may_follow(const fv__op *op);

/* Bytes of scratch of a chain for a pool of `threads`; SIZE_MAX when they overflow. */
size_t fv__by_rows_scratch_bytes(const fv__op *const *ops, int count, int threads);

/* The chain on all images of the first call's x. x of all but the first call and y of all but the last have extents
 * only. Scratch and pool are the first call's. `nanoseconds`, when it is not NULL, receives for each op its share of
 * the time. The bits are those of the ops one by one. */
void fv__by_rows_forward(const fv__op_call *calls, int count, int64_t *nanoseconds);

#endif
