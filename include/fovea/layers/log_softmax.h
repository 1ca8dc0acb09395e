/* log_softmax: the logarithm of softmax over the last axis.
 * Keras: keras.activations.log_softmax.
 */
#ifndef FOVEA_LAYERS_LOG_SOFTMAX_H
#define FOVEA_LAYERS_LOG_SOFTMAX_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_log_softmax_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_log_softmax_options;

/* Adds an Activation layer with activation="log_softmax". */
FV_FUNCTION_BUILDER(log_softmax)

#ifndef __cplusplus
#define fv_log_softmax(graph, ...) fv_log_softmax_with((graph), &(fv_log_softmax_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
