/* Rescaling: x scale + offset. Keras: keras.layers.Rescaling.
 */
#ifndef FOVEA_LAYERS_RESCALING_H
#define FOVEA_LAYERS_RESCALING_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_rescaling_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  double scale;     /* must be given */
  double offset;    /* 0 */
} fv_rescaling_options;

FV_LAYER_BUILDER(rescaling, "Rescaling")

#ifndef __cplusplus
#define fv_rescaling(graph, ...) fv_rescaling_with((graph), &(fv_rescaling_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
