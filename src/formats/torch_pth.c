/* PyTorch's .pth: weights for a network whose layers are called as in PyTorch, "layer1.0.conv1" being "layer1_0_conv1"
 * and leading underscores dropped ("_blocks.0._bn1": "blocks_0_bn1").
 *
 *   convolution  weight (O, I, kh, kw)  -> kernel (kh, kw, I, O)
 *   depthwise    weight (C M, 1, kh, kw) -> kernel (kh, kw, C, M)
 *   dense        weight (out, in)       -> kernel (in, out); after a Flatten of (H, W, C) torch has counted (C, H, W)
 *   batch norm   weight, bias, running_mean, running_var -> gamma, beta, moving_mean, moving_variance
 *
 * A dict of several things is looked through for the one that fits: "state_dict/", "module." before names are dropped.
 * num_batches_tracked and tensors of layers the model lacks are ignored.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "formats/format.h"
#include "formats/keras/keras.h"
#include "formats/torch/torch.h"

enum { NAME_BYTES = 1024 };

static const char *const prefixes[] = {"state_dict/", "model_state_dict/", "model/", "module."};

static const struct {
  const char *ours, *theirs;
} parts[] = {{"kernel", "weight"},
             {"depthwise_kernel", "weight"},
             {"bias", "bias"},
             {"gamma", "weight"},
             {"beta", "bias"},
             {"moving_mean", "running_mean"},
             {"moving_variance", "running_var"}};

static bool probe(const uint8_t *bytes, size_t size) {
  return fv__torch_probe_old(bytes, size) || fv__torch_probe_zip(bytes, size);
}

/* "state_dict/module._blocks.0._bn1.weight" -> "blocks_0_bn1/weight"; false for names that do not fit. */
static bool our_name(char name[NAME_BYTES], const char *theirs) {
  for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
    if (!strncmp(theirs, prefixes[i], strlen(prefixes[i]))) theirs += strlen(prefixes[i]);
  const char *last = strrchr(theirs, '.');
  size_t used = 0;
  bool starts = true;
  for (const char *c = theirs; *c; c++) {
    if (used + 2 > NAME_BYTES) return false;
    if (starts && *c == '_') continue;
    starts = *c == '.';
    name[used++] = c == last ? '/' : *c == '.' ? '_' : *c;
  }
  name[used] = '\0';
  return true;
}

struct table {
  struct named {
    char *name;
    const fv__state_tensor *tensor;
  } * list;
  int32_t count;
};

static int compare(const void *a, const void *b) {
  const struct named *first = a, *second = b;
  return strcmp(first->name, second->name);
}

static fv_status make_table(struct table *table, const fv_state *state) {
  table->list = calloc((size_t)fv__state_count(state) + 1, sizeof *table->list);
  if (!table->list) return fail(FV_ERROR_MEMORY, "no memory for %" PRId32 " tensors", fv__state_count(state));
  for (int32_t i = 0; i < fv__state_count(state); i++) {
    char name[NAME_BYTES];
    const fv__state_tensor *tensor = fv__state_tensor_at(state, i);
    if (!our_name(name, tensor->name)) continue;
    struct named *entry = &table->list[table->count];
    *entry = (struct named){strdup(name), tensor};
    if (!entry->name) return fail(FV_ERROR_MEMORY, "no memory for names");
    table->count++;
  }
  qsort(table->list, (size_t)table->count, sizeof *table->list, compare);
  return FV_OK;
}

static void free_table(struct table *table) {
  for (int32_t i = 0; i < table->count; i++) free(table->list[i].name);
  free(table->list);
}

/* The tensor for a weight, by the layer's name and what torch calls the weight. */
static fv_status find_tensor(const fv__state_tensor **tensor, const struct table *table, const char *layer,
                             const char *weight) {
  char name[NAME_BYTES];
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (strcmp(parts[i].ours, weight)) continue;
    snprintf(name, sizeof name, "%.900s/%s", layer, parts[i].theirs);
    struct named wanted = {.name = name};
    const struct named *found =
        table->count ? bsearch(&wanted, table->list, (size_t)table->count, sizeof wanted, compare) : NULL;
    if (!found) break;
    *tensor = found->tensor;
    return FV_OK;
  }
  return fail(FV_ERROR_NOT_FOUND, "the file has no tensor for it");
}

/* Where element i of a weight lies in torch's tensor: extents of the weight and what one step along each is worth. */
struct order {
  int32_t rank;
  int64_t dims[6], steps[6];
};

