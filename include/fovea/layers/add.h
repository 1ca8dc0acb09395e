/* Add: element by element sum of two or more values; axes of 1 broadcast. Keras: keras.layers.Add.
 */
#ifndef FOVEA_LAYERS_ADD_H
#define FOVEA_LAYERS_ADD_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_add_options {
  fv_value inputs[FV_MERGE_INPUTS]; /* ended by the empty value */
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
} fv_add_options;

FV_LAYER_BUILDER(add, "Add")

#ifndef __cplusplus
#define fv_add(graph, ...) fv_add_with((graph), &(fv_add_options){.inputs = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
