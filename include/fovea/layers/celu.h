/* celu: max(x, 0) + min(e^x - 1, 0), continuously differentiable (Barron 2017).
 * Keras: keras.activations.celu.
 */
#ifndef FOVEA_LAYERS_CELU_H
#define FOVEA_LAYERS_CELU_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_celu_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_celu_options;

/* Adds an Activation layer with activation="celu". */
FV_FUNCTION_BUILDER(celu)

#ifndef __cplusplus
#define fv_celu(graph, ...) fv_celu_with((graph), &(fv_celu_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
