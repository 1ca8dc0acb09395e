/* linear: the identity.
 * Keras: keras.activations.linear.
 */
#ifndef FOVEA_LAYERS_LINEAR_H
#define FOVEA_LAYERS_LINEAR_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_linear_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_linear_options;

/* Adds an Activation layer with activation="linear". */
FV_FUNCTION_BUILDER(linear)

#ifndef __cplusplus
#define fv_linear(graph, ...) fv_linear_with((graph), &(fv_linear_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
