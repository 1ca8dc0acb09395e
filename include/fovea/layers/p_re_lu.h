/* PReLU: x where x > 0, alpha x below, alpha learned: one number per element of an image, or shared along axes. He,
 * Zhang, Ren, Sun 2015; Keras: keras.layers.PReLU.
 */
#ifndef FOVEA_LAYERS_P_RE_LU_H
#define FOVEA_LAYERS_P_RE_LU_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_p_re_lu_options {
  fv_value input;
  const char *name;                        /* NULL: numbered by class */
  bool frozen;                             /* Keras's trainable=False */
  int32_t shared_axes[FV_OPTION_INTS_MAX]; /* none; {1, 2}: one alpha per channel */
} fv_p_re_lu_options;

FV_LAYER_BUILDER(p_re_lu, "PReLU")

#ifndef __cplusplus
#define fv_p_re_lu(graph, ...) fv_p_re_lu_with((graph), &(fv_p_re_lu_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
