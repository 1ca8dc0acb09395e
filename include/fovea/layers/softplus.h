/* softplus: log(1 + e^x).
 * Keras: keras.activations.softplus.
 */
#ifndef FOVEA_LAYERS_SOFTPLUS_H
#define FOVEA_LAYERS_SOFTPLUS_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_softplus_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_softplus_options;

/* Adds an Activation layer with activation="softplus". */
FV_FUNCTION_BUILDER(softplus)

#ifndef __cplusplus
#define fv_softplus(graph, ...) fv_softplus_with((graph), &(fv_softplus_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
