/* LocalResponseNormalization: x / (bias + alpha sum of squares of the 2 depth_radius + 1 channels around)^beta.
 * Krizhevsky, Sutskever, Hinton 2012; TensorFlow: tf.nn.local_response_normalization. Caffe, PyTorch and ONNX divide
 * alpha by the number of channels in the window: average.
 */
#ifndef FOVEA_LAYERS_LOCAL_RESPONSE_NORMALIZATION_H
#define FOVEA_LAYERS_LOCAL_RESPONSE_NORMALIZATION_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_local_response_normalization_options {
  fv_value input;
  const char *name;     /* NULL: numbered by class */
  bool frozen;          /* Keras's trainable=False */
  int32_t depth_radius; /* 5; channels on either side */
  double bias;          /* 1 */
  double alpha;         /* 1 */
  double beta;          /* 0.5 */
  bool average;         /* alpha times the mean of squares instead of their sum */
} fv_local_response_normalization_options;

FV_LAYER_BUILDER(local_response_normalization, "LocalResponseNormalization")

#ifndef __cplusplus
#define fv_local_response_normalization(graph, ...)                                                                    \
  fv_local_response_normalization_with((graph), &(fv_local_response_normalization_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
