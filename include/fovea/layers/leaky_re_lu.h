/* LeakyReLU: x where x >= 0, negative_slope x below (Maas et al. 2013).
 * Keras: keras.layers.LeakyReLU; the function leaky_relu has slope 0.2.
 */
#ifndef FOVEA_LAYERS_LEAKY_RE_LU_H
#define FOVEA_LAYERS_LEAKY_RE_LU_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_leaky_re_lu_options {
  fv_value input;
  const char *name;      /* NULL: numbered by class */
  bool frozen;           /* Keras's trainable=False */
  double negative_slope; /* 0.3 */
} fv_leaky_re_lu_options;

FV_LAYER_BUILDER(leaky_re_lu, "LeakyReLU")

#ifndef __cplusplus
#define fv_leaky_re_lu(graph, ...) fv_leaky_re_lu_with((graph), &(fv_leaky_re_lu_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
