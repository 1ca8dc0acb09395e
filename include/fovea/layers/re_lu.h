/* ReLU: x >= threshold: min(x, max_value); below: negative_slope (x - threshold). NaN stays NaN.
 * Keras: keras.layers.ReLU.
 */
#ifndef FOVEA_LAYERS_RE_LU_H
#define FOVEA_LAYERS_RE_LU_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_re_lu_options {
  fv_value input;
  const char *name;      /* NULL: numbered by class */
  bool frozen;           /* Keras's trainable=False */
  double max_value;      /* none: infinity is the default; values above are cut */
  double negative_slope; /* 0 */
  double threshold;      /* 0 */
} fv_re_lu_options;

FV_LAYER_BUILDER(re_lu, "ReLU")

#ifndef __cplusplus
#define fv_re_lu(graph, ...) fv_re_lu_with((graph), &(fv_re_lu_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
