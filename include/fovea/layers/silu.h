/* silu: x sigmoid(x), also called swish.
 * Keras: keras.activations.silu.
 */
#ifndef FOVEA_LAYERS_SILU_H
#define FOVEA_LAYERS_SILU_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_silu_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_silu_options;

/* Adds an Activation layer with activation="silu". */
FV_FUNCTION_BUILDER(silu)

#ifndef __cplusplus
#define fv_silu(graph, ...) fv_silu_with((graph), &(fv_silu_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
