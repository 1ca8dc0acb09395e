/* Backward of ops: from the gradient of the output, dy, to those of inputs and weights.
 *
 * An op type has two lists of ways, one for the gradients of its inputs and one for those of its weights, since the
 * best way to each may differ. The last of each list is the reference in plain C (src/ops/NAME_backward.c), which fits
 * always; those with estimates come first and are compared, as forward ways are.
 *
 * A call has the values of the forward run that the way says it reads. What is wanted has memory: dx, dkernel and dbias
 * are added to, so that a value that several ops read sums its gradients in the order of the calls. Sums are made in an
 * order of the problem and the CPU level alone: the same bits for any number of threads. The reference sums in double.
 *
 * The epilogue is not the way's business: the engine sets dy to 0 where the clamp held y, and adds dy to the gradient
 * of the residual. A normalisation folded into an op is never trained through.
 */
#ifndef FOVEA_OPS_BACKWARD_H
#define FOVEA_OPS_BACKWARD_H

#include "ops/way.h"

typedef struct fv__backward_call {
  const fv__op *op, *before; /* before: the op that makes x, where the way goes through both */
  fv__view x[FV__OP_INPUTS], y, dy;
  fv__view dx[FV__OP_INPUTS]; /* data is NULL where not wanted */
  const float *kernel, *bias; /* natural layout */
  const void *packed;         /* what the forward way packed; NULL: nothing */
  float *dkernel, *dbias;     /* NULL: not wanted */
  const void *saved;          /* what forward left */
  const fv__draw *draw;
  void *scratch; /* scratch bytes, 64-byte aligned, contents undefined */
  fv__pool *pool;
  bool overwrite; /* dx[0], or dkernel and dbias, hold nothing yet: write, do not add. Only for ways that can */
} fv__backward_call;

typedef struct fv__gradient_way {
  const char *name;
  const char *(*why_not)(const fv__op *op); /* as in fv__way */
  double (*estimate)(const fv__op *op);     /* likewise */
  size_t (*scratch_bytes)(const fv__op *op, int threads);
  void (*backward)(const fv__backward_call *call);
  bool reads_x, reads_y; /* values of the forward run, which are kept for it */
  bool overwrites;       /* can overwrite, which saves setting memory to zero */
  bool gives_weights;    /* of inputs: adds to dkernel and dbias too where they are wanted */
} fv__gradient_way;

/* As fv__op_choose, without reasons; NULL for an empty list. */
const fv__gradient_way *fv__gradient_choose(const fv__op *op, const fv__gradient_way *const *ways);

/* As fv__for_ranges. */
typedef void fv__gradient_range(const fv__backward_call *call, int64_t first, int64_t end, int thread);
void fv__gradient_ranges(const fv__backward_call *call, int64_t count, int64_t step, fv__gradient_range *body);

#endif
