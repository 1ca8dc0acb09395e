/* RandomFlip: the identity at inference; while training images are mirrored at random. Keras: keras.layers.RandomFlip.
 */
#ifndef FOVEA_LAYERS_RANDOM_FLIP_H
#define FOVEA_LAYERS_RANDOM_FLIP_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef enum fv_flip { FV_FLIP_DEFAULT, FV_FLIP_BOTH, FV_FLIP_HORIZONTAL, FV_FLIP_VERTICAL } fv_flip;

typedef struct fv_random_flip_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  int32_t mode;     /* FV_FLIP_BOTH, FV_FLIP_HORIZONTAL or FV_FLIP_VERTICAL; both */
  int32_t seed;     /* -1: none */
} fv_random_flip_options;

FV_LAYER_BUILDER(random_flip, "RandomFlip")

#ifndef __cplusplus
#define fv_random_flip(graph, ...) fv_random_flip_with((graph), &(fv_random_flip_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
