/* From a model's configuration to a graph.
 *
 * A configuration is a tree: a model lists layers, and a nested model among them is such a list again. Reading goes in
 * two steps. First every list is read once: its layers are added to the graph, those of nested models with the model's
 * name before theirs. Then the calls are replayed (calls.c).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/layers/input_layer.h>

#include "formats/keras/network.h"
#include "graph/graph.h"

fv_status fv__keras_take(struct builder *b, void *memory, size_t count, size_t size) {
  void *taken = count < SIZE_MAX / size ? fv__arena_take(b->arena, count * size) : NULL;
  memcpy(memory, &taken, sizeof taken);
  return taken ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for a network");
}

bool fv__keras_is_model(const char *class_name) {
  return !strcmp(class_name, "Functional") || !strcmp(class_name, "Model") || !strcmp(class_name, "Sequential");
}

static fv_status add_input(struct builder *b, struct part *part, const json_t *config, const char *name) {
  fv_input_layer_options options = {.name = NULL};
  bool found;
  TRY(fv__keras_options(&options, fv__layer_find("InputLayer"), config, b->version, b->arena));
  TRY(fv__keras_input_shape(options.shape, &found, config));
  if (!found) return fail(FV_ERROR_SHAPE, "the file does not say the shape of the model's input");
  if (b->channels_first && options.shape[2] && !options.shape[3]) { /* an image: (C, H, W) */
    int32_t channels = options.shape[0];
    options.shape[0] = options.shape[1];
    options.shape[1] = options.shape[2];
    options.shape[2] = channels;
  }
  options.name = name;
  part->layer = fv_graph_add(b->graph, "InputLayer", &options);
  return fv_graph_status(b->graph);
}

static fv_status add_plain_layer(struct builder *b, struct part *part, const char *class_name, json_t *layer) {
  const fv__layer_type *type = fv__layer_find(class_name);
  if (!type) return fv__keras_unknown_class(class_name);
  json_t *config = json_object_get(layer, "config");
  if (b->channels_first) TRY(fv__keras_make_channels_last(layer, class_name, &part->turning));
  if (b->version < 2 && !strcmp(class_name, "Conv2DTranspose"))
    part->output_shape = json_object_get(config, "output_shape");
  void *options;
  TRY(fv__keras_take(b, &options, 1, type->kind.options_size));
  TRY(fv__keras_options(options, type, config, b->version, b->arena));
  *(const char **)((char *)options + type->name_offset) = part->entry->name;
  part->entry->config = config;
  part->layer = fv_graph_add(b->graph, class_name, options);
  return fv_graph_status(b->graph);
}

static fv_status read_container(struct builder *b, struct container **made, fv__keras_entry *entry,
                                const json_t *config, bool is_nested);

static fv_status add_nested(struct builder *b, struct part *part, const json_t *config) {
  if (b->depth == MODELS_DEEP_MAX) return fail(FV_ERROR_UNSUPPORTED, "models nested deeper than %d", MODELS_DEEP_MAX);
  const char *outer = b->prefix;
  char *prefix;
  size_t size = strlen(outer) + strlen(part->entry->name) + 2;
  TRY(fv__keras_take(b, &prefix, size, 1));
  snprintf(prefix, size, "%s%s/", outer, part->entry->name);
  b->prefix = prefix;
  b->depth++;
  fv_graph_begin_module(b->graph, part->entry->name);
  TRY(read_container(b, &part->inside, part->entry, config, true));
  fv_graph_end_module(b->graph);
  b->depth--;
  b->prefix = outer;
  /* In the list form of Keras 2; Keras 3's form is recognised by its objects when the nodes are read. */
  part->first_call = part->inside->starts_with_input ? 1 : 0;
  return FV_OK;
}

fv_status fv__keras_leave_out(struct builder *b, const struct part *part, fv_status status) {
  if (!b->flaws || !part->entry->path || part->is_input || b->again || b->flaws->count == MISSING_MAX) return status;
  TRY(fv__flaws_add(b->flaws, status, part->entry->path, part->entry->class_name));
  b->again = fv_graph_status(b->graph) != FV_OK;
  return b->again ? status : FV_OK;
}

