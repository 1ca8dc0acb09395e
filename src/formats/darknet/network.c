/* The sections of a .cfg as layers. Each kind of section is a structure of what it can be told, the table that reads
 * it, and a function that adds its layers.
 *
 * Darknet pads convolutions on both sides alike, and poolings with floor((size - 1) / 2) pixels before and the rest
 * behind, whatever the stride; where that is Keras's "same" or "valid" the layers say so.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/layers.h>

#include "formats/darknet/sections.h"

/* ---- names and activations */

const char *fv__darknet_name(fv__darknet_builder *b, const char *part) {
  snprintf(b->name, sizeof b->name, "%s_%" PRId32 "%s", b->type, b->at, part);
  return b->name;
}

fv_status fv__darknet_expect(const fv__darknet_builder *b, const char *key, const char *normal) {
  const char *value = fv__darknet_value(b->text, b->section, key);
  if (!value || !strcmp(value, normal)) return FV_OK;
  return fail(FV_ERROR_UNSUPPORTED, "%s=%.40s is not supported%s%s", key, value, *normal ? "; what is: " : "", normal);
}

static fv_status activate(fv_value *x, fv__darknet_builder *b, const char *word) {
  static const char *const words[][2] = {{"logistic", "sigmoid"}, {"relu", "relu"},        {"elu", "elu"},
                                         {"tanh", "tanh"},        {"mish", "mish"},        {"swish", "silu"},
                                         {"relu6", "relu6"},      {"hardtan", "hard_tanh"}};
  if (!strcmp(word, "linear")) return FV_OK;
  const bool is_leaky = !strcmp(word, "leaky"), is_relie = !strcmp(word, "relie");
  if (is_leaky || is_relie) {
    *x = fv_leaky_re_lu(b->graph, *x, .name = fv__darknet_name(b, is_leaky ? "_leaky" : "_relie"),
                        .negative_slope = is_leaky ? 0.1 : 0.01);
    return FV_OK;
  }
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strcmp(word, words[i][0])) {
      char part[16];
      snprintf(part, sizeof part, "_%s", word);
      *x = fv_activation(b->graph, *x, .name = fv__darknet_name(b, part), .activation = words[i][1]);
      return FV_OK;
    }
  return fail(FV_ERROR_UNSUPPORTED, "activation=%.40s is not supported", word);
}

/* An epsilon behind the root, sqrt(variance) + 1e-6: the weights' reader brings the rest (weights.c). */
static fv_value normalize(fv__darknet_builder *b, fv_value x) {
  return fv_batch_normalization(b->graph, x, .name = fv__darknet_name(b, "_bn"), .epsilon = 1e-12);
}

/* ---- layers with weights */

typedef struct convolutional_options {
  int32_t filters, size, stride, padding, groups;
  bool pad, batch_normalize;
  const char *activation;
} convolutional_options;

#define CONVOLUTIONAL(field) offsetof(convolutional_options, field)
static const fv_option convolutional_table[] = {
    {"filters", FV_OPTION_INT, CONVOLUTIONAL(filters), "1", 1, 1 << 20, NULL, ""},
    {"size", FV_OPTION_INT, CONVOLUTIONAL(size), "1", 1, 1 << 10, NULL, ""},
    {"stride", FV_OPTION_INT, CONVOLUTIONAL(stride), "1", 1, 1 << 10, NULL, ""},
    {"padding", FV_OPTION_INT, CONVOLUTIONAL(padding), "0", 0, 1 << 10, NULL, ""},
    {"groups", FV_OPTION_INT, CONVOLUTIONAL(groups), "1", 1, 1 << 20, NULL, ""},
    {"pad", FV_OPTION_BOOL, CONVOLUTIONAL(pad), "0", 0, 0, NULL, ""},
    {"batch_normalize", FV_OPTION_BOOL, CONVOLUTIONAL(batch_normalize), "0", 0, 0, NULL, ""},
    {"activation", FV_OPTION_TEXT, CONVOLUTIONAL(activation), "logistic", 0, 0, NULL, ""},
    {.name = NULL}};

