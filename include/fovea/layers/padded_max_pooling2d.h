/* PaddedMaxPooling2D: maximum of each window of (N, H, W, C), with padding of any size that never counts, and with
 * windows that may hang over the end: MaxPool2d of PyTorch, MaxPool of ONNX. Keras has no such layer.
 */
#ifndef FOVEA_LAYERS_PADDED_MAX_POOLING2D_H
#define FOVEA_LAYERS_PADDED_MAX_POOLING2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_padded_max_pooling2d_options {
  fv_value input;
  const char *name;  /* NULL: numbered by class */
  bool frozen;       /* Keras's trainable=False */
  fv_pair pool_size; /* 2 */
  fv_pair strides;   /* pool_size */
  fv_quad padding;   /* top, bottom, left, right; 0 each; smaller than the window */
  bool ceil_mode;    /* ceil((size + padding - pool_size) / strides) + 1 windows, less the one that would begin
                        behind the image; false: floor */
} fv_padded_max_pooling2d_options;

FV_LAYER_BUILDER(padded_max_pooling2d, "PaddedMaxPooling2D")

#ifndef __cplusplus
#define fv_padded_max_pooling2d(graph, ...)                                                                            \
  fv_padded_max_pooling2d_with((graph), &(fv_padded_max_pooling2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
