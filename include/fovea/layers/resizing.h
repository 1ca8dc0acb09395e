/* Resizing: (N, H, W, C) to (N, height, width, C) with half-pixel centres and no antialiasing. Keras:
 * keras.layers.Resizing on TensorFlow.
 */
#ifndef FOVEA_LAYERS_RESIZING_H
#define FOVEA_LAYERS_RESIZING_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_resizing_options {
  fv_value input;
  const char *name;          /* NULL: numbered by class */
  bool frozen;               /* Keras's trainable=False */
  int32_t height;            /* rows of the output; must be given */
  int32_t width;             /* columns of the output; must be given */
  int32_t interpolation;     /* FV_NEAREST, FV_BILINEAR or FV_BICUBIC; bilinear */
  bool crop_to_aspect_ratio; /* cut the largest middle part of the target's proportions out first */
  bool pad_to_aspect_ratio;  /* put fill_value around first instead */
  double fill_value;         /* 0 */
  bool antialias;            /* false; true is not supported */
} fv_resizing_options;

FV_LAYER_BUILDER(resizing, "Resizing")

#ifndef __cplusplus
#define fv_resizing(graph, ...) fv_resizing_with((graph), &(fv_resizing_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
