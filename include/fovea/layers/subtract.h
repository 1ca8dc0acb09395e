/* Subtract: the first value minus the second; axes of size 1 are repeated. Keras: keras.layers.Subtract.
 */
#ifndef FOVEA_LAYERS_SUBTRACT_H
#define FOVEA_LAYERS_SUBTRACT_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_subtract_options {
  fv_value inputs[FV_MERGE_INPUTS]; /* ended by the empty value */
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
} fv_subtract_options;

FV_LAYER_BUILDER(subtract, "Subtract")

#ifndef __cplusplus
#define fv_subtract(graph, ...) fv_subtract_with((graph), &(fv_subtract_options){.inputs = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
