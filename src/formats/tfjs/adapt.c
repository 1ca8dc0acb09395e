/* Where TensorFlow.js's layers are not Keras 2's. Measured with @tensorflow/tfjs 4.22: tools/check-tfjs repeats it.
 *
 * A word that it has in another spelling is rewritten. Global pooling that keeps the axes, which it lacks, becomes
 * pooling over a window of the whole image; the layer's entry then has what it is for fovea:
 *
 *   {"class_name": "AveragePooling2D", "config": {...}, "fovea": {"class_name": "GlobalAveragePooling2D", "config": ...
 *
 * Whatever else it would not open, or compute otherwise, is remarked on.
 */
#include <string.h>

#include "formats/tfjs/tfjs.h"
#include "model/model.h"

static bool is_one_of(const char *word, const char *const *list) {
  while (*list && strcmp(word, *list)) list++;
  return *list != NULL;
}

static const char *const classes[] = {"InputLayer",
                                      "ReLU",
                                      "LeakyReLU",
                                      "PReLU",
                                      "ELU",
                                      "ThresholdedReLU",
                                      "Softmax",
                                      "Conv1D",
                                      "Conv2D",
                                      "Conv2DTranspose",
                                      "SeparableConv2D",
                                      "DepthwiseConv2D",
                                      "Cropping2D",
                                      "UpSampling2D",
                                      "ZeroPadding2D",
                                      "Dropout",
                                      "SpatialDropout1D",
                                      "GaussianNoise",
                                      "GaussianDropout",
                                      "AlphaDropout",
                                      "Dense",
                                      "Flatten",
                                      "Activation",
                                      "RepeatVector",
                                      "Reshape",
                                      "Permute",
                                      "Add",
                                      "Multiply",
                                      "Average",
                                      "Maximum",
                                      "Minimum",
                                      "Concatenate",
                                      "Dot",
                                      "BatchNormalization",
                                      "LayerNormalization",
                                      "MaxPooling1D",
                                      "AveragePooling1D",
                                      "MaxPooling2D",
                                      "AveragePooling2D",
                                      "GlobalAveragePooling1D",
                                      "GlobalMaxPooling1D",
                                      "GlobalAveragePooling2D",
                                      "GlobalMaxPooling2D",
                                      "Rescaling",
                                      NULL};

static const char *const functions[] = {"elu",          "selu",     "relu",     "relu6", "linear",  "sigmoid",
                                        "hard_sigmoid", "softplus", "softsign", "tanh",  "softmax", "log_softmax",
                                        "gelu",         "mish",     "swish",    NULL};

/* Options whose other values it lacks: numbers, pairs of one number, or words. */
static const struct rule {
  const char *class_name, *option;
  double number;
  const char *word;
} rules[] = {{"Conv1D", "padding", 0, "valid same"},
             {"Conv1D", "groups", 1, NULL},
             {"Conv2D", "groups", 1, NULL},
             {"DepthwiseConv2D", "dilation_rate", 1, NULL},
             {"UpSampling2D", "interpolation", 0, "nearest"},
             {"ReLU", "threshold", 0, NULL},
             {"ReLU", "negative_slope", 0, NULL},
             {"ELU", "alpha", 1, NULL},
             {"Softmax", "axis", -1, NULL},
             {"BatchNormalization", "axis", -1, NULL}};

static bool is_usual(const struct rule *rule, const json_t *value, int32_t rank) {
  if (!value || json_is_null(value)) return true;
  if (rule->word) return json_is_string(value) && strstr(rule->word, json_string_value(value));
  if (json_is_array(value)) {
    bool usual = true;
    for (size_t i = 0; i < json_array_size(value); i++) usual = usual && is_usual(rule, json_array_get(value, i), rank);
    return usual;
  }
  const double number = json_number_value(value);
  return number == rule->number || (!strcmp(rule->option, "axis") && number == rank - 1);
}

static void remark_on_options(const fv__keras_draft *draft, const json_t *config, const fv_layer_info *layer,
                              const fv_node_info *node) {
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    if (!strcmp(layer->kind, rules[i].class_name) &&
        !is_usual(&rules[i], json_object_get(config, rules[i].option), node->output.rank))
      fv__save_remark(draft->save,
                      "%s: TensorFlow.js's %s has no such %s: it does not open the file or computes otherwise",
                      layer->name, layer->kind, rules[i].option);
}

static bool has_twins(const fv_value *values, int32_t count) {
  for (int32_t i = 1; i < count; i++)
    for (int32_t k = 0; k < i; k++)
      if (values[i].node == values[k].node && values[i].output == values[k].output) return true;
  return false;
}

/* It frees a tensor behind its first reader when that reads it twice, and joins two at least. */
static void remark_on_calls(const fv__keras_draft *draft, const fv_layer_info *layer) {
  const bool joins = fv__layer_find(layer->kind)->max_inputs != 1;
  for (int32_t i = 0; i < layer->node_count && joins; i++) {
    fv_node_info node = fv_model_node(draft->model, layer->nodes[i]);
    if (node.input_count == 1)
      fv__save_remark(draft->save, "%s: TensorFlow.js's %s takes two inputs at least", layer->name, layer->kind);
    if (has_twins(node.inputs, node.input_count))
      fv__save_remark(draft->save, "%s: TensorFlow.js does not run layers that read one tensor twice", layer->name);
  }
}

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for the model's configuration"); }

