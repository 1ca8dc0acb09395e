/* ActivityRegularization: the identity; while training the size of its input adds to the loss. Keras:
 * keras.layers.ActivityRegularization.
 */
#ifndef FOVEA_LAYERS_ACTIVITY_REGULARIZATION_H
#define FOVEA_LAYERS_ACTIVITY_REGULARIZATION_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_activity_regularization_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  double l1;        /* 0; times the sum of absolute values */
  double l2;        /* 0; times the sum of squares */
} fv_activity_regularization_options;

FV_LAYER_BUILDER(activity_regularization, "ActivityRegularization")

#ifndef __cplusplus
#define fv_activity_regularization(graph, ...)                                                                         \
  fv_activity_regularization_with((graph), &(fv_activity_regularization_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
