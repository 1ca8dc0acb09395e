/* Activation: a named activation function, element by element (softmax: over the last axis).
 * Keras: keras.layers.Activation.
 */
#ifndef FOVEA_LAYERS_ACTIVATION_H
#define FOVEA_LAYERS_ACTIVATION_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_activation_options {
  fv_value input;
  const char *name;       /* NULL: numbered by class */
  bool frozen;            /* Keras's trainable=False */
  const char *activation; /* must be given: the name of a function, "relu", "tanh" ... */
} fv_activation_options;

FV_LAYER_BUILDER(activation, "Activation")

#ifndef __cplusplus
#define fv_activation(graph, ...) fv_activation_with((graph), &(fv_activation_options){.input = __VA_ARGS__})
#endif

/* Makes the functions of a header that is one activation function, fv_NAME_with and in C++ fv_NAME: an Activation layer
 * with its word. */
#define FV_FUNCTION_BUILDER_WITH(function)                                                                             \
  static inline fv_value fv_##function##_with(fv_graph *graph, const fv_##function##_options *options) {               \
    fv_activation_options activation = {options->input, options->name, options->frozen, #function};                    \
    return fv_graph_build(graph, "Activation", &activation);                                                           \
  }
#ifdef __cplusplus
#define FV_FUNCTION_BUILDER(function)                                                                                  \
  FV_FUNCTION_BUILDER_WITH(function)                                                                                   \
  static inline fv_value fv_##function(fv_graph *graph, const fv_##function##_options &options) {                      \
    return fv_##function##_with(graph, &options);                                                                      \
  }
#else
#define FV_FUNCTION_BUILDER(function) FV_FUNCTION_BUILDER_WITH(function)
#endif

FV_END_DECLARATIONS

#endif
