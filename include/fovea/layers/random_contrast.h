/* RandomContrast: the identity at inference; while training distances from the mean are scaled at random. Keras:
 * keras.layers.RandomContrast.
 */
#ifndef FOVEA_LAYERS_RANDOM_CONTRAST_H
#define FOVEA_LAYERS_RANDOM_CONTRAST_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_random_contrast_options {
  fv_value input;
  const char *name;   /* NULL: numbered by class */
  bool frozen;        /* Keras's trainable=False */
  const char *factor; /* change of contrast; must be given: "0.2" is -0.2 to 0.2, or "[-0.2, 0.3]" */
  int32_t seed;       /* -1: none */
} fv_random_contrast_options;

FV_LAYER_BUILDER(random_contrast, "RandomContrast")

#ifndef __cplusplus
#define fv_random_contrast(graph, ...)                                                                                 \
  fv_random_contrast_with((graph), &(fv_random_contrast_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