static fv_status convolutional(fv__darknet_builder *b, fv_value *x) {
  static const char *const others[][2] = {{"binary", "0"},   {"xnor", "0"},          {"flipped", "0"},
                                          {"dilation", "1"}, {"antialiasing", "0"},  {"deform", "0"},
                                          {"stride_x", ""},  {"stride_y", ""},       {"share_index", ""},
                                          {"dot", "0"},      {"dontloadscales", "0"}};
  convolutional_options o = {.filters = 0};
  TRY(fv__darknet_options(&o, convolutional_table, b->text, b->section));
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) TRY(fv__darknet_expect(b, others[i][0], others[i][1]));
  const int32_t border = o.pad ? o.size / 2 : o.padding;
  const bool is_same = o.stride == 1 && o.size % 2 == 1 && border == o.size / 2;
  if (border && !is_same)
    *x = fv_zero_padding2d(b->graph, *x, .name = fv__darknet_name(b, "_pad"),
                           .padding = {border, border, border, border});
  *x = fv_conv2d(b->graph, *x, .name = fv__darknet_name(b, ""), .filters = o.filters, .kernel_size = {o.size},
                 .strides = {o.stride}, .padding = is_same ? FV_SAME : FV_VALID, .groups = o.groups,
                 .no_bias = o.batch_normalize);
  if (o.batch_normalize) *x = normalize(b, *x);
  return activate(x, b, o.activation);
}

typedef struct connected_options {
  int32_t output;
  bool batch_normalize;
  const char *activation;
} connected_options;

static const fv_option connected_table[] = {
    {"output", FV_OPTION_INT, offsetof(connected_options, output), "1", 1, 1 << 20, NULL, ""},
    {"batch_normalize", FV_OPTION_BOOL, offsetof(connected_options, batch_normalize), "0", 0, 0, NULL, ""},
    {"activation", FV_OPTION_TEXT, offsetof(connected_options, activation), "logistic", 0, 0, NULL, ""},
    {.name = NULL}};

static fv_status connected(fv__darknet_builder *b, fv_value *x) {
  connected_options o = {.output = 0};
  TRY(fv__darknet_options(&o, connected_table, b->text, b->section));
  if (fv_graph_shape(b->graph, *x).rank != 2) *x = fv_flatten(b->graph, *x, .name = fv__darknet_name(b, "_flatten"));
  *x = fv_dense(b->graph, *x, .name = fv__darknet_name(b, ""), .units = o.output, .no_bias = o.batch_normalize);
  if (o.batch_normalize) *x = normalize(b, *x);
  return activate(x, b, o.activation);
}

/* ---- layers without */

typedef struct window_options {
  int32_t size, stride, padding;
} window_options;

static const fv_option window_table[] = {
    {"stride", FV_OPTION_INT, offsetof(window_options, stride), "1", 1, 1 << 10, NULL, ""},
    {"size", FV_OPTION_INT, offsetof(window_options, size), "=stride", 1, 1 << 10, NULL, ""},
    {"padding", FV_OPTION_INT, offsetof(window_options, padding), "-1", -1, 1 << 10, NULL, ""},
    {.name = NULL}};

static fv_status maxpool(fv__darknet_builder *b, fv_value *x) {
  static const char *const others[][2] = {
      {"maxpool_depth", "0"}, {"antialiasing", "0"}, {"stride_x", ""}, {"stride_y", ""}};
  window_options o = {.size = 0};
  TRY(fv__darknet_options(&o, window_table, b->text, b->section));
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) TRY(fv__darknet_expect(b, others[i][0], others[i][1]));
  const fv_shape shape = fv_graph_shape(b->graph, *x);
  const int32_t all = o.padding < 0 ? o.size - 1 : o.padding, before = all / 2, after = all - before;
  const bool is_same = o.stride == 1 && all == o.size - 1;
  const bool is_valid = o.size == o.stride && o.size == 2 && all == 1 && shape.rank == 4 && shape.dims[1] % 2 == 0 &&
                        shape.dims[2] % 2 == 0;
  const char *name = fv__darknet_name(b, "");
  if (is_same || is_valid)
    *x = fv_max_pooling2d(b->graph, *x, .name = name, .pool_size = {o.size}, .strides = {o.stride},
                          .padding = is_same ? FV_SAME : FV_VALID);
  else
    *x = fv_padded_max_pooling2d(b->graph, *x, .name = name, .pool_size = {o.size}, .strides = {o.stride},
                                 .padding = {before, after, before, after});
  return FV_OK;
}

