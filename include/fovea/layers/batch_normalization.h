/* BatchNormalization: gamma (x - mean) / sqrt(variance + epsilon) + beta per channel, with the moving statistics
 * at inference. Ioffe, Szegedy 2015; Keras: keras.layers.BatchNormalization.
 */
#ifndef FOVEA_LAYERS_BATCH_NORMALIZATION_H
#define FOVEA_LAYERS_BATCH_NORMALIZATION_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_batch_normalization_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  int32_t axis;     /* of the channels; -1, the last one, is the fast one */
  double momentum;  /* 0.99 */
  double epsilon;   /* 1e-3 */
  bool no_center;   /* Keras's center=False: no beta */
  bool no_scale;    /* Keras's scale=False: no gamma */
} fv_batch_normalization_options;

FV_LAYER_BUILDER(batch_normalization, "BatchNormalization")

#ifndef __cplusplus
#define fv_batch_normalization(graph, ...)                                                                             \
  fv_batch_normalization_with((graph), &(fv_batch_normalization_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
