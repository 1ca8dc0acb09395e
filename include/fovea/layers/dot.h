/* Dot: sums of products of two values along one axis of each, image by image: (N, a..., D) and (N, b..., D) give (N,
 * a..., b...); (N, D) and (N, D) give (N, 1). Keras: keras.layers.Dot.
 */
#ifndef FOVEA_LAYERS_DOT_H
#define FOVEA_LAYERS_DOT_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_dot_options {
  fv_value inputs[FV_MERGE_INPUTS]; /* ended by the empty value */
  const char *name;                 /* NULL: numbered by class */
  bool frozen;                      /* Keras's trainable=False */
  int32_t axes[FV_OPTION_INTS_MAX]; /* one axis of both, or one of each; must be given */
  bool normalize;                   /* lengths along the axis become 1 first: cosines */
} fv_dot_options;

FV_LAYER_BUILDER(dot, "Dot")

#ifndef __cplusplus
#define fv_dot(graph, ...) fv_dot_with((graph), &(fv_dot_options){.inputs = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
