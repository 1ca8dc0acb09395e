/* selu: scaled exponential linear unit (Klambauer et al. 2017).
 * Keras: keras.activations.selu.
 */
#ifndef FOVEA_LAYERS_SELU_H
#define FOVEA_LAYERS_SELU_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_selu_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_selu_options;

/* Adds an Activation layer with activation="selu". */
FV_FUNCTION_BUILDER(selu)

#ifndef __cplusplus
#define fv_selu(graph, ...) fv_selu_with((graph), &(fv_selu_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
