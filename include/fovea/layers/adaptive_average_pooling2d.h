/* AdaptiveAveragePooling2D: (N, H, W, C) to an image of a given size, whatever H and W are; pixel i of n is the average
 * of rows floor(i H / n) to ceil((i + 1) H / n) - 1. Keras: keras.layers.AdaptiveAveragePooling2D; PyTorch:
 * AdaptiveAvgPool2d.
 */
#ifndef FOVEA_LAYERS_ADAPTIVE_AVERAGE_POOLING2D_H
#define FOVEA_LAYERS_ADAPTIVE_AVERAGE_POOLING2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_adaptive_average_pooling2d_options {
  fv_value input;
  const char *name;    /* NULL: numbered by class */
  bool frozen;         /* Keras's trainable=False */
  fv_pair output_size; /* height and width of the result; must be given */
} fv_adaptive_average_pooling2d_options;

FV_LAYER_BUILDER(adaptive_average_pooling2d, "AdaptiveAveragePooling2D")

#ifndef __cplusplus
#define fv_adaptive_average_pooling2d(graph, ...)                                                                      \
  fv_adaptive_average_pooling2d_with((graph), &(fv_adaptive_average_pooling2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
