/* MaxPooling1D: the largest number of each window of (N, L, C). Keras: keras.layers.MaxPooling1D.
 */
#ifndef FOVEA_LAYERS_MAX_POOLING1D_H
#define FOVEA_LAYERS_MAX_POOLING1D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_max_pooling1d_options {
  fv_value input;
  const char *name;  /* NULL: numbered by class */
  bool frozen;       /* Keras's trainable=False */
  int32_t pool_size; /* 2 */
  int32_t strides;   /* pool_size */
  int32_t padding;   /* FV_VALID */
} fv_max_pooling1d_options;

FV_LAYER_BUILDER(max_pooling1d, "MaxPooling1D")

#ifndef __cplusplus
#define fv_max_pooling1d(graph, ...) fv_max_pooling1d_with((graph), &(fv_max_pooling1d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
