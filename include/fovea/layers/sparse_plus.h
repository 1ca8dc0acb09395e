/* sparse_plus: 0 below -1, x above 1, (x + 1)^2 / 4 between.
 * Keras: keras.activations.sparse_plus.
 */
#ifndef FOVEA_LAYERS_SPARSE_PLUS_H
#define FOVEA_LAYERS_SPARSE_PLUS_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_sparse_plus_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_sparse_plus_options;

/* Adds an Activation layer with activation="sparse_plus". */
FV_FUNCTION_BUILDER(sparse_plus)

#ifndef __cplusplus
#define fv_sparse_plus(graph, ...) fv_sparse_plus_with((graph), &(fv_sparse_plus_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