static fv_status set_path(struct builder *b, fv__keras_entry *entry) {
  char *path;
  size_t size = strlen(b->prefix) + strlen(entry->name) + 1;
  TRY(fv__keras_take(b, &path, size, 1));
  snprintf(path, size, "%s%s", b->prefix, entry->name);
  entry->path = path;
  return FV_OK;
}

static fv_status add_part(struct builder *b, struct part *part, json_t *layer, bool is_nested) {
  const json_t *config = json_object_get(layer, "config");
  fv__keras_entry *entry = part->entry;
  part->nodes = json_object_get(layer, "inbound_nodes");
  part->is_input = !strcmp(entry->class_name, "InputLayer");
  if (fv__keras_is_model(entry->class_name)) return add_nested(b, part, config);
  TRY(set_path(b, entry));
  if (part->is_input) return is_nested ? FV_OK : add_input(b, part, config, entry->name);
  part->is_missing = fv__flaws_find(b->flaws, entry->path) != NULL;
  if (part->is_missing) return FV_OK;
  return add_plain_layer(b, part, entry->class_name, layer);
}

fv_status fv__keras_name_entry(fv__keras_entry *entry, const json_t *layer) {
  const json_t *config = json_object_get(layer, "config");
  entry->class_name = fv__keras_bare_word(json_string_value(json_object_get(layer, "class_name")));
  entry->name = json_string_value(json_object_get(layer, "name"));
  if (!entry->name) entry->name = json_string_value(json_object_get(config, "name"));
  if (!entry->class_name) return fail(FV_ERROR_FORMAT, "a layer without class_name");
  if (fv__keras_is_model(entry->class_name) && json_is_array(config) && !entry->name) entry->name = "sequential";
  if (!entry->name || !*entry->name)
    return fail(FV_ERROR_FORMAT, "a layer of class %.60s without name", entry->class_name);
  return FV_OK;
}

/* The first layer's configuration, looked for inside models. */
static const json_t *first_layer(const json_t *layers) {
  const json_t *config = NULL;
  while (json_is_array(layers) && json_array_size(layers) > 0) {
    config = json_object_get(json_array_get(layers, 0), "config");
    layers = json_is_array(config) ? config : json_object_get(config, "layers");
  }
  return config;
}

/* A Sequential may say its input's shape in its first layer, or beside the list. */
static fv_status add_missing_input(struct builder *b, struct part *part, const json_t *config, const json_t *layers) {
  const json_t *first = first_layer(layers);
  bool found;
  int32_t shape[FV_OPTION_INTS_MAX];
  TRY(fv__keras_input_shape(shape, &found, first));
  const json_t *from = found ? first : config;
  if (!found) TRY(fv__keras_input_shape(shape, &found, config));
  if (!found) {
    b->unbuilt = true;
    return fail(FV_ERROR_SHAPE, "the model was never built, so the file does not say the shape of its input: build or "
                                "call it in Keras, then save it again");
  }
  TRY(fv__keras_take(b, &part->entry, 1, sizeof *part->entry));
  part->entry->class_name = "InputLayer";
  part->is_input = true;
  const char *first_name = json_string_value(json_object_get(first, "name"));
  char name[300];
  snprintf(name, sizeof name, "%.250s_input", first_name ? first_name : "sequential");
  char *copy = fv__arena_text(b->arena, name);
  if (!copy) return fail(FV_ERROR_MEMORY, "no memory for a network");
  part->entry->name = part->entry->path = copy;
  json_t *facts = json_object();
  static const char *const keys[] = {"batch_shape", "batch_input_shape", "build_input_shape"};
  bool copied = facts != NULL;
  for (int i = 0; i < 3 && copied; i++)
    if (json_object_get(from, keys[i])) copied = !json_object_set(facts, keys[i], json_object_get(from, keys[i]));
  fv_status status = copied ? add_input(b, part, facts, copy) : fail(FV_ERROR_MEMORY, "no memory for a network");
  json_decref(facts);
  return status;
}

