/* SparseConv2D: convolution of (N, H, W, C) whose filters read only some of the input channels, as a table says. Kernel
 * (kh, kw, connections): the connections row by row of the table. LeCun, Bottou, Bengio, Haffner 1998, layer C3 of
 * LeNet-5. Keras has no such layer.
 */
#ifndef FOVEA_LAYERS_SPARSE_CONV2D_H
#define FOVEA_LAYERS_SPARSE_CONV2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_sparse_conv2d_options {
  fv_value input;
  const char *name;        /* NULL: numbered by class */
  bool frozen;             /* Keras's trainable=False */
  const char *connections; /* one row per input channel, one letter per filter, x where they are connected, rows
                              separated by commas: "xx.,.xx"; must be given */
  fv_pair kernel_size;     /* must be given */
  fv_pair strides;         /* 1 */
  int32_t padding;         /* FV_VALID; FV_SAME puts the odd pixel below and right */
  const char *activation;  /* "linear" */
  bool no_bias;            /* Keras's use_bias=False */
} fv_sparse_conv2d_options;

FV_LAYER_BUILDER(sparse_conv2d, "SparseConv2D")

#ifndef __cplusplus
#define fv_sparse_conv2d(graph, ...) fv_sparse_conv2d_with((graph), &(fv_sparse_conv2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