static fv_status avgpool(fv__darknet_builder *b, fv_value *x) {
  *x = fv_global_average_pooling2d(b->graph, *x, .name = fv__darknet_name(b, ""), .keepdims = true);
  return FV_OK;
}

typedef struct upsample_options {
  int32_t stride;
} upsample_options;

static const fv_option upsample_table[] = {
    {"stride", FV_OPTION_INT, offsetof(upsample_options, stride), "2", 1, 1 << 10, NULL, ""}, {.name = NULL}};

static fv_status upsample(fv__darknet_builder *b, fv_value *x) {
  upsample_options o = {.stride = 0};
  TRY(fv__darknet_options(&o, upsample_table, b->text, b->section));
  TRY(fv__darknet_expect(b, "scale", "1"));
  *x = fv_up_sampling2d(b->graph, *x, .name = fv__darknet_name(b, ""), .size = {o.stride});
  return FV_OK;
}

typedef struct dropout_options {
  double probability;
} dropout_options;

static const fv_option dropout_table[] = {
    {"probability", FV_OPTION_FLOAT, offsetof(dropout_options, probability), "0.5", 0, 0.999, NULL, ""},
    {.name = NULL}};

static fv_status dropout(fv__darknet_builder *b, fv_value *x) {
  dropout_options o = {.probability = 0};
  TRY(fv__darknet_options(&o, dropout_table, b->text, b->section));
  *x = fv_dropout(b->graph, *x, .name = fv__darknet_name(b, ""), .rate = o.probability);
  return FV_OK;
}

static fv_status softmax(fv__darknet_builder *b, fv_value *x) {
  static const char *const others[][2] = {{"groups", "1"}, {"temperature", "1"}, {"tree", ""}, {"spatial", "0"}};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) TRY(fv__darknet_expect(b, others[i][0], others[i][1]));
  const fv_shape shape = fv_graph_shape(b->graph, *x);
  if (shape.rank == 4 && (shape.dims[1] != 1 || shape.dims[2] != 1))
    return fail(FV_ERROR_UNSUPPORTED, "over a map of %" PRId64 " x %" PRId64 "; over one pixel is supported",
                shape.dims[1], shape.dims[2]);
  if (shape.rank == 4) *x = fv_flatten(b->graph, *x, .name = fv__darknet_name(b, "_flatten"));
  *x = fv_softmax(b->graph, *x, .name = fv__darknet_name(b, ""));
  return FV_OK;
}

/* ---- layers that read others */

/* Values of the sections that `key` names; *count of them, at most FV_MERGE_INPUTS - 1. */
static fv_status others_of(fv_value *values, int32_t *count, const fv__darknet_builder *b, const char *key) {
  double places[FV_MERGE_INPUTS - 1];
  const char *list = fv__darknet_value(b->text, b->section, key);
  *count = list ? fv__darknet_numbers(places, FV_MERGE_INPUTS - 1, list) : 0;
  if (*count < 1) return fail(FV_ERROR_FORMAT, "expected %s=1 to %d sections", key, FV_MERGE_INPUTS - 1);
  for (int32_t i = 0; i < *count; i++) {
    const double place = places[i] < 0 ? b->at + places[i] : places[i];
    if (!(place >= 0 && place < b->at) || place != (int32_t)place)
      return fail(FV_ERROR_FORMAT, "%s names section %g, which does not stand before it", key, place);
    if (!b->values[(int32_t)place].node)
      return fail(FV_ERROR_UNSUPPORTED, "%s names section %g, which only ends a network", key, place);
    values[i] = b->values[(int32_t)place];
  }
  return FV_OK;
}

