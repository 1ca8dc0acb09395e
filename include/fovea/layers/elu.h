/* ELU: x where x > 0, alpha (e^x - 1) below (Clevert et al. 2015).
 * Keras: keras.layers.ELU.
 */
#ifndef FOVEA_LAYERS_ELU_H
#define FOVEA_LAYERS_ELU_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_elu_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  double alpha;     /* 1 */
} fv_elu_options;

FV_LAYER_BUILDER(elu, "ELU")

#ifndef __cplusplus
#define fv_elu(graph, ...) fv_elu_with((graph), &(fv_elu_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
