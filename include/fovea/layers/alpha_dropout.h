/* AlphaDropout: the identity at inference; while training a random share becomes the limit of SELU, with mean and
 * variance kept. Klambauer et al. 2017; Keras: keras.layers.AlphaDropout.
 */
#ifndef FOVEA_LAYERS_ALPHA_DROPOUT_H
#define FOVEA_LAYERS_ALPHA_DROPOUT_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_alpha_dropout_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  double rate;      /* share of the numbers replaced while training, 0 to 1; must be given */
  int32_t seed;     /* -1: none */
} fv_alpha_dropout_options;

FV_LAYER_BUILDER(alpha_dropout, "AlphaDropout")

#ifndef __cplusplus
#define fv_alpha_dropout(graph, ...) fv_alpha_dropout_with((graph), &(fv_alpha_dropout_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
