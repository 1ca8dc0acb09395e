/* Dense: y = x W + b over the last axis of (N, ..., C), W of (C, units). Keras: keras.layers.Dense.
 */
#ifndef FOVEA_LAYERS_DENSE_H
#define FOVEA_LAYERS_DENSE_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_dense_options {
  fv_value input;
  const char *name;       /* NULL: numbered by class */
  bool frozen;            /* Keras's trainable=False */
  int32_t units;          /* outputs; must be given */
  const char *activation; /* "linear" */
  bool no_bias;           /* Keras's use_bias=False */
} fv_dense_options;

FV_LAYER_BUILDER(dense, "Dense")

#ifndef __cplusplus
#define fv_dense(graph, ...) fv_dense_with((graph), &(fv_dense_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
