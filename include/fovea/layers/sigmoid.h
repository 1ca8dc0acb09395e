/* sigmoid: 1 / (1 + e^-x).
 * Keras: keras.activations.sigmoid.
 */
#ifndef FOVEA_LAYERS_SIGMOID_H
#define FOVEA_LAYERS_SIGMOID_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_sigmoid_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_sigmoid_options;

/* Adds an Activation layer with activation="sigmoid". */
FV_FUNCTION_BUILDER(sigmoid)

#ifndef __cplusplus
#define fv_sigmoid(graph, ...) fv_sigmoid_with((graph), &(fv_sigmoid_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
