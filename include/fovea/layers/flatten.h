/* Flatten: (N, ...) to (N, product), row-major. Keras: keras.layers.Flatten.
 */
#ifndef FOVEA_LAYERS_FLATTEN_H
#define FOVEA_LAYERS_FLATTEN_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_flatten_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_flatten_options;

FV_LAYER_BUILDER(flatten, "Flatten")

#ifndef __cplusplus
#define fv_flatten(graph, ...) fv_flatten_with((graph), &(fv_flatten_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
