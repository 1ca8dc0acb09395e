/* Convolution whose filters read some of the channels: its kernel as an ordinary one. */
#ifndef FOVEA_OPS_SPARSE_CONV_H
#define FOVEA_OPS_SPARSE_CONV_H

#include "ops/op.h"

size_t fv__sparse_conv_spread_bytes(const fv__op *op);
void fv__sparse_conv_spread(const fv__op *op, const float *kernel, float *to);

/* to[connection] += the number of the ordinary kernel that belongs to it. */
void fv__sparse_conv_gather(const fv__op *op, const float *ordinary, float *to);

#endif
