/* UpSampling2D: (N, H, W, C) to (N, H size, W size, C), by repeating pixels or between them. Keras:
 * keras.layers.UpSampling2D.
 */
#ifndef FOVEA_LAYERS_UP_SAMPLING2D_H
#define FOVEA_LAYERS_UP_SAMPLING2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_up_sampling2d_options {
  fv_value input;
  const char *name;      /* NULL: numbered by class */
  bool frozen;           /* Keras's trainable=False */
  fv_pair size;          /* 2; rows and columns made of one */
  int32_t interpolation; /* FV_NEAREST, FV_BILINEAR or FV_BICUBIC; nearest */
} fv_up_sampling2d_options;

FV_LAYER_BUILDER(up_sampling2d, "UpSampling2D")

#ifndef __cplusplus
#define fv_up_sampling2d(graph, ...) fv_up_sampling2d_with((graph), &(fv_up_sampling2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
