/* GaussianDropout: the identity at inference; while training every number is multiplied by a normal random number of
 * mean 1 and deviation sqrt(rate / (1 - rate)). Srivastava et al. 2014; Keras: keras.layers.GaussianDropout.
 */
#ifndef FOVEA_LAYERS_GAUSSIAN_DROPOUT_H
#define FOVEA_LAYERS_GAUSSIAN_DROPOUT_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_gaussian_dropout_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  double rate;      /* 0 to 1; must be given */
  int32_t seed;     /* -1: none */
} fv_gaussian_dropout_options;

FV_LAYER_BUILDER(gaussian_dropout, "GaussianDropout")

#ifndef __cplusplus
#define fv_gaussian_dropout(graph, ...)                                                                                \
  fv_gaussian_dropout_with((graph), &(fv_gaussian_dropout_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
