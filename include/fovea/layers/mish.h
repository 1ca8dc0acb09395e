/* mish: x tanh(softplus(x)) (Misra 2019).
 * Keras: keras.activations.mish.
 */
#ifndef FOVEA_LAYERS_MISH_H
#define FOVEA_LAYERS_MISH_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_mish_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_mish_options;

/* Adds an Activation layer with activation="mish". */
FV_FUNCTION_BUILDER(mish)

#ifndef __cplusplus
#define fv_mish(graph, ...) fv_mish_with((graph), &(fv_mish_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
