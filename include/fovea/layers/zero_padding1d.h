/* ZeroPadding1D: zeros before and after (N, L, C). Keras: keras.layers.ZeroPadding1D.
 */
#ifndef FOVEA_LAYERS_ZERO_PADDING1D_H
#define FOVEA_LAYERS_ZERO_PADDING1D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_zero_padding1d_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  fv_pair padding;  /* before, after; 1 each; FV_ZERO for none */
} fv_zero_padding1d_options;

FV_LAYER_BUILDER(zero_padding1d, "ZeroPadding1D")

#ifndef __cplusplus
#define fv_zero_padding1d(graph, ...)                                                                                  \
  fv_zero_padding1d_with((graph), &(fv_zero_padding1d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
