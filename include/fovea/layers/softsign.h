/* softsign: x / (1 + |x|).
 * Keras: keras.activations.softsign.
 */
#ifndef FOVEA_LAYERS_SOFTSIGN_H
#define FOVEA_LAYERS_SOFTSIGN_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_softsign_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_softsign_options;

/* Adds an Activation layer with activation="softsign". */
FV_FUNCTION_BUILDER(softsign)

#ifndef __cplusplus
#define fv_softsign(graph, ...) fv_softsign_with((graph), &(fv_softsign_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
