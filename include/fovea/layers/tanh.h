/* tanh: (e^x - e^-x) / (e^x + e^-x).
 * Keras: keras.activations.tanh.
 */
#ifndef FOVEA_LAYERS_TANH_H
#define FOVEA_LAYERS_TANH_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_tanh_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_tanh_options;

/* Adds an Activation layer with activation="tanh". */
FV_FUNCTION_BUILDER(tanh)

#ifndef __cplusplus
#define fv_tanh(graph, ...) fv_tanh_with((graph), &(fv_tanh_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
