/* DepthwiseConv2D: each channel of (N, H, W, C) with kernels of its own (kh, kw, C, depth_multiplier).
 * Keras: keras.layers.DepthwiseConv2D.
 */
#ifndef FOVEA_LAYERS_DEPTHWISE_CONV2D_H
#define FOVEA_LAYERS_DEPTHWISE_CONV2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_depthwise_conv2d_options {
  fv_value input;
  const char *name;         /* NULL: numbered by class */
  bool frozen;              /* Keras's trainable=False */
  fv_pair kernel_size;      /* must be given */
  fv_pair strides;          /* 1 */
  int32_t padding;          /* FV_VALID */
  int32_t depth_multiplier; /* 1; output channel c * depth_multiplier + m */
  fv_pair dilation_rate;    /* 1 */
  const char *activation;   /* "linear" */
  bool no_bias;             /* Keras's use_bias=False */
} fv_depthwise_conv2d_options;

FV_LAYER_BUILDER(depthwise_conv2d, "DepthwiseConv2D")

#ifndef __cplusplus
#define fv_depthwise_conv2d(graph, ...)                                                                                \
  fv_depthwise_conv2d_with((graph), &(fv_depthwise_conv2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
