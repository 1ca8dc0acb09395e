/* SeparableConv1D: each channel of (N, L, C) with kernels of its own (k, C, depth_multiplier), then a convolution of
 * size 1 that mixes channels (1, C depth_multiplier, filters). Keras: keras.layers.SeparableConv1D.
 */
#ifndef FOVEA_LAYERS_SEPARABLE_CONV1D_H
#define FOVEA_LAYERS_SEPARABLE_CONV1D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_separable_conv1d_options {
  fv_value input;
  const char *name;         /* NULL: numbered by class */
  bool frozen;              /* Keras's trainable=False */
  int32_t filters;          /* output channels; must be given */
  int32_t kernel_size;      /* must be given */
  int32_t strides;          /* 1 */
  int32_t padding;          /* FV_VALID; FV_SAME; FV_CAUSAL: all padding before */
  int32_t depth_multiplier; /* 1; channels between the two steps per input channel */
  int32_t dilation_rate;    /* 1; of the first step */
  const char *activation;   /* "linear" */
  bool no_bias;             /* Keras's use_bias=False */
} fv_separable_conv1d_options;

FV_LAYER_BUILDER(separable_conv1d, "SeparableConv1D")

#ifndef __cplusplus
#define fv_separable_conv1d(graph, ...)                                                                                \
  fv_separable_conv1d_with((graph), &(fv_separable_conv1d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
