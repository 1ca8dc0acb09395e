/* relu6: min(max(x, 0), 6).
 * Keras: keras.activations.relu6.
 */
#ifndef FOVEA_LAYERS_RELU6_H
#define FOVEA_LAYERS_RELU6_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_relu6_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_relu6_options;

/* Adds an Activation layer with activation="relu6". */
FV_FUNCTION_BUILDER(relu6)

#ifndef __cplusplus
#define fv_relu6(graph, ...) fv_relu6_with((graph), &(fv_relu6_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
