/* Backward of ops, in plain C: what defines correct. One file per op, src/ops/NAME_backward.c.
 *
 * A call has the values of the forward run and the gradient of the output, dy. What is wanted has memory: dx, dkernel,
 * dbias are added to, so that a value that several ops read sums its gradients in the order of the calls. Sums are in
 * double, in an order of the problem alone: the same bits for any number of threads. The op has no clamp, residual or
 * normalisation: training runs without passes.
 */
#ifndef FOVEA_OPS_BACKWARD_H
#define FOVEA_OPS_BACKWARD_H

#include "ops/way.h"

typedef struct fv__backward_call {
  const fv__op *op;
  fv__view x[FV__OP_INPUTS], y, dy;
  fv__view dx[FV__OP_INPUTS]; /* data is NULL where not wanted */
  const float *kernel;        /* natural layout */
  float *dkernel, *dbias;     /* NULL: not wanted */
  fv__pool *pool;
} fv__backward_call;

void fv__conv_backward(const fv__backward_call *call); /* conv */
void fv__pool_backward(const fv__backward_call *call); /* pool, not adaptive */

#endif
