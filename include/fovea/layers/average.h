/* Average: (x0 + x1 + ...) / how many, element by element. Keras: keras.layers.Average.
 */
#ifndef FOVEA_LAYERS_AVERAGE_H
#define FOVEA_LAYERS_AVERAGE_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_average_options {
  fv_value inputs[FV_MERGE_INPUTS]; /* ended by the empty value */
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
} fv_average_options;

FV_LAYER_BUILDER(average, "Average")

#ifndef __cplusplus
#define fv_average(graph, ...) fv_average_with((graph), &(fv_average_options){.inputs = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
