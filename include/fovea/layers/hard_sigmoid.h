/* hard_sigmoid: clamp(x / 6 + 1/2, 0, 1), as Keras 3 defines it.
 * Keras: keras.activations.hard_sigmoid.
 */
#ifndef FOVEA_LAYERS_HARD_SIGMOID_H
#define FOVEA_LAYERS_HARD_SIGMOID_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_hard_sigmoid_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_hard_sigmoid_options;

/* Adds an Activation layer with activation="hard_sigmoid". */
FV_FUNCTION_BUILDER(hard_sigmoid)

#ifndef __cplusplus
#define fv_hard_sigmoid(graph, ...) fv_hard_sigmoid_with((graph), &(fv_hard_sigmoid_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
