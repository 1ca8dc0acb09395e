/* Permute: the axes behind the batch in another order; axis i of the output is axis dims[i - 1] of the input, counted
 * from 1. Keras: keras.layers.Permute.
 */
#ifndef FOVEA_LAYERS_PERMUTE_H
#define FOVEA_LAYERS_PERMUTE_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_permute_options {
  fv_value input;
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
  int32_t dims[FV_OPTION_INTS_MAX]; /* {2, 1, 3} exchanges height and width; must be given */
} fv_permute_options;

FV_LAYER_BUILDER(permute, "Permute")

#ifndef __cplusplus
#define fv_permute(graph, ...) fv_permute_with((graph), &(fv_permute_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
