/* How long ways take, for choosing between them: constants per CPU level, measured once on machines of that level.
 *
 * The choice must be the same in every run and for any number of threads, so nothing here is measured while running.
 */
#ifndef FOVEA_OPS_ESTIMATE_H
#define FOVEA_OPS_ESTIMATE_H

#include "ops/op.h"

/* Nanoseconds of a matrix product of `rows` by `length` by `columns`, or of reading its right side from memory,
 * whichever is longer. */
double fv__estimate_gemm(const fv__op *op, int64_t rows, int64_t length, int64_t columns);

/* Nanoseconds of Winograd's transforms that read or write so many numbers of products. */
double fv__estimate_transforms(const fv__op *op, double numbers);

#endif
