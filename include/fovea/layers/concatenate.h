/* Concatenate: values one after another along an axis. Keras: keras.layers.Concatenate.
 */
#ifndef FOVEA_LAYERS_CONCATENATE_H
#define FOVEA_LAYERS_CONCATENATE_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_concatenate_options {
  fv_value inputs[FV_MERGE_INPUTS]; /* ended by the empty value */
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
  int32_t axis;                     /* -1: channels */
} fv_concatenate_options;

FV_LAYER_BUILDER(concatenate, "Concatenate")

#ifndef __cplusplus
#define fv_concatenate(graph, ...) fv_concatenate_with((graph), &(fv_concatenate_options){.inputs = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
