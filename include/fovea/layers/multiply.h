/* Multiply: x0 x1 ..., element by element; axes of size 1 are repeated. Keras: keras.layers.Multiply.
 */
#ifndef FOVEA_LAYERS_MULTIPLY_H
#define FOVEA_LAYERS_MULTIPLY_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_multiply_options {
  fv_value inputs[FV_MERGE_INPUTS]; /* ended by the empty value */
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
} fv_multiply_options;

FV_LAYER_BUILDER(multiply, "Multiply")

#ifndef __cplusplus
#define fv_multiply(graph, ...) fv_multiply_with((graph), &(fv_multiply_options){.inputs = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
