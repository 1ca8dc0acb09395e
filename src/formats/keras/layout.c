/* How a file orders the numbers of a tensor, and how they come into fovea's order.
 *
 *   Keras 1         kernels (height, width, in, out), or (out, in, height, width) with dim_ordering "th"; those of
 *                   transposed convolutions (height, width, in, out) where fovea and Keras 2 have (.., out, in); lines
 *                   are images of width 1
 *   Theano          convolutions are mathematical ones: kernels are turned by half a turn
 *   rows of Dense   behind a Flatten, in a file of dim_ordering "th" for a network on (H, W, C): (c, h, w)
 *
 * All of these are one thing: element (a, b, c, d) of the target is the source's with its axes exchanged, and the first
 * two reversed or not.
 */
#include <string.h>

#include "formats/keras/keras.h"

enum { AXES = FV__KERAS_LAYOUT_AXES };

static const int8_t as_it_is[AXES] = {0, 1, 2, 3};
static const int8_t dense_rows[AXES] = {1, 2, 0, 3};

static const struct order {
  const char *kind, *weight;
  int8_t last[AXES], first[AXES]; /* of Keras 1, by dim_ordering */
  bool turns;                     /* with Theano */
} orders[] = {{"Conv2D", "kernel", {0, 1, 2, 3}, {2, 3, 1, 0}, true},
              {"Conv1D", "kernel", {0, 1, 2, 3}, {2, 3, 1, 0}, true},
              {"Conv2DTranspose", "kernel", {0, 1, 3, 2}, {2, 3, 0, 1}, true},
              {"SeparableConv2D", "depthwise_kernel", {0, 1, 2, 3}, {2, 3, 1, 0}, false},
              {"SeparableConv2D", "pointwise_kernel", {0, 1, 2, 3}, {2, 3, 1, 0}, false}};

static const struct order *find_order(const fv_model *model, const fv_weight_info *weight) {
  const char *kind = fv_model_layer(model, weight->layer).kind;
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
    if (!strcmp(orders[i].kind, kind) && !strcmp(orders[i].weight, weight->name)) return &orders[i];
  return NULL;
}

/* A kernel's four axes; lines have width 1. */
static void kernel_axes(int64_t target[AXES], const fv_shape *shape) {
  target[0] = shape->dims[0];
  target[1] = shape->rank == AXES ? shape->dims[1] : 1;
  target[2] = shape->dims[shape->rank - 2];
  target[3] = shape->dims[shape->rank - 1];
}

static bool fits(const int64_t target[AXES], const int8_t axes[AXES], const fv_shape *found) {
  if (found->rank != AXES) return false;
  for (int i = 0; i < AXES; i++)
    if (found->dims[axes[i]] != target[i]) return false;
  return true;
}

int fv__keras_order_vote(const fv_model *model, int32_t index, const fv_shape *found) {
  fv_weight_info weight = fv_model_weight(model, index);
  const struct order *order = find_order(model, &weight);
  int64_t target[AXES];
  if (!order || weight.shape.rank != AXES) return 0;
  kernel_axes(target, &weight.shape);
  return fits(target, order->first, found) - fits(target, order->last, found);
}

/* The image that a Flatten before this Dense makes flat, unless it has been turned to the file's order already. */
static bool flattened_image(const fv_model *model, const fv_weight_info *weight, fv_shape *image) {
  static const char *const between[] = {"Dropout", "Activation", "GaussianDropout", "GaussianNoise"};
  fv_layer_info layer = fv_model_layer(model, weight->layer);
  if (strcmp(layer.kind, "Dense") || strcmp(weight->name, "kernel") || layer.node_count == 0) return false;
  int32_t node = layer.nodes[0];
  for (int steps = 0; steps < 8; steps++) {
    fv_node_info info = fv_model_node(model, node);
    if (info.input_count != 1) return false;
    node = info.inputs[0].node;
    const char *kind = fv_model_layer(model, fv_model_node(model, node).layer).kind;
    bool passes = false;
    for (size_t i = 0; i < sizeof between / sizeof *between; i++) passes |= !strcmp(between[i], kind);
    if (passes) continue;
    if (strcmp(kind, "Flatten")) return false;
    fv_node_info before = fv_model_node(model, fv_model_node(model, node).inputs[0].node);
    *image = before.output;
    if (image->rank != 4 || !strcmp(fv_model_layer(model, before.layer).kind, "Permute")) return false;
    image->dims[0] = 1;
    int64_t count;
    return !fv_shape_elements(&count, image) && count == weight->shape.dims[0];
  }
  return false;
}

fv_status fv__keras_find_layout(fv__keras_layout *found, const fv_model *model, int32_t index, const fv_shape *shape,
                                const fv__keras_origin *origin) {
  static const fv__keras_origin plain = {.version = 3};
  fv_weight_info info = fv_model_weight(model, index), *weight = &info;
  if (!origin) origin = &plain;
  const struct order *order = find_order(model, weight);
  bool same = fv_shape_equal(shape, &weight->shape);
  const int8_t *axes = as_it_is;
  fv_shape image;
  *found = (fv__keras_layout){.needed = false};
  if (order) {
    kernel_axes(found->target, &weight->shape);
    bool last = fits(found->target, order->last, shape), first = fits(found->target, order->first, shape);
    if (origin->version < 2 && (last || first)) {
      axes = first && (!last || origin->channels_first) ? order->first : order->last;
      same = found->needed = true;
    }
    found->turned = origin->turned && order->turns;
    found->needed |= found->turned;
  } else if (same && origin->version < 2 && origin->channels_first && flattened_image(model, weight, &image)) {
    for (int i = 0; i < 3; i++) found->target[i] = image.dims[i + 1];
    found->target[3] = weight->shape.dims[1];
    axes = dense_rows;
    found->needed = true;
  }
  memcpy(found->axes, axes, sizeof found->axes);
  if (same) return FV_OK;
  char wanted[96], text[96];
  return fail(FV_ERROR_SHAPE, "expected shape %s, found %s", fv_shape_text(wanted, sizeof wanted, &weight->shape),
              fv_shape_text(text, sizeof text, shape));
}

void fv__keras_arrange(float *target, const float *source, const fv__keras_layout *l) {
  int64_t dims[AXES], strides[AXES], step[AXES], start = 0, stride = 1;
  for (int i = 0; i < AXES; i++) dims[l->axes[i]] = l->target[i];
  for (int i = AXES - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= dims[i];
  }
  for (int i = 0; i < AXES; i++) {
    step[i] = strides[l->axes[i]];
    if (!l->turned || i > 1) continue;
    start += step[i] * (l->target[i] - 1);
    step[i] = -step[i];
  }
  for (int64_t a = 0; a < l->target[0]; a++)
    for (int64_t b = 0; b < l->target[1]; b++)
      for (int64_t c = 0; c < l->target[2]; c++)
        for (int64_t d = 0; d < l->target[3]; d++)
          *target++ = source[start + a * step[0] + b * step[1] + c * step[2] + d * step[3]];
}
