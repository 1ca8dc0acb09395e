/* Maximum: the largest of two or more values, element by element. Keras: keras.layers.Maximum.
 */
#ifndef FOVEA_LAYERS_MAXIMUM_H
#define FOVEA_LAYERS_MAXIMUM_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_maximum_options {
  fv_value inputs[FV_MERGE_INPUTS]; /* ended by the empty value */
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
} fv_maximum_options;

FV_LAYER_BUILDER(maximum, "Maximum")

#ifndef __cplusplus
#define fv_maximum(graph, ...) fv_maximum_with((graph), &(fv_maximum_options){.inputs = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
