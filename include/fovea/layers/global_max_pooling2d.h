/* GlobalMaxPooling2D: max over height and width: (N, H, W, C) to (N, C). Keras: keras.layers.GlobalMaxPooling2D.
 */
#ifndef FOVEA_LAYERS_GLOBAL_MAX_POOLING2D_H
#define FOVEA_LAYERS_GLOBAL_MAX_POOLING2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_global_max_pooling2d_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  bool keepdims;    /* (N, 1, 1, C) instead of (N, C) */
} fv_global_max_pooling2d_options;

FV_LAYER_BUILDER(global_max_pooling2d, "GlobalMaxPooling2D")

#ifndef __cplusplus
#define fv_global_max_pooling2d(graph, ...)                                                                            \
  fv_global_max_pooling2d_with((graph), &(fv_global_max_pooling2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
