/* Activation: a named activation function, element by element (softmax: over the last axis).
 * Keras: keras.layers.Activation.
 */
#ifndef FOVEA_LAYERS_ACTIVATION_H
#define FOVEA_LAYERS_ACTIVATION_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_activation_options {
  fv_value input;
  const char *name;       /* NULL: numbered by class */
  bool frozen;            /* Keras's trainable=False */
  const char *activation; /* must be given: the name of a function, "relu", "tanh" ... */
} fv_activation_options;

FV_LAYER_BUILDER(activation, "Activation")

#ifndef __cplusplus
#define fv_activation(graph, ...) fv_activation_with((graph), &(fv_activation_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
