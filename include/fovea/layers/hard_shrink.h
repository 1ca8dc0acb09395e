/* hard_shrink: x where |x| > 1/2, else 0.
 * Keras: keras.activations.hard_shrink.
 */
#ifndef FOVEA_LAYERS_HARD_SHRINK_H
#define FOVEA_LAYERS_HARD_SHRINK_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_hard_shrink_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_hard_shrink_options;

/* Adds an Activation layer with activation="hard_shrink". */
FV_FUNCTION_BUILDER(hard_shrink)

#ifndef __cplusplus
#define fv_hard_shrink(graph, ...) fv_hard_shrink_with((graph), &(fv_hard_shrink_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