static fv_status adapt_activation(const fv__keras_draft *draft, json_t *config, const fv_layer_info *layer) {
  const char *word = json_string_value(json_object_get(config, "activation"));
  if (!word) return FV_OK;
  if (!strcmp(word, "silu"))
    return json_object_set_new(config, "activation", json_string("swish")) ? no_memory() : FV_OK;
  if (!is_one_of(word, functions))
    fv__save_remark(draft->save, "%s: TensorFlow.js has no activation %s: it does not open the file", layer->name,
                    word);
  else if (draft->means_keras3 && !strcmp(word, "hard_sigmoid"))
    fv__save_remark(draft->save, "%s: TensorFlow.js computes Keras 2's hard_sigmoid", layer->name);
  return FV_OK;
}

/* The window of the whole image; false when images may have different sizes. */
static bool window_of(json_t **window, const fv_model *model, const fv_layer_info *layer) {
  const fv_shape *first = NULL;
  fv_shape shapes[2];
  for (int32_t i = 0; i < layer->node_count; i++) {
    const fv_value input = fv_model_node(model, layer->nodes[i]).inputs[0];
    shapes[first ? 1 : 0] = fv_model_node(model, input.node).output;
    if (first && !fv_shape_equal(first, &shapes[1])) return false;
    first = &shapes[0];
  }
  *window = json_array();
  for (int axis = 1; first && axis + 1 < first->rank; axis++) {
    if (first->dims[axis] < 0) {
      json_decref(*window);
      *window = NULL;
      return false;
    }
    *window = fv__keras_append(*window, json_integer(first->dims[axis]));
  }
  return first != NULL;
}

/* The entry with its class and options for fovea, and those of the pooling that is the same. */
static fv_status adapt_global_pooling(const fv__keras_draft *draft, json_t *entry, const fv_layer_info *layer) {
  json_t *config = json_object_get(entry, "config"), *window, *other, *own;
  if (strncmp(layer->kind, "Global", 6) != 0 || !json_is_true(json_object_get(config, "keepdims"))) return FV_OK;
  if (!window_of(&window, draft->model, layer)) {
    fv__save_remark(draft->save, "%s: TensorFlow.js has no keepdims: layers after it may not be opened", layer->name);
    return FV_OK;
  }
  other = fv__keras_with(json_object(), "name", json_incref(json_object_get(config, "name")));
  other = fv__keras_with(other, "pool_size", json_incref(window));
  other = fv__keras_with(other, "strides", window);
  other = fv__keras_with(other, "padding", json_string("valid"));
  other = fv__keras_with(other, "data_format", json_string("channels_last"));
  own = fv__keras_with(json_object(), "class_name", json_string(layer->kind));
  own = fv__keras_with(own, "config", json_incref(config));
  bool done = json_object_set_new(entry, "class_name", json_string(layer->kind + 6)) == 0;
  if (json_object_set_new(entry, "config", other)) done = false;
  if (json_object_set_new(entry, "fovea", own)) done = false;
  return done ? FV_OK : no_memory();
}

fv_status fv__tfjs_adapt(json_t *model, const fv__keras_draft *draft) {
  json_t *layers = json_object_get(json_object_get(model, "config"), "layers");
  for (int32_t i = 0; i < fv_model_layer_count(draft->model); i++) {
    json_t *entry = json_array_get(layers, (size_t)i), *config = json_object_get(entry, "config");
    fv_layer_info layer = fv_model_layer(draft->model, i);
    fv_node_info node = fv_model_node(draft->model, layer.nodes[0]);
    if (!is_one_of(layer.kind, classes))
      fv__save_remark(draft->save, "TensorFlow.js has no such layer %s: it does not open the file", layer.kind);
    remark_on_options(draft, config, &layer, &node);
    remark_on_calls(draft, &layer);
    TRY(adapt_activation(draft, config, &layer));
    TRY(adapt_global_pooling(draft, entry, &layer));
  }
  const fv_graph *graph = draft->model->core->graph;
  if (has_twins(graph->outputs, graph->output_count))
    fv__save_remark(draft->save, "TensorFlow.js does not run models with an output twice");
  return FV_OK;
}

fv_status fv__tfjs_restore(const json_t *model) {
  const json_t *layers = json_object_get(json_object_get(model, "config"), "layers");
  for (size_t i = 0; i < json_array_size(layers); i++) {
    json_t *entry = json_array_get(layers, i);
    const json_t *own = json_object_get(entry, "fovea");
    json_t *class_name = json_object_get(own, "class_name"), *config = json_object_get(own, "config");
    if (!json_is_string(class_name) || !json_is_object(config)) continue;
    if (json_object_set(entry, "class_name", class_name) || json_object_set(entry, "config", config))
      return no_memory();
  }
  return FV_OK;
}
