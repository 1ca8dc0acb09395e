/* ChannelSlice: channels start to start + count - 1 of (N, H, W, C). Keras has no such layer; Darknet's routes with
 * groups are it.
 */
#ifndef FOVEA_LAYERS_CHANNEL_SLICE_H
#define FOVEA_LAYERS_CHANNEL_SLICE_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_channel_slice_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  int32_t start;    /* the first channel, from 0 */
  int32_t count;    /* how many; must be given */
} fv_channel_slice_options;

FV_LAYER_BUILDER(channel_slice, "ChannelSlice")

#ifndef __cplusplus
#define fv_channel_slice(graph, ...) fv_channel_slice_with((graph), &(fv_channel_slice_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
