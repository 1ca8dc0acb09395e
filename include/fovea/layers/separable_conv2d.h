/* SeparableConv2D: each channel of (N, H, W, C) with kernels of its own (kh, kw, C, depth_multiplier), then a 1 x 1
 * convolution that mixes channels (1, 1, C depth_multiplier, filters). Keras: keras.layers.SeparableConv2D.
 */
#ifndef FOVEA_LAYERS_SEPARABLE_CONV2D_H
#define FOVEA_LAYERS_SEPARABLE_CONV2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_separable_conv2d_options {
  fv_value input;
  const char *name;         /* NULL: numbered by class */
  bool frozen;              /* Keras's trainable=False */
  int32_t filters;          /* output channels; must be given */
  fv_pair kernel_size;      /* must be given */
  fv_pair strides;          /* 1 */
  int32_t padding;          /* FV_VALID */
  int32_t depth_multiplier; /* 1; channels between the two steps per input channel */
  fv_pair dilation_rate;    /* 1; of the first step */
  const char *activation;   /* "linear" */
  bool no_bias;             /* Keras's use_bias=False */
} fv_separable_conv2d_options;

FV_LAYER_BUILDER(separable_conv2d, "SeparableConv2D")

#ifndef __cplusplus
#define fv_separable_conv2d(graph, ...)                                                                                \
  fv_separable_conv2d_with((graph), &(fv_separable_conv2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
