/* Reshape: the same elements in another shape, row-major. Keras: keras.layers.Reshape.
 */
#ifndef FOVEA_LAYERS_RESHAPE_H
#define FOVEA_LAYERS_RESHAPE_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_reshape_options {
  fv_value input;
  const char *name;                         /* NULL: numbered by class */
  bool frozen;                              /* Keras's trainable=False */
  int32_t target_shape[FV_OPTION_INTS_MAX]; /* without the batch; one -1 is worked out; must be given */
} fv_reshape_options;

FV_LAYER_BUILDER(reshape, "Reshape")

#ifndef __cplusplus
#define fv_reshape(graph, ...) fv_reshape_with((graph), &(fv_reshape_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
