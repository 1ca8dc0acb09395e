/* exponential: e^x.
 * Keras: keras.activations.exponential.
 */
#ifndef FOVEA_LAYERS_EXPONENTIAL_H
#define FOVEA_LAYERS_EXPONENTIAL_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_exponential_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_exponential_options;

/* Adds an Activation layer with activation="exponential". */
FV_FUNCTION_BUILDER(exponential)

#ifndef __cplusplus
#define fv_exponential(graph, ...) fv_exponential_with((graph), &(fv_exponential_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
