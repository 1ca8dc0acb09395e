/* RepeatVector: (N, C) to (N, n, C), the same numbers n times. Keras: keras.layers.RepeatVector.
 */
#ifndef FOVEA_LAYERS_REPEAT_VECTOR_H
#define FOVEA_LAYERS_REPEAT_VECTOR_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_repeat_vector_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  int32_t n;        /* how often; must be given */
} fv_repeat_vector_options;

FV_LAYER_BUILDER(repeat_vector, "RepeatVector")

#ifndef __cplusplus
#define fv_repeat_vector(graph, ...) fv_repeat_vector_with((graph), &(fv_repeat_vector_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
