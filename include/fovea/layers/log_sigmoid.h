/* log_sigmoid: log(1 / (1 + e^-x)).
 * Keras: keras.activations.log_sigmoid.
 */
#ifndef FOVEA_LAYERS_LOG_SIGMOID_H
#define FOVEA_LAYERS_LOG_SIGMOID_H

#include <fovea/layers/activation.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_log_sigmoid_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
} fv_log_sigmoid_options;

/* Adds an Activation layer with activation="log_sigmoid". */
FV_FUNCTION_BUILDER(log_sigmoid)

#ifndef __cplusplus
#define fv_log_sigmoid(graph, ...) fv_log_sigmoid_with((graph), &(fv_log_sigmoid_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
