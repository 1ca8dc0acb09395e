/* Conv1D: cross-correlation of (N, L, C) with a kernel (k, C / groups, filters), then bias and activation. Keras:
 * keras.layers.Conv1D.
 */
#ifndef FOVEA_LAYERS_CONV1D_H
#define FOVEA_LAYERS_CONV1D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_conv1d_options {
  fv_value input;
  const char *name;       /* NULL: numbered by class */
  bool frozen;            /* Keras's trainable=False */
  int32_t filters;        /* output channels; must be given */
  int32_t kernel_size;    /* must be given */
  int32_t strides;        /* 1 */
  int32_t padding;        /* FV_VALID; FV_SAME; FV_CAUSAL: all padding before */
  int32_t dilation_rate;  /* 1 */
  int32_t groups;         /* 1; divides input channels and filters */
  const char *activation; /* "linear" */
  bool no_bias;           /* Keras's use_bias=False */
} fv_conv1d_options;

FV_LAYER_BUILDER(conv1d, "Conv1D")

#ifndef __cplusplus
#define fv_conv1d(graph, ...) fv_conv1d_with((graph), &(fv_conv1d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
