/* How PyTorch orders the numbers of a weight.
 *
 *   convolution  weight (O, I, kh, kw)   -> kernel (kh, kw, I, O), I being channels per group
 *   depthwise    weight (C M, 1, kh, kw) -> depthwise_kernel (kh, kw, C, M)
 *   dense        weight (out, in)        -> kernel (in, out); after a Flatten of (H, W, C) torch has counted (C, H, W)
 *   others       vectors, as they are
 */
#include <inttypes.h>
#include <string.h>

#include "formats/torch/modules.h"

/* Extents of a Flatten that feeds this dense layer, perhaps through layers that keep the order; false when there is
 * none or its order does not matter. */
static bool flattened(const fv_model *model, const fv_layer_info *layer, int64_t extents[3]) {
  static const char *const keep[] = {"Dropout", "Activation", "ReLU"};
  fv_node_info node = fv_model_node(model, layer->nodes[0]);
  for (;;) {
    node = fv_model_node(model, node.inputs[0].node);
    const char *kind = fv_model_layer(model, node.layer).kind;
    if (node.input_count == 0) return false;
    if (kind && !strcmp(kind, "Flatten")) break;
    bool keeps = false;
    for (size_t i = 0; i < sizeof keep / sizeof *keep; i++) keeps = keeps || (kind && !strcmp(kind, keep[i]));
    if (!keeps) return false;
  }
  fv_shape shape = fv_model_node(model, node.inputs[0].node).output;
  if (shape.rank != 4) return false;
  for (int i = 0; i < 3; i++) extents[i] = shape.dims[i + 1];
  return extents[0] > 0 && extents[1] > 0 && extents[2] > 0;
}

static void dense_order(fv__torch_order *order, fv_shape *theirs, const fv_model *model, const fv_layer_info *layer,
                        const int64_t *d) {
  int64_t e[3];
  *theirs = (fv_shape){.rank = 2, .dims = {d[1], d[0]}};
  if (flattened(model, layer, e))
    *order = (fv__torch_order){4, {e[0], e[1], e[2], d[1]}, {e[1], 1, e[0] * e[1], d[0]}};
  else
    *order = (fv__torch_order){2, {d[0], d[1]}, {1, d[0]}};
}

static void window_order(fv__torch_order *order, fv_shape *theirs, bool depthwise, const int64_t *d) {
  const int64_t area = d[0] * d[1];
  *order = (fv__torch_order){4, {d[0], d[1], d[2], d[3]}, {d[1], 1, area, d[2] * area}};
  *theirs = (fv_shape){.rank = 4, .dims = {d[3], d[2], d[0], d[1]}};
  if (!depthwise) return;
  order->steps[2] = d[3] * area;
  order->steps[3] = area;
  *theirs = (fv_shape){.rank = 4, .dims = {d[2] * d[3], 1, d[0], d[1]}};
}

fv_status fv__torch_find_order(fv__torch_order *order, fv_shape *theirs, const fv_model *model, int32_t index) {
  const fv_weight_info weight = fv_model_weight(model, index);
  const fv_layer_info layer = fv_model_layer(model, weight.layer);
  *theirs = weight.shape;
  if (weight.shape.rank == 1)
    *order = (fv__torch_order){1, {weight.shape.dims[0]}, {1}};
  else if (weight.shape.rank == 2)
    dense_order(order, theirs, model, &layer, weight.shape.dims);
  else if (weight.shape.rank == 4)
    window_order(order, theirs, !strcmp(layer.kind, "DepthwiseConv2D"), weight.shape.dims);
  else
    return fail(FV_ERROR_UNSUPPORTED, "a kernel of %" PRId32 " axes", weight.shape.rank);
  return FV_OK;
}

/* Elements [first, end) along the last axis, for every place along the others. */
static void arrange_columns(float *to, const float *from, const fv__torch_order *order, int64_t first, int64_t end) {
  int64_t at[4] = {0}, place = 0;
  const int32_t last = order->rank - 1;
  const int64_t step = order->steps[last];
  for (;; to += order->dims[last]) {
    for (int64_t i = first; i < end; i++) to[i] = from[place + i * step];
    int32_t axis = last - 1;
    for (; axis >= 0; axis--) {
      place += order->steps[axis];
      if (++at[axis] < order->dims[axis]) break;
      place -= at[axis] * order->steps[axis];
      at[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/* A few columns at a time: what they read of PyTorch's tensor, a row of it each, stays in the cache. */
enum { COLUMNS = 16 };

void fv__torch_arrange(float *to, const float *from, const fv__torch_order *order) {
  const int64_t columns = order->dims[order->rank - 1];
  for (int64_t first = 0; first < columns; first += COLUMNS)
    arrange_columns(to, from, order, first, first + COLUMNS < columns ? first + COLUMNS : columns);
}
