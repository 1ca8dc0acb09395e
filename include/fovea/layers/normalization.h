/* Normalization: (x - mean) / max(sqrt(variance), 1e-7) per channel. Mean and variance are options, or weights (mean,
 * variance, count) that come with a file. Keras: keras.layers.Normalization.
 */
#ifndef FOVEA_LAYERS_NORMALIZATION_H
#define FOVEA_LAYERS_NORMALIZATION_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_normalization_options {
  fv_value input;
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
  int32_t axis[FV_OPTION_INTS_MAX]; /* -1: channels; the only axis there is */
  const char *mean;                 /* one number or one per channel, "[123.7, 116.8, 103.9]"; NULL: a weight */
  const char *variance;             /* likewise; given with mean */
  bool invert;                      /* x deviation + mean instead */
} fv_normalization_options;

FV_LAYER_BUILDER(normalization, "Normalization")

#ifndef __cplusplus
#define fv_normalization(graph, ...) fv_normalization_with((graph), &(fv_normalization_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