static struct order plain_order(const fv_shape *shape) {
  struct order order = {.rank = shape->rank};
  int64_t step = 1;
  for (int32_t i = shape->rank - 1; i >= 0; i--) {
    order.dims[i] = shape->dims[i];
    order.steps[i] = step;
    step *= shape->dims[i];
  }
  return order;
}

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

/* The order of a kernel, and torch's shape for it. */
static fv_status kernel_order(struct order *order, fv_shape *theirs, const fv_model *model, const fv_layer_info *layer,
                              const fv_shape *shape) {
  const int64_t *d = shape->dims;
  if (shape->rank == 2) {
    *theirs = (fv_shape){.rank = 2, .dims = {d[1], d[0]}};
    int64_t e[3];
    if (!flattened(model, layer, e))
      *order = (struct order){2, {d[0], d[1]}, {1, d[0]}};
    else
      *order = (struct order){4, {e[0], e[1], e[2], d[1]}, {e[1], 1, e[0] * e[1], d[0]}};
    return FV_OK;
  }
  if (shape->rank != 4) return fail(FV_ERROR_UNSUPPORTED, "a kernel of %" PRId32 " axes", shape->rank);
  const int64_t area = d[0] * d[1];
  if (!strcmp(layer->kind, "DepthwiseConv2D")) {
    *theirs = (fv_shape){.rank = 4, .dims = {d[2] * d[3], 1, d[0], d[1]}};
    *order = (struct order){4, {d[0], d[1], d[2], d[3]}, {d[1], 1, d[3] * area, area}};
  } else {
    *theirs = (fv_shape){.rank = 4, .dims = {d[3], d[2], d[0], d[1]}};
    *order = (struct order){4, {d[0], d[1], d[2], d[3]}, {d[1], 1, area, d[2] * area}};
  }
  return FV_OK;
}

static void permute(float *to, const float *from, const struct order *order) {
  int64_t at[6] = {0}, place = 0;
  const int32_t last = order->rank - 1;
  for (;;) {
    for (int64_t i = 0; i < order->dims[last]; i++) *to++ = from[place + i * order->steps[last]];
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

static fv_status read_tensor(fv_model *model, int32_t index, const fv_state *state, const struct table *table) {
  fv_weight_info weight = fv_model_weight(model, index);
  fv_layer_info layer = fv_model_layer(model, weight.layer);
  const fv__state_tensor *tensor = NULL;
  fv_shape theirs = weight.shape;
  struct order order;
  TRY(find_tensor(&tensor, table, layer.name, weight.name));
  if (weight.shape.rank == 1)
    order = plain_order(&weight.shape);
  else
    TRY(kernel_order(&order, &theirs, model, &layer, &weight.shape));
  if (!fv_shape_equal(&theirs, &tensor->shape)) {
    char wanted[96], found[96];
    return fail(FV_ERROR_SHAPE, "expected shape %s, found %s in %.100s", fv_shape_text(wanted, sizeof wanted, &theirs),
                fv_shape_text(found, sizeof found, &tensor->shape), tensor->name);
  }
  float *values = malloc((size_t)tensor->count * sizeof *values + 1);
  if (!values) return fail(FV_ERROR_MEMORY, "no memory for %" PRId64 " numbers", tensor->count);
  fv_status status = fv__state_read(state, values, tensor);
  if (!status) status = fv__weights_check_finite(values, tensor->count);
  if (!status) permute(fv_model_weight_data(model, index), values, &order);
  free(values);
  return status;
}

fv_status fv__torch_load_weights(fv_model *model, const fv_state *state) {
  struct table table = {0};
  fv_status status = make_table(&table, state);
  for (int32_t i = 0; i < fv_model_weight_count(model) && !status; i++) {
    status = read_tensor(model, i, state, &table);
    if (status) status = note(status, "%s", fv_model_weight(model, i).path);
  }
  free_table(&table);
  return status;
}

static fv_status load_weights(fv_model *model, const fv__source *source) {
  fv_state *state;
  TRY(fv__torch_open(&state, source));
  fv_status status = fv__torch_load_weights(model, state);
  fv_state_close(state);
  return status;
}

const fv__format fv__format_torch_pth = {
    .facts = {"torch_pth", ".pth .pt", "weights of PyTorch, both forms of torch.save"},
    .probe = probe,
    .load_weights = load_weights,
    .open_state = fv__torch_open,
};
