/* GroupNormalization: brings every group of channels of every image to mean 0 and deviation 1, then gamma and beta per
 * channel. Wu, He 2018; Keras: keras.layers.GroupNormalization.
 */
#ifndef FOVEA_LAYERS_GROUP_NORMALIZATION_H
#define FOVEA_LAYERS_GROUP_NORMALIZATION_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_group_normalization_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  int32_t groups;   /* 32; -1: as many as channels */
  int32_t axis;     /* -1: channels; the only axis there is */
  double epsilon;   /* 1e-3; added to the variance */
  bool no_center;   /* Keras's center=False: no beta */
  bool no_scale;    /* Keras's scale=False: no gamma */
} fv_group_normalization_options;

FV_LAYER_BUILDER(group_normalization, "GroupNormalization")

#ifndef __cplusplus
#define fv_group_normalization(graph, ...)                                                                             \
  fv_group_normalization_with((graph), &(fv_group_normalization_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
