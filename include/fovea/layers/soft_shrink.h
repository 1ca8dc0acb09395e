/* soft_shrink: x - 1/2 above 1/2, x + 1/2 below -1/2, else 0.
 * Keras: keras.activations.soft_shrink.
 */
#ifndef FOVEA_LAYERS_SOFT_SHRINK_H
#define FOVEA_LAYERS_SOFT_SHRINK_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_soft_shrink_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_soft_shrink_options;

/* Adds an Activation layer with activation="soft_shrink". */
FV_FUNCTION_BUILDER(soft_shrink)

#ifndef __cplusplus
#define fv_soft_shrink(graph, ...) fv_soft_shrink_with((graph), &(fv_soft_shrink_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
