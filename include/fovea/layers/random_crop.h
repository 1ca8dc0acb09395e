/* RandomCrop: at inference the largest middle part of the target's proportions, resized to height x width, bilinear;
 * while training a random part of that size. Keras: keras.layers.RandomCrop.
 */
#ifndef FOVEA_LAYERS_RANDOM_CROP_H
#define FOVEA_LAYERS_RANDOM_CROP_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_random_crop_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  int32_t height;   /* rows of the output; must be given */
  int32_t width;    /* columns of the output; must be given */
  int32_t seed;     /* -1: none */
} fv_random_crop_options;

FV_LAYER_BUILDER(random_crop, "RandomCrop")

#ifndef __cplusplus
#define fv_random_crop(graph, ...) fv_random_crop_with((graph), &(fv_random_crop_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
