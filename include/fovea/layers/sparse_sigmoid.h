/* sparse_sigmoid: clamp(x / 2 + 1/2, 0, 1).
 * Keras: keras.activations.sparse_sigmoid.
 */
#ifndef FOVEA_LAYERS_SPARSE_SIGMOID_H
#define FOVEA_LAYERS_SPARSE_SIGMOID_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_sparse_sigmoid_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_sparse_sigmoid_options;

/* Adds an Activation layer with activation="sparse_sigmoid". */
FV_FUNCTION_BUILDER(sparse_sigmoid)

#ifndef __cplusplus
#define fv_sparse_sigmoid(graph, ...)                                                                                  \
  fv_sparse_sigmoid_with((graph), &(fv_sparse_sigmoid_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
