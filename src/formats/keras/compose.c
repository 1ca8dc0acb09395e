/* From a model's graph to the configuration of a Functional model: its layers in Keras's order, each with what its
 * calls read. Nested models are flat in fovea, and stay so in files (docs/decisions/nested-models-are-written-flat.md).
 *
 *   Keras 2   inbound_nodes: [[["conv", 0, 0, {}], ["skip", 0, 0, {}]]]
 *   Keras 3   inbound_nodes: [{"args": [{"class_name": "__keras_tensor__", "config": {"shape", "dtype",
 *             "keras_history": ["conv", 0, 0]}}], "kwargs": {}}]
 */
#include <string.h>

#include "formats/keras/write.h"
#include "model/model.h"

static bool put(json_t *object, const char *key, json_t *value) { return json_object_set_new(object, key, value) == 0; }

/* ["conv", 0, 0]: layer, number of its call, output. */
static json_t *reference(const fv__keras_draft *draft, fv_value value) {
  int32_t layer = fv_model_node(draft->model, value.node).layer, call = 0;
  fv_layer_info info = fv_model_layer(draft->model, layer);
  while (info.nodes[call] != value.node) call++;
  return json_pack("[s,i,i]", draft->layers[layer], call, value.output);
}

static json_t *tensor_reference(const fv__keras_draft *draft, fv_value value) {
  fv_shape shape = fv_model_node(draft->model, value.node).output;
  json_t *dims = json_array(), *config, *tensor;
  for (int i = 0; i < shape.rank; i++)
    dims = fv__keras_append(dims, shape.dims[i] < 0 ? json_null() : json_integer(shape.dims[i]));
  config = fv__keras_with(json_object(), "shape", dims);
  config = fv__keras_with(config, "dtype", json_string("float32"));
  config = fv__keras_with(config, "keras_history", reference(draft, value));
  tensor = fv__keras_with(json_object(), "class_name", json_string("__keras_tensor__"));
  return fv__keras_with(tensor, "config", config);
}

/* One call. What takes several inputs takes them as one list. */
static json_t *call_of(const fv__keras_draft *draft, const fv_node_info *node, bool takes_list) {
  json_t *inputs = json_array();
  for (int32_t i = 0; i < node->input_count; i++) {
    json_t *input = draft->dialect == FV__KERAS_3 ? tensor_reference(draft, node->inputs[i])
                                                  : fv__keras_append(reference(draft, node->inputs[i]), json_object());
    inputs = fv__keras_append(inputs, input);
  }
  if (draft->dialect == FV__KERAS_2) return inputs;
  if (takes_list) inputs = fv__keras_append(json_array(), inputs);
  return fv__keras_with(fv__keras_with(json_object(), "args", inputs), "kwargs", json_object());
}

static json_t *calls_of(const fv__keras_draft *draft, const fv_layer_info *layer) {
  bool takes_list = fv__layer_find(layer->kind)->max_inputs != 1;
  json_t *calls = json_array();
  if (!strcmp(layer->kind, "InputLayer")) return calls;
  for (int32_t i = 0; i < layer->node_count; i++) {
    fv_node_info node = fv_model_node(draft->model, layer->nodes[i]);
    calls = fv__keras_append(calls, call_of(draft, &node, takes_list));
  }
  return calls;
}

static fv_status layer_entry(json_t **out, const fv__keras_draft *draft, int32_t index) {
  fv_layer_info layer = fv_model_layer(draft->model, index);
  json_t *config;
  char class_name[100];
  TRY(fv__keras_config(&config, draft, index));
  const char *written = fv__keras_written_class(draft, index, class_name);
  const char *module = fv__keras_module(layer.kind);
  json_t *entry = json_object();
  bool done = entry != NULL;
  if (draft->dialect == FV__KERAS_3) done = done && put(entry, "module", module ? json_string(module) : json_null());
  done = done && put(entry, "class_name", json_string(written)) && put(entry, "config", json_incref(config));
  if (draft->dialect == FV__KERAS_3) {
    json_t *registered = module ? json_null() : json_pack("s+", FV__KERAS_PACKAGE, layer.kind);
    done = done && put(entry, "registered_name", registered);
  }
  done = done && put(entry, "name", json_string(draft->layers[index])) &&
         put(entry, "inbound_nodes", calls_of(draft, &layer));
  json_decref(config);
  *out = entry;
  if (done) return FV_OK;
  json_decref(entry);
  *out = NULL;
  return fail(FV_ERROR_MEMORY, "no memory for the model's configuration");
}

static fv_status put_layers(json_t *config, const fv__keras_draft *draft) {
  json_t *layers = json_array();
  if (!layers || !put(config, "layers", layers))
    return fail(FV_ERROR_MEMORY, "no memory for the model's configuration");
  for (int32_t i = 0; i < fv_model_layer_count(draft->model); i++) {
    json_t *entry;
    fv_status status = layer_entry(&entry, draft, i);
    if (!status && json_array_append_new(layers, entry))
      status = fail(FV_ERROR_MEMORY, "no memory for the model's configuration");
    if (status) return note(status, "%s", draft->layers[i]);
  }
  return FV_OK;
}

/* Inputs or outputs. Keras 3 gives a model of one output its tensor, not a list of one, when there is no list here. */
static json_t *ends(const fv__keras_draft *draft, const fv_value *values, int32_t count) {
  if (draft->dialect == FV__KERAS_3 && count == 1) return reference(draft, values[0]);
  json_t *list = json_array();
  for (int32_t i = 0; i < count; i++) list = fv__keras_append(list, reference(draft, values[i]));
  return list;
}

fv_status fv__keras_compose(json_t **out, const fv__keras_draft *draft) {
  json_t *config = json_pack("{s:s, s:b}", "name", draft->name, "trainable", 1);
  *out = NULL;
  fv_status status = config ? put_layers(config, draft) : fail(FV_ERROR_MEMORY, "no memory for a configuration");
  const fv_graph *graph = draft->model->core->graph;
  bool done = !status && put(config, "input_layers", ends(draft, graph->inputs, graph->input_count)) &&
              put(config, "output_layers", ends(draft, graph->outputs, graph->output_count));
  if (!done) {
    json_decref(config);
    return status ? status : fail(FV_ERROR_MEMORY, "no memory for the model's configuration");
  }
  json_t *model = json_object();
  if (draft->dialect == FV__KERAS_3)
    model = fv__keras_with(model, "module", json_string("keras.src.models.functional"));
  model = fv__keras_with(model, "class_name", json_string("Functional"));
  model = fv__keras_with(model, "config", config);
  if (draft->dialect == FV__KERAS_3) model = fv__keras_with(model, "registered_name", json_string("Functional"));
  *out = model;
  return *out ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for the model's configuration");
}
