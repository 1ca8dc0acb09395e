/* SpatialDropout2D: the identity at inference; while training whole channels are zeroed at random. Tompson et al.
 * 2015; Keras: keras.layers.SpatialDropout2D.
 */
#ifndef FOVEA_LAYERS_SPATIAL_DROPOUT2D_H
#define FOVEA_LAYERS_SPATIAL_DROPOUT2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_spatial_dropout2d_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  double rate;      /* share of channels set to zero while training, 0 to 1; must be given */
  int32_t seed;     /* -1: none */
} fv_spatial_dropout2d_options;

FV_LAYER_BUILDER(spatial_dropout2d, "SpatialDropout2D")

#ifndef __cplusplus
#define fv_spatial_dropout2d(graph, ...)                                                                               \
  fv_spatial_dropout2d_with((graph), &(fv_spatial_dropout2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
