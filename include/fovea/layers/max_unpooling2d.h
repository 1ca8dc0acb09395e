/* MaxUnpooling2D: numbers go back to where MaxPooling2D had found them, zeros are elsewhere. Its inputs are the small
 * map (N, h, w, C) and the map that was pooled, (N, H, W, C), with h = H / pool_size and w = W / pool_size rounded
 * down; the output has the extents of the latter. Each number stands at the first largest pixel of its window. Zeiler,
 * Fergus 2014; Badrinarayanan, Kendall, Cipolla: SegNet, 2015. Keras has no such layer; PyTorch's MaxUnpool2d takes the
 * indices that pooling returned, which are those of the map that was pooled.
 */
#ifndef FOVEA_LAYERS_MAX_UNPOOLING2D_H
#define FOVEA_LAYERS_MAX_UNPOOLING2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_max_unpooling2d_options {
  fv_value inputs[FV_MERGE_INPUTS]; /* the small map, then the one that was pooled */
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
  fv_pair pool_size;                /* 2; of the pooling, whose strides are the same */
} fv_max_unpooling2d_options;

FV_LAYER_BUILDER(max_unpooling2d, "MaxUnpooling2D")

#ifndef __cplusplus
#define fv_max_unpooling2d(graph, ...)                                                                                 \
  fv_max_unpooling2d_with((graph), &(fv_max_unpooling2d_options){.inputs = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
