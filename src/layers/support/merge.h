/* What merging layers (Add and its kin) share. */
#ifndef FOVEA_LAYERS_SUPPORT_MERGE_H
#define FOVEA_LAYERS_SUPPORT_MERGE_H

#include "layers/support/common.h"

/* The common shape of two values; false when an axis differs and neither is 1. */
bool fv__broadcast(const fv_shape *a, const fv_shape *b, fv_shape *result);

/* shape() of element-wise merging layers. */
fv_status fv__broadcast_shape(const fv_shape *inputs, int32_t count, fv_shape *output) FV_CHECK;

/* A chain of binary ops, from the first input to the last. */
int32_t fv__binary_lower(fv__binary_kind kind, const fv__lower_call *call, fv__program *program);

#endif
