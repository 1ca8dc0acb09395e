/* LayerNormalization: brings every image to mean 0 and deviation 1 over some axes, then gamma and beta, one number per
 * element of those axes. Ba, Kiros, Hinton 2016; Keras: keras.layers.LayerNormalization.
 */
#ifndef FOVEA_LAYERS_LAYER_NORMALIZATION_H
#define FOVEA_LAYERS_LAYER_NORMALIZATION_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_layer_normalization_options {
  fv_value input;
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
  int32_t axis[FV_OPTION_INTS_MAX]; /* -1: channels; {1, 2, 3}: the whole image */
  double epsilon;                   /* 1e-3; added to the variance */
  bool no_center;                   /* Keras's center=False: no beta */
  bool no_scale;                    /* Keras's scale=False: no gamma */
  bool rms_scaling;                 /* divide by the deviation only: the mean stays, no beta */
} fv_layer_normalization_options;

FV_LAYER_BUILDER(layer_normalization, "LayerNormalization")

#ifndef __cplusplus
#define fv_layer_normalization(graph, ...)                                                                             \
  fv_layer_normalization_with((graph), &(fv_layer_normalization_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
