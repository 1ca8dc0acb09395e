/* The ways of dense layers, best first in dense.c, and what they share.
 *
 *   y[r, o] = clamp((sum over k of x[r, k] * kernel[k, o]) * scale[o] + shift[o] + residual[r, o])
 *
 * Every pixel of x is a row of c numbers. The kernel is read where it lies, in its natural order [c][out_c]: in large
 * dense layers a packed copy would double the memory of the network. Packed are scale[out_c] and shift[out_c] only.
 */
#ifndef FOVEA_OPS_DENSE_H
#define FOVEA_OPS_DENSE_H

#include "ops/op.h"

/* Rows of the problem. */
int64_t fv__dense_rows(const fv__op *op);

size_t fv__dense_packed_bytes(const fv__op *op);
void fv__dense_pack(const fv__op *op, const fv__op_weights *weights, void *packed);

extern const fv__way fv__dense_few_rows, fv__dense_gemm, fv__dense_reference;

#endif
