/* scaled_tanh: 1.7159 tanh(2 x / 3), which is near 1 at 1 and near -1 at -1. LeCun, Bottou, Bengio, Haffner 1998,
 * equation 6. Keras has no such function.
 */
#ifndef FOVEA_LAYERS_SCALED_TANH_H
#define FOVEA_LAYERS_SCALED_TANH_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_scaled_tanh_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_scaled_tanh_options;

/* Adds an Activation layer with activation="scaled_tanh". */
FV_FUNCTION_BUILDER(scaled_tanh)

#ifndef __cplusplus
#define fv_scaled_tanh(graph, ...) fv_scaled_tanh_with((graph), &(fv_scaled_tanh_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
