/* UpSampling1D: (N, L, C) to (N, L size, C), every step repeated. Keras: keras.layers.UpSampling1D.
 */
#ifndef FOVEA_LAYERS_UP_SAMPLING1D_H
#define FOVEA_LAYERS_UP_SAMPLING1D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_up_sampling1d_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  int32_t size;     /* 2 */
} fv_up_sampling1d_options;

FV_LAYER_BUILDER(up_sampling1d, "UpSampling1D")

#ifndef __cplusplus
#define fv_up_sampling1d(graph, ...) fv_up_sampling1d_with((graph), &(fv_up_sampling1d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
