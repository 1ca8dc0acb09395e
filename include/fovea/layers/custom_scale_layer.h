/* CustomScaleLayer: x0 + scale x1, two values of one shape. Inception-ResNet-v2 adds its branches so.
 * Keras: CustomScaleLayer of keras.applications.inception_resnet_v2; Szegedy et al. 2016, section 3.3.
 */
#ifndef FOVEA_LAYERS_CUSTOM_SCALE_LAYER_H
#define FOVEA_LAYERS_CUSTOM_SCALE_LAYER_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_custom_scale_layer_options {
  fv_value inputs[FV_MERGE_INPUTS]; /* two, ended by the empty value */
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
  double scale;                     /* of the second value; must be given */
} fv_custom_scale_layer_options;

FV_LAYER_BUILDER(custom_scale_layer, "CustomScaleLayer")

#ifndef __cplusplus
#define fv_custom_scale_layer(graph, ...)                                                                              \
  fv_custom_scale_layer_with((graph), &(fv_custom_scale_layer_options){.inputs = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
