/* Conv2DTranspose: every pixel of (N, H, W, C) adds its products with a kernel (kh, kw, filters, C) to a window of the
 * output, windows strides apart: the gradient of Conv2D, used to enlarge. "valid": (H - 1) s + max(k, s) rows with k
 * the dilated kernel; "same": H s; with output_padding p: (H - 1) s + k + p, or (H - 1) s + k mod 2 + p. Keras:
 * keras.layers.Conv2DTranspose.
 */
#ifndef FOVEA_LAYERS_CONV2D_TRANSPOSE_H
#define FOVEA_LAYERS_CONV2D_TRANSPOSE_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_conv2d_transpose_options {
  fv_value input;
  const char *name;       /* NULL: numbered by class */
  bool frozen;            /* Keras's trainable=False */
  int32_t filters;        /* output channels; must be given */
  fv_pair kernel_size;    /* must be given */
  fv_pair strides;        /* 1 */
  int32_t padding;        /* FV_VALID */
  fv_pair output_padding; /* -1: none; extra rows and columns, fewer than strides; FV_ZERO for 0 */
  fv_pair dilation_rate;  /* 1 */
  const char *activation; /* "linear" */
  bool no_bias;           /* Keras's use_bias=False */
} fv_conv2d_transpose_options;

FV_LAYER_BUILDER(conv2d_transpose, "Conv2DTranspose")

#ifndef __cplusplus
#define fv_conv2d_transpose(graph, ...)                                                                                \
  fv_conv2d_transpose_with((graph), &(fv_conv2d_transpose_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
