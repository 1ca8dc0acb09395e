/* hard_silu: x clamp(x / 6 + 1/2, 0, 1), also called hard_swish.
 * Keras: keras.activations.hard_silu.
 */
#ifndef FOVEA_LAYERS_HARD_SILU_H
#define FOVEA_LAYERS_HARD_SILU_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_hard_silu_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_hard_silu_options;

/* Adds an Activation layer with activation="hard_silu". */
FV_FUNCTION_BUILDER(hard_silu)

#ifndef __cplusplus
#define fv_hard_silu(graph, ...) fv_hard_silu_with((graph), &(fv_hard_silu_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
