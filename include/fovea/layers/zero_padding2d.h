/* ZeroPadding2D: zeros around (N, H, W, C). Keras: keras.layers.ZeroPadding2D.
 */
#ifndef FOVEA_LAYERS_ZERO_PADDING2D_H
#define FOVEA_LAYERS_ZERO_PADDING2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_zero_padding2d_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  fv_quad padding;  /* top, bottom, left, right; 1 each */
} fv_zero_padding2d_options;

FV_LAYER_BUILDER(zero_padding2d, "ZeroPadding2D")

#ifndef __cplusplus
#define fv_zero_padding2d(graph, ...)                                                                                  \
  fv_zero_padding2d_with((graph), &(fv_zero_padding2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
