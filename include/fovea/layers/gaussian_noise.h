/* GaussianNoise: the identity at inference; while training normal random numbers are added. Keras:
 * keras.layers.GaussianNoise.
 */
#ifndef FOVEA_LAYERS_GAUSSIAN_NOISE_H
#define FOVEA_LAYERS_GAUSSIAN_NOISE_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_gaussian_noise_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  double stddev;    /* standard deviation of what is added; must be given */
  int32_t seed;     /* -1: none */
} fv_gaussian_noise_options;

FV_LAYER_BUILDER(gaussian_noise, "GaussianNoise")

#ifndef __cplusplus
#define fv_gaussian_noise(graph, ...)                                                                                  \
  fv_gaussian_noise_with((graph), &(fv_gaussian_noise_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
