/* UnitNormalization: divides by the length (root of the sum of squares) along some axes. Keras:
 * keras.layers.UnitNormalization.
 */
#ifndef FOVEA_LAYERS_UNIT_NORMALIZATION_H
#define FOVEA_LAYERS_UNIT_NORMALIZATION_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_unit_normalization_options {
  fv_value input;
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
  int32_t axis[FV_OPTION_INTS_MAX]; /* -1: channels */
} fv_unit_normalization_options;

FV_LAYER_BUILDER(unit_normalization, "UnitNormalization")

#ifndef __cplusplus
#define fv_unit_normalization(graph, ...)                                                                              \
  fv_unit_normalization_with((graph), &(fv_unit_normalization_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
