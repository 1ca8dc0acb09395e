/* RandomBrightness: the identity at inference; while training a random number is added. Keras:
 * keras.layers.RandomBrightness.
 */
#ifndef FOVEA_LAYERS_RANDOM_BRIGHTNESS_H
#define FOVEA_LAYERS_RANDOM_BRIGHTNESS_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_random_brightness_options {
  fv_value input;
  const char *name;        /* NULL: numbered by class */
  bool frozen;             /* Keras's trainable=False */
  const char *factor;      /* share of the range; must be given: "0.2" is -0.2 to 0.2, or "[-0.2, 0.3]" */
  const char *value_range; /* lowest and highest value, "[0, 255]", the default */
  int32_t seed;            /* -1: none */
} fv_random_brightness_options;

FV_LAYER_BUILDER(random_brightness, "RandomBrightness")

#ifndef __cplusplus
#define fv_random_brightness(graph, ...)                                                                               \
  fv_random_brightness_with((graph), &(fv_random_brightness_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