static fv_status read_parts(struct builder *b, struct container *c, fv__keras_entry *entry, const json_t *config,
                            const json_t *layers, bool is_nested) {
  size_t count = json_array_size(layers), spare = 0;
  if ((b->parts += (int32_t)(count < PARTS_MAX ? count : PARTS_MAX)) >= PARTS_MAX)
    return fail(FV_ERROR_UNSUPPORTED, "a network of more than %d layers", PARTS_MAX);
  TRY(fv__keras_take(b, &c->parts, count + 1, sizeof *c->parts));
  TRY(fv__keras_take(b, &entry->entries, count + 1, sizeof *entry->entries));
  const char *first_class = json_string_value(json_object_get(json_array_get(layers, 0), "class_name"));
  const json_t *first_config = json_object_get(json_array_get(layers, 0), "config");
  c->starts_with_input = (first_class && !strcmp(first_class, "InputLayer")) ||
                         json_is_array(json_object_get(first_config, "batch_input_shape"));
  if (c->is_sequential && !is_nested && !(first_class && !strcmp(first_class, "InputLayer"))) {
    TRY(add_missing_input(b, &c->parts[0], config, layers));
    spare = 1;
  }
  for (size_t i = 0; i < count; i++) {
    struct part *part = &c->parts[c->count = (int32_t)(i + spare)];
    part->entry = &entry->entries[i];
    TRY(fv__keras_name_entry(part->entry, json_array_get(layers, i)));
    if (json_object_get(c->places, part->entry->name))
      return fail(FV_ERROR_FORMAT, "two layers are called '%.100s'", part->entry->name);
    if (json_object_set_new(c->places, part->entry->name, json_integer((json_int_t)(i + spare))))
      return fail(FV_ERROR_MEMORY, "no memory for a network");
    fv_status status = add_part(b, part, json_array_get(layers, i), is_nested);
    if (status == FV_ERROR_SHAPE || status == FV_ERROR_INVALID || status == FV_ERROR_UNSUPPORTED) {
      /* A failure of the graph names the layer already. */
      if (fv_graph_status(b->graph) == FV_OK) status = note(status, "%s", part->entry->name);
      status = fv__keras_leave_out(b, part, status);
      part->is_missing = status == FV_OK;
    }
    if (status) return status;
  }
  c->count = (int32_t)(count + spare);
  entry->entry_count = (int32_t)count;
  return FV_OK;
}

static fv_status read_container(struct builder *b, struct container **made, fv__keras_entry *entry,
                                const json_t *config, bool is_nested) {
  struct container *c;
  TRY(fv__keras_take(b, &c, 1, sizeof *c));
  *made = c;
  c->is_sequential = !strcmp(entry->class_name, "Sequential");
  c->places = json_object();
  if (!c->places) return fail(FV_ERROR_MEMORY, "no memory for a network");
  b->containers[b->container_count++] = c;
  const json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
  if (!json_is_array(layers) || json_array_size(layers) == 0) return fail(FV_ERROR_FORMAT, "a model without layers");
  TRY(read_parts(b, c, entry, config, layers, is_nested));
  return c->is_sequential ? FV_OK : fv__keras_read_functional(b, c, config);
}

/* The inputs of the whole model in its order. */
static fv_status model_inputs(struct builder *b, const struct container *c, struct values *inputs) {
  TRY(fv__keras_take(b, &inputs->list, (size_t)c->inputs.count + 1, sizeof *inputs->list));
  inputs->count = c->inputs.count;
  for (int32_t i = 0; i < c->inputs.count; i++) inputs->list[i] = c->parts[c->inputs.list[i].part].input;
  return FV_OK;
}

static void add_output(struct values *outputs, fv_value value) {
  for (int32_t i = 0; i < outputs->count; i++)
    if (outputs->list[i].node == value.node) return;
  outputs->list[outputs->count++] = value;
}

/* Of a network with layers missing: the outputs that are left, and where it ends now. */
static fv_status settle_outputs(struct builder *b, struct values *outputs) {
  if (!b->flaws || !b->flaws->count) return FV_OK;
  struct values left = {0};
  bool *is_read;
  TRY(fv__keras_take(b, &left.list, (size_t)outputs->count + (size_t)b->ends.count + 1, sizeof *left.list));
  TRY(fv__keras_take(b, &is_read, (size_t)b->graph->node_count + 1, sizeof *is_read));
  for (int32_t n = 0; n < b->graph->node_count; n++)
    for (int32_t i = 0; i < b->graph->nodes[n].input_count; i++) is_read[b->graph->nodes[n].inputs[i].node] = true;
  for (int32_t i = 0; i < outputs->count; i++)
    if (outputs->list[i].node) add_output(&left, outputs->list[i]);
  for (int32_t i = 0; i < b->ends.count; i++)
    if (!is_read[b->ends.list[i].node]) add_output(&left, b->ends.list[i]);
  for (int32_t i = 0; i < b->ends.count && !left.count; i++) add_output(&left, b->ends.list[i]);
  if (!left.count) return fail(b->flaws->list[0].status, "%s", b->flaws->list[0].sentence);
  *outputs = left;
  return FV_OK;
}

