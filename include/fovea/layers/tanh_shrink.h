/* tanh_shrink: x - tanh(x).
 * Keras: keras.activations.tanh_shrink.
 */
#ifndef FOVEA_LAYERS_TANH_SHRINK_H
#define FOVEA_LAYERS_TANH_SHRINK_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_tanh_shrink_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_tanh_shrink_options;

/* Adds an Activation layer with activation="tanh_shrink". */
FV_FUNCTION_BUILDER(tanh_shrink)

#ifndef __cplusplus
#define fv_tanh_shrink(graph, ...) fv_tanh_shrink_with((graph), &(fv_tanh_shrink_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
