/* Cropping2D: rows and columns are cut off all sides. Keras: keras.layers.Cropping2D.
 */
#ifndef FOVEA_LAYERS_CROPPING2D_H
#define FOVEA_LAYERS_CROPPING2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_cropping2d_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  fv_quad cropping; /* top, bottom, left, right; none each */
} fv_cropping2d_options;

FV_LAYER_BUILDER(cropping2d, "Cropping2D")

#ifndef __cplusplus
#define fv_cropping2d(graph, ...) fv_cropping2d_with((graph), &(fv_cropping2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
