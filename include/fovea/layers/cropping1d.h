/* Cropping1D: steps are cut off both ends of (N, L, C). Keras: keras.layers.Cropping1D.
 */
#ifndef FOVEA_LAYERS_CROPPING1D_H
#define FOVEA_LAYERS_CROPPING1D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_cropping1d_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  fv_pair cropping; /* before, after; 1 each; FV_ZERO for none */
} fv_cropping1d_options;

FV_LAYER_BUILDER(cropping1d, "Cropping1D")

#ifndef __cplusplus
#define fv_cropping1d(graph, ...) fv_cropping1d_with((graph), &(fv_cropping1d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
