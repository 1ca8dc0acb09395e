/* Conv2D: cross-correlation of (N, H, W, C) with a kernel (kh, kw, C / groups, filters), then bias and activation.
 * Keras: keras.layers.Conv2D.
 */
#ifndef FOVEA_LAYERS_CONV2D_H
#define FOVEA_LAYERS_CONV2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_conv2d_options {
  fv_value input;
  const char *name;       /* NULL: numbered by class */
  bool frozen;            /* Keras's trainable=False */
  int32_t filters;        /* output channels; must be given */
  fv_pair kernel_size;    /* must be given */
  fv_pair strides;        /* 1 */
  int32_t padding;        /* FV_VALID; FV_SAME puts the odd pixel below and right */
  fv_pair dilation_rate;  /* 1 */
  int32_t groups;         /* 1; divides input channels and filters */
  const char *activation; /* "linear" */
  bool no_bias;           /* Keras's use_bias=False */
} fv_conv2d_options;

FV_LAYER_BUILDER(conv2d, "Conv2D")

#ifndef __cplusplus
#define fv_conv2d(graph, ...) fv_conv2d_with((graph), &(fv_conv2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
