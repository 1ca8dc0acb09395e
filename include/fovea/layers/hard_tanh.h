/* hard_tanh: clamp(x, -1, 1).
 * Keras: keras.activations.hard_tanh.
 */
#ifndef FOVEA_LAYERS_HARD_TANH_H
#define FOVEA_LAYERS_HARD_TANH_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_hard_tanh_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_hard_tanh_options;

/* Adds an Activation layer with activation="hard_tanh". */
FV_FUNCTION_BUILDER(hard_tanh)

#ifndef __cplusplus
#define fv_hard_tanh(graph, ...) fv_hard_tanh_with((graph), &(fv_hard_tanh_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
