/* CenterCrop: the middle height x width pixels. Images that are too small are cut to the target's proportions and
 * resized, bilinear. Keras: keras.layers.CenterCrop.
 */
#ifndef FOVEA_LAYERS_CENTER_CROP_H
#define FOVEA_LAYERS_CENTER_CROP_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_center_crop_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  int32_t height;   /* rows of the output; must be given */
  int32_t width;    /* columns of the output; must be given */
} fv_center_crop_options;

FV_LAYER_BUILDER(center_crop, "CenterCrop")

#ifndef __cplusplus
#define fv_center_crop(graph, ...) fv_center_crop_with((graph), &(fv_center_crop_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
