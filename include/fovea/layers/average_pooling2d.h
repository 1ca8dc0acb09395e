/* AveragePooling2D: average of each window of (N, H, W, C); padding never counts. Keras: keras.layers.AveragePooling2D.
 */
#ifndef FOVEA_LAYERS_AVERAGE_POOLING2D_H
#define FOVEA_LAYERS_AVERAGE_POOLING2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_average_pooling2d_options {
  fv_value input;
  const char *name;  /* NULL: numbered by class */
  bool frozen;       /* Keras's trainable=False */
  fv_pair pool_size; /* 2 */
  fv_pair strides;   /* pool_size */
  int32_t padding;   /* FV_VALID */
} fv_average_pooling2d_options;

FV_LAYER_BUILDER(average_pooling2d, "AveragePooling2D")

#ifndef __cplusplus
#define fv_average_pooling2d(graph, ...)                                                                               \
  fv_average_pooling2d_with((graph), &(fv_average_pooling2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
