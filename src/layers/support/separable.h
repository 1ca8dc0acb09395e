/* What the separable convolutions of images and lines share. */
#ifndef FOVEA_LAYERS_SUPPORT_SEPARABLE_H
#define FOVEA_LAYERS_SUPPORT_SEPARABLE_H

#include "layers/support/common.h"

typedef struct fv__separable {
  int32_t filters, depth_multiplier;
  bool no_bias;
  const char *activation;
} fv__separable;

/* `taps` has the window's extents, one or two: the leading axes of both kernels. `output` is the layer's. */
fv_status fv__separable_check(fv__separable layer, const fv_shape *taps, int64_t channels,
                              const fv_shape *output) FV_CHECK;
int32_t fv__separable_weights(fv__separable layer, const fv_shape *taps, int64_t channels, fv__weight_spec *specs);

/* A depthwise and a 1 x 1 convolution; `input` and `output` as images. */
int32_t fv__separable_lower(fv__separable layer, const fv_shape *input, const fv_shape *output,
                            const fv__window *window, const fv__lower_call *call, fv__program *program);

int64_t fv__separable_multiply_adds(fv__separable layer, int64_t taps, int64_t channels, const fv_shape *output);

#endif
