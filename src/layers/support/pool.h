/* Maximum and average pooling differ in one flag; what they share is here. */
#ifndef FOVEA_LAYERS_SUPPORT_POOL_H
#define FOVEA_LAYERS_SUPPORT_POOL_H

#include "layers/support/common.h"

typedef struct fv__pool_options {
  fv_pair pool_size, strides;
  int32_t padding;
  bool average;
} fv__pool_options;

fv_status fv__pool_shape(fv__pool_options options, const fv_shape *input, fv_shape *output) FV_CHECK;
fv__window fv__pool_window(fv__pool_options options, const fv_shape *input);
int32_t fv__pool_lower(fv__pool_options options, const fv__lower_call *call, fv__program *program);

/* Pooling over the whole image. keepdims: (N, 1, 1, C) instead of (N, C). */
fv_status fv__global_pool_shape(bool keepdims, const fv_shape *input, fv_shape *output) FV_CHECK;
void fv__global_pool_geometry(const void *options, const fv_shape *input, fv__window *window);
int32_t fv__global_pool_lower(bool average, const fv__lower_call *call, fv__program *program);

#endif
