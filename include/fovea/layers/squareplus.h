/* squareplus: (x + sqrt(x^2 + 4)) / 2.
 * Keras: keras.activations.squareplus.
 */
#ifndef FOVEA_LAYERS_SQUAREPLUS_H
#define FOVEA_LAYERS_SQUAREPLUS_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_squareplus_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_squareplus_options;

/* Adds an Activation layer with activation="squareplus". */
FV_FUNCTION_BUILDER(squareplus)

#ifndef __cplusplus
#define fv_squareplus(graph, ...) fv_squareplus_with((graph), &(fv_squareplus_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
