/* RandomRotation: the identity at inference; while training images are turned at random. Keras:
 * keras.layers.RandomRotation.
 */
#ifndef FOVEA_LAYERS_RANDOM_ROTATION_H
#define FOVEA_LAYERS_RANDOM_ROTATION_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_random_rotation_options {
  fv_value input;
  const char *name;      /* NULL: numbered by class */
  bool frozen;           /* Keras's trainable=False */
  const char *factor;    /* turns, counter-clockwise; must be given: "0.2" is -0.2 to 0.2, or "[-0.2, 0.3]" */
  int32_t fill_mode;     /* what is outside: FV_REFLECT, FV_CONSTANT, FV_WRAP or FV_EDGE ("nearest"); reflect */
  double fill_value;     /* 0; for constant */
  int32_t interpolation; /* FV_NEAREST or FV_BILINEAR; bilinear */
  int32_t seed;          /* -1: none */
} fv_random_rotation_options;

FV_LAYER_BUILDER(random_rotation, "RandomRotation")

#ifndef __cplusplus
#define fv_random_rotation(graph, ...)                                                                                 \
  fv_random_rotation_with((graph), &(fv_random_rotation_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
