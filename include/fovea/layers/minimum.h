/* Minimum: the smallest of two or more values, element by element. Keras: keras.layers.Minimum.
 */
#ifndef FOVEA_LAYERS_MINIMUM_H
#define FOVEA_LAYERS_MINIMUM_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_minimum_options {
  fv_value inputs[FV_MERGE_INPUTS]; /* ended by the empty value */
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
} fv_minimum_options;

FV_LAYER_BUILDER(minimum, "Minimum")

#ifndef __cplusplus
#define fv_minimum(graph, ...) fv_minimum_with((graph), &(fv_minimum_options){.inputs = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
