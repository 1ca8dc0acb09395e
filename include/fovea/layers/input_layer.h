/* InputLayer: where an image or vector enters; one per model input. Shape (N, ...shape).
 */
#ifndef FOVEA_LAYERS_INPUT_LAYER_H
#define FOVEA_LAYERS_INPUT_LAYER_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_input_layer_options {

  const char *name;                  /* NULL: numbered by class */
  bool frozen;                       /* Keras's trainable=False */
  int32_t shape[FV_OPTION_INTS_MAX]; /* without the batch: {height, width, channels}; -1: unknown until planning */
  int32_t batch_size;                /* -1, the default: any */
  const char *dtype;                 /* "float32" */
} fv_input_layer_options;

FV_LAYER_BUILDER(input_layer, "InputLayer")

/* fv_input(graph, .shape = {28, 28, 1}) */
#ifndef __cplusplus
#define fv_input(graph, ...) fv_input_layer_with((graph), &(fv_input_layer_options){__VA_ARGS__})
#else
static inline fv_value fv_input(fv_graph *graph, const fv_input_layer_options &options) {
  return fv_graph_build(graph, "InputLayer", &options);
}
#endif

FV_END_DECLARATIONS

#endif
