/* Softmax: exp(x - max) / sum along an axis. Keras: keras.layers.Softmax.
 */
#ifndef FOVEA_LAYERS_SOFTMAX_H
#define FOVEA_LAYERS_SOFTMAX_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_softmax_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  int32_t axis;     /* -1 */
} fv_softmax_options;

FV_LAYER_BUILDER(softmax, "Softmax")

#ifndef __cplusplus
#define fv_softmax(graph, ...) fv_softmax_with((graph), &(fv_softmax_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
