/* Subsampling2D: the sum of each window of (N, H, W, C), without overlap, times a trainable coefficient plus a
 * trainable bias, one of each per channel; then an activation. LeCun, Bottou, Bengio, Haffner 1998, layers S2 and S4 of
 * LeNet-5. Keras has no such layer.
 */
#ifndef FOVEA_LAYERS_SUBSAMPLING2D_H
#define FOVEA_LAYERS_SUBSAMPLING2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_subsampling2d_options {
  fv_value input;
  const char *name;       /* NULL: numbered by class */
  bool frozen;            /* Keras's trainable=False */
  fv_pair pool_size;      /* 2 */
  const char *activation; /* "linear" */
} fv_subsampling2d_options;

FV_LAYER_BUILDER(subsampling2d, "Subsampling2D")

#ifndef __cplusplus
#define fv_subsampling2d(graph, ...) fv_subsampling2d_with((graph), &(fv_subsampling2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
