/* gelu: x times the normal distribution function of x (Hendrycks, Gimpel 2016).
 * Keras: keras.activations.gelu.
 */
#ifndef FOVEA_LAYERS_GELU_H
#define FOVEA_LAYERS_GELU_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_gelu_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_gelu_options;

/* Adds an Activation layer with activation="gelu". */
FV_FUNCTION_BUILDER(gelu)

#ifndef __cplusplus
#define fv_gelu(graph, ...) fv_gelu_with((graph), &(fv_gelu_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