static fv_status build(struct builder *b, fv_model **model, fv__keras_entry *root, const json_t *config) {
  struct container *c;
  TRY(read_container(b, &c, root, config, false));
  struct values inputs = {0}, outputs = {0};
  TRY(fv__keras_replay(b, c, NULL, &outputs));
  TRY(settle_outputs(b, &outputs));
  fv_graph_set_name(b->graph, root->name);
  TRY(model_inputs(b, c, &inputs));
  fv_graph *graph = b->graph;
  b->graph = NULL; /* consumed */
  return fv_model_create_with(model, graph, c->is_sequential ? NULL : inputs.list, inputs.count, outputs.list,
                              outputs.count);
}

static fv_status read_root(fv__keras_entry *root, const json_t *json) {
  const json_t *config = json_object_get(json, "config");
  root->class_name = json_string_value(json_object_get(json, "class_name"));
  if (!root->class_name || !config) return fail(FV_ERROR_FORMAT, "the configuration is not a model's");
  if (!fv__keras_is_model(root->class_name))
    return fail(FV_ERROR_UNSUPPORTED, "models of class '%.60s' are not supported; Functional and Sequential are",
                root->class_name);
  root->name = json_string_value(json_object_get(config, "name"));
  if (!root->name) root->name = "model";
  return FV_OK;
}

/* One try. *again: there will be another, without a layer more. */
static fv_status try_to_build(fv_model **model, fv__keras_network *network, const fv__keras_text *text,
                              fv__flaws *flaws, bool *again) {
  struct builder *b = calloc(1, sizeof *b);
  *again = false;
  if (!b) return fail(FV_ERROR_MEMORY, "no memory for a network");
  b->arena = &network->arena;
  b->version = text->version;
  b->flaws = flaws;
  b->prefix = "";
  b->graph = fv_graph_create();
  json_t *json = NULL;
  fv_status status = fv__json_read(&json, text->text, text->size);
  if (status) status = note(status, "the model's configuration");
  if (!status && b->version < 2) status = fv__keras1_rewrite(json); /* which may make it a model of another class */
  if (!status) status = read_root(&network->root, json);
  if (!status) status = fv__keras_channels_first(&b->channels_first, json);
  network->channels_first = b->channels_first;
  if (!status) status = build(b, model, &network->root, json_object_get(json, "config"));
  fv_graph_destroy(b->graph);
  for (int32_t i = 0; i < b->container_count; i++) json_decref(b->containers[i]->places);
  network->json = json;
  network->unbuilt = b->unbuilt;
  *again = b->again;
  free(b);
  return status;
}

fv_status fv__keras_build(fv_model **model, fv__keras_network *network, const fv__keras_text *text) {
  *model = NULL;
  fv__flaws *flaws = text->as_it_is ? fv__flaws_create() : NULL;
  if (text->as_it_is && !flaws) return FV_ERROR_MEMORY;
  bool again;
  fv_status status = try_to_build(model, network, text, flaws, &again);
  while (again) {
    fv__keras_network_free(network);
    status = try_to_build(model, network, text, flaws, &again);
  }
  if (*model)
    fv__model_take_flaws(*model, flaws);
  else
    fv__flaws_destroy(flaws);
  if (!status) status = fv__keras_outline(*model, network);
  if (!status) status = fv__keras_take_regularizers(*model, &network->root);
  if (!status) return FV_OK;
  fv_model_destroy(*model);
  *model = NULL;
  return status;
}

void fv__keras_network_free(fv__keras_network *network) {
  json_decref(network->json);
  fv__arena_clear(&network->arena);
  *network = (fv__keras_network){.json = NULL};
}
