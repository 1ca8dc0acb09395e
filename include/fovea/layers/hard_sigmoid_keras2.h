/* hard_sigmoid_keras2: clamp(x / 5 + 1/2, 0, 1): what files of Keras 1 and 2 mean by hard_sigmoid.
 * Keras: keras.activations.hard_sigmoid before version 3.
 */
#ifndef FOVEA_LAYERS_HARD_SIGMOID_KERAS2_H
#define FOVEA_LAYERS_HARD_SIGMOID_KERAS2_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_hard_sigmoid_keras2_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_hard_sigmoid_keras2_options;

/* Adds an Activation layer with activation="hard_sigmoid_keras2". */
FV_FUNCTION_BUILDER(hard_sigmoid_keras2)

#ifndef __cplusplus
#define fv_hard_sigmoid_keras2(graph, ...)                                                                             \
  fv_hard_sigmoid_keras2_with((graph), &(fv_hard_sigmoid_keras2_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
