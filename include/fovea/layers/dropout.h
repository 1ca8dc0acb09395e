/* Dropout: the identity at inference; while training a random share of the activations is zeroed and the rest
 * scaled by 1 / (1 - rate). Srivastava et al. 2014; Keras: keras.layers.Dropout.
 */
#ifndef FOVEA_LAYERS_DROPOUT_H
#define FOVEA_LAYERS_DROPOUT_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_dropout_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  double rate;      /* share of elements set to zero while training, 0 to 1; must be given */
  int32_t seed;     /* -1: none */
} fv_dropout_options;

FV_LAYER_BUILDER(dropout, "Dropout")

#ifndef __cplusplus
#define fv_dropout(graph, ...) fv_dropout_with((graph), &(fv_dropout_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
