/* GlobalMaxPooling1D: the largest number of each channel, (N, L, C) to (N, C). Keras: keras.layers.GlobalMaxPooling1D.
 */
#ifndef FOVEA_LAYERS_GLOBAL_MAX_POOLING1D_H
#define FOVEA_LAYERS_GLOBAL_MAX_POOLING1D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_global_max_pooling1d_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  bool keepdims;    /* (N, 1, C) instead of (N, C) */
} fv_global_max_pooling1d_options;

FV_LAYER_BUILDER(global_max_pooling1d, "GlobalMaxPooling1D")

#ifndef __cplusplus
#define fv_global_max_pooling1d(graph, ...)                                                                            \
  fv_global_max_pooling1d_with((graph), &(fv_global_max_pooling1d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
