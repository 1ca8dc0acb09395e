/* Networks whose images are (C, H, W): every value of four axes is kept as (N, H, W, C) instead, so that what runs is
 * an ordinary network.
 *
 * A layer keeps its meaning when it works element by element, when its data_format tells it where the channels are, or
 * when the one axis it names is that of the channels. Around every other one (Flatten, Reshape, Dense on images,
 * Softmax over a row) the axes are turned to (C, H, W) and back: the numbers are the file's, and so are its weights.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <fovea/layers/permute.h>

#include "formats/keras/keras.h"

static const char *const by_element[] = {"InputLayer",
                                         "ReLU",
                                         "LeakyReLU",
                                         "ELU",
                                         "ThresholdedReLU",
                                         "Dropout",
                                         "GaussianNoise",
                                         "GaussianDropout",
                                         "AlphaDropout",
                                         "Add",
                                         "Average",
                                         "Subtract",
                                         "Multiply",
                                         "Maximum",
                                         "Minimum",
                                         "Rescaling",
                                         "ActivityRegularization"};

/* Layers whose axis may be that of the channels. */
static const char *const by_axis[] = {"BatchNormalization", "GroupNormalization", "LayerNormalization", "Concatenate",
                                      "Softmax"};

static bool is_among(const char *const *list, size_t count, const char *word) {
  for (size_t i = 0; i < count; i++)
    if (!strcmp(list[i], word)) return true;
  return false;
}

static const char *order_of(const json_t *layer) {
  return json_string_value(json_object_get(json_object_get(layer, "config"), "data_format"));
}

/* The name of a layer of the tree that has the given order, or NULL; Flatten does not count: what it says concerns its
 * own output. */
static const char *find(const json_t *value, const char *order) {
  const char *found = NULL, *key;
  json_t *inner;
  size_t i;
  if (json_is_array(value)) json_array_foreach(value, i, inner) if (!found) found = find(inner, order);
  if (!json_is_object(value)) return found;
  const char *class_name = json_string_value(json_object_get(value, "class_name")), *own = order_of(value);
  if (class_name && own && strcmp(class_name, "Flatten") && !strcmp(own, order)) {
    const char *name = json_string_value(json_object_get(json_object_get(value, "config"), "name"));
    return name ? name : class_name;
  }
  json_object_foreach((json_t *)value, key, inner) if (!found) found = find(inner, order);
  return found;
}

fv_status fv__keras_channels_first(bool *answer, const json_t *model) {
  const char *first = find(model, "channels_first"), *last = find(model, "channels_last");
  *answer = first != NULL;
  if (first && last)
    return fail(FV_ERROR_UNSUPPORTED,
                "a network with both orders of axes: %.40s is channels_first, %.40s "
                "channels_last",
                first, last);
  return FV_OK;
}

/* Whether the layer's axis is 1, as a number or a list of one. */
static bool is_channel_axis(const json_t *axis) {
  if (json_is_array(axis) && json_array_size(axis) == 1) axis = json_array_get(axis, 0);
  return json_is_integer(axis) && json_integer_value(axis) == 1;
}

static bool is_softmax(const json_t *config) {
  const char *function = json_string_value(json_object_get(config, "activation"));
  return function && (!strcmp(function, "softmax") || !strcmp(function, "log_softmax"));
}

fv_status fv__keras_make_channels_last(json_t *layer, const char *class_name, fv__keras_turning *turning) {
  json_t *config = json_object_get(layer, "config");
  const char *order = order_of(layer);
  *turning = FV__KERAS_TURNED; /* the axes around it */
  if (order && !strcmp(order, "channels_first")) {
    if (strstr(class_name, "1D") || strstr(class_name, "3D"))
      return fail(FV_ERROR_UNSUPPORTED, "channels_first is supported for images only");
    if (is_softmax(config))
      return fail(FV_ERROR_UNSUPPORTED, "a softmax over the width, which is its last axis, is not supported here");
    json_object_del(config, "data_format");
    *turning = FV__KERAS_AS_IT_IS;
  } else if (is_among(by_element, sizeof by_element / sizeof *by_element, class_name) ||
             (!strcmp(class_name, "Activation") && !is_softmax(config))) {
    *turning = FV__KERAS_AS_IT_IS;
  } else if (is_among(by_axis, sizeof by_axis / sizeof *by_axis, class_name) &&
             is_channel_axis(json_object_get(config, "axis"))) {
    if (json_object_set_new(config, "axis", json_integer(-1))) return fail(FV_ERROR_MEMORY, "no memory for a network");
    *turning = FV__KERAS_AXIS_MOVED;
  }
  return FV_OK;
}

/* An image's axes in another order: a Permute of its own. Other values are left alone. */
static fv_status turn(fv_value *value, fv_graph *graph, const char *path, int32_t *turns, bool to_channels_first) {
  if (fv_graph_shape(graph, *value).rank != 4) return fv_graph_status(graph);
  char name[300];
  snprintf(name, sizeof name, "%.200s_channels_%s_%" PRId32, path, to_channels_first ? "first" : "last", ++*turns);
  fv_permute_options options = {.name = name, .dims = {2, 3, 1}};
  if (to_channels_first) options = (fv_permute_options){.name = name, .dims = {3, 1, 2}};
  *value = fv_graph_call(graph, fv_graph_add(graph, "Permute", &options), value, 1);
  return fv_graph_status(graph);
}

fv_status fv__keras_call(fv_value *output, fv_graph *graph, fv__arena *arena, const fv__keras_call_facts *call,
                         int32_t *turns) {
  fv_value *inputs = fv__arena_take(arena, ((size_t)call->count + 1) * sizeof *inputs);
  if (!inputs) return fail(FV_ERROR_MEMORY, "no memory for a network");
  for (int32_t i = 0; i < call->count; i++) {
    int32_t rank = fv_graph_shape(graph, call->inputs[i]).rank;
    inputs[i] = call->inputs[i];
    if (call->turning == FV__KERAS_TURNED) TRY(turn(&inputs[i], graph, call->path, turns, true));
    if (call->turning == FV__KERAS_AXIS_MOVED && rank != 4 && rank != 2)
      return fail(FV_ERROR_UNSUPPORTED, "%.100s: axis 1 of %" PRId32 " axes in a channels_first network", call->path,
                  rank);
  }
  *output = fv_graph_call(graph, call->layer, inputs, call->count);
  return call->turning == FV__KERAS_TURNED ? turn(output, graph, call->path, turns, false) : fv_graph_status(graph);
}
