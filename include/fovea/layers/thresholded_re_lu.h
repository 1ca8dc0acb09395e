/* ThresholdedReLU: x where x > theta, 0 elsewhere. Konda, Memisevic, Krueger 2014; Keras 2:
 * keras.layers.ThresholdedReLU.
 */
#ifndef FOVEA_LAYERS_THRESHOLDED_RE_LU_H
#define FOVEA_LAYERS_THRESHOLDED_RE_LU_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_thresholded_re_lu_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  double theta;     /* 1 */
} fv_thresholded_re_lu_options;

FV_LAYER_BUILDER(thresholded_re_lu, "ThresholdedReLU")

#ifndef __cplusplus
#define fv_thresholded_re_lu(graph, ...)                                                                               \
  fv_thresholded_re_lu_with((graph), &(fv_thresholded_re_lu_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