typedef struct route_options {
  int32_t groups, group_id;
} route_options;

static const fv_option route_table[] = {
    {"groups", FV_OPTION_INT, offsetof(route_options, groups), "1", 1, 1 << 20, NULL, ""},
    {"group_id", FV_OPTION_INT, offsetof(route_options, group_id), "0", 0, 1 << 20, NULL, ""},
    {.name = NULL}};

static fv_status take_group(fv_value *x, fv__darknet_builder *b, const route_options *o, int32_t number) {
  const fv_shape shape = fv_graph_shape(b->graph, *x);
  char part[24];
  if (shape.rank != 4 || shape.dims[3] % o->groups || o->group_id >= o->groups)
    return fail(FV_ERROR_SHAPE, "group %" PRId32 " of %" PRId32 " of %" PRId64 " channels", o->group_id, o->groups,
                shape.rank == 4 ? shape.dims[3] : 0);
  const int32_t channels = (int32_t)(shape.dims[3] / o->groups);
  snprintf(part, sizeof part, "_group_%" PRId32, number);
  *x = fv_channel_slice(b->graph, *x, .name = fv__darknet_name(b, part), .start = o->group_id * channels,
                        .count = channels);
  return FV_OK;
}

static fv_status route(fv__darknet_builder *b, fv_value *x) {
  fv_concatenate_options joined = {.inputs = {{.node = 0}}};
  route_options o = {.groups = 0};
  int32_t count;
  TRY(fv__darknet_options(&o, route_table, b->text, b->section));
  TRY(others_of(joined.inputs, &count, b, "layers"));
  for (int32_t i = 0; i < count && o.groups > 1; i++) TRY(take_group(&joined.inputs[i], b, &o, i));
  joined.name = fv__darknet_name(b, "");
  *x = count == 1 ? joined.inputs[0] : fv_concatenate_with(b->graph, &joined);
  return FV_OK;
}

typedef struct shortcut_options {
  const char *activation;
} shortcut_options;

static const fv_option shortcut_table[] = {
    {"activation", FV_OPTION_TEXT, offsetof(shortcut_options, activation), "linear", 0, 0, NULL, ""}, {.name = NULL}};

static fv_status shortcut(fv__darknet_builder *b, fv_value *x) {
  fv_add_options sum = {.inputs = {{.node = 0}}};
  shortcut_options o = {.activation = NULL};
  int32_t count;
  TRY(fv__darknet_options(&o, shortcut_table, b->text, b->section));
  TRY(fv__darknet_expect(b, "weights_type", "none"));
  TRY(others_of(sum.inputs + 1, &count, b, "from"));
  const fv_shape shape = fv_graph_shape(b->graph, *x);
  for (int32_t i = 1; i <= count; i++) {
    const fv_shape other = fv_graph_shape(b->graph, sum.inputs[i]);
    if (!fv_shape_equal(&shape, &other))
      return fail(FV_ERROR_UNSUPPORTED, "a sum of maps that are not of one size is not supported");
  }
  sum.inputs[0] = *x;
  sum.name = fv__darknet_name(b, "");
  *x = fv_add_with(b->graph, &sum);
  return activate(x, b, o.activation);
}

static fv_status cost(fv__darknet_builder *b, fv_value *x) {
  (void)b, (void)x;
  return FV_OK;
}

/* ---- all */

const fv__darknet_kind fv__darknet_kinds[] = {{"convolutional", "conv", convolutional},
                                              {"connected", "conn", connected},
                                              {"maxpool", "max", maxpool},
                                              {"avgpool", "avg", avgpool},
                                              {"upsample", NULL, upsample},
                                              {"dropout", NULL, dropout},
                                              {"softmax", "soft", softmax},
                                              {"route", NULL, route},
                                              {"shortcut", NULL, shortcut},
                                              {"yolo", NULL, fv__darknet_yolo},
                                              {"cost", NULL, cost},
                                              {.name = NULL}};
