/* MaxPooling2D: max of each window of (N, H, W, C); padding never counts. Keras: keras.layers.MaxPooling2D.
 */
#ifndef FOVEA_LAYERS_MAX_POOLING2D_H
#define FOVEA_LAYERS_MAX_POOLING2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_max_pooling2d_options {
  fv_value input;
  const char *name;  /* NULL: numbered by class */
  bool frozen;       /* Keras's trainable=False */
  fv_pair pool_size; /* 2 */
  fv_pair strides;   /* pool_size */
  int32_t padding;   /* FV_VALID */
} fv_max_pooling2d_options;

FV_LAYER_BUILDER(max_pooling2d, "MaxPooling2D")

#ifndef __cplusplus
#define fv_max_pooling2d(graph, ...) fv_max_pooling2d_with((graph), &(fv_max_pooling2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
