/* From a model's configuration to a graph.
 *
 * A configuration is a tree: a model lists layers, and a nested model among them is such a list again. Reading goes in
 * two steps. First every list is read once: its layers are added to the graph, those of nested models with the model's
 * name before theirs. Then the calls are replayed: a nested model that is called twice replays its inner calls twice on
 * the same layers. References between calls are (layer, number of its call, number of the output):
 *   Keras 2   inbound_nodes: [[["conv", 0, 0, {}], ["skip", 0, 0, {}]]]
 *   Keras 3   inbound_nodes: [{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["conv", 0, 0]
 *             }}], "kwargs": {}}]
 * Keras 2 numbers the calls of a nested model with an input layer from 1, since building it was call 0.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/layers/input_layer.h>

#include "formats/keras/keras.h"

enum { MODELS_DEEP_MAX = 16, PARTS_MAX = 1 << 14, CALLS_MAX = 1 << 17, INPUTS_MAX = 1 << 12, REPLAYS_MAX = 1 << 20 };

struct reference {
  int32_t part, call, output;
};

struct references {
  int32_t count;
  struct reference *list;
};

/* One layer or nested model of a list. */
struct part {
  fv__keras_entry *entry;
  const json_t *nodes; /* inbound_nodes; NULL in a Sequential */
  int32_t layer;       /* its number in the graph; 0 for nested models and their input layers */
  fv__keras_turning turning;
  const json_t *output_shape; /* of transposed convolutions of Keras 1: the batch, then the axes of the output */
  bool is_input;
  fv_value input;           /* of the whole model's input layers: their value */
  struct container *inside; /* of a nested model */
  int32_t first_call;       /* how the file numbers its first call */
  int32_t call_count;
  struct references *calls; /* what each call reads */
};

struct container {
  bool is_sequential;
  bool starts_with_input;
  struct part *parts;
  int32_t count;
  json_t *places; /* name -> place in parts */
  struct references inputs, outputs;
};

/* The outputs of the calls of one part, during one replay. */
struct results {
  int32_t done;
  int32_t seen; /* how many references of the next call are known to be there */
  bool waiting; /* its next call waits for others; stays so for one that waits for itself */
  struct values *calls;
};

struct values {
  int32_t count;
  fv_value *list;
};

struct builder {
  fv_graph *graph;
  fv__arena *arena;
  int version;
  bool channels_first;
  const char *prefix; /* of names: "encoder/" */
  int32_t calls, parts, turns;
  int32_t replays; /* of parts, also of those that no call follows */
  int depth;
  struct container *containers[PARTS_MAX]; /* all of them: their json is to be freed */
  int32_t container_count;
};

static fv_status take(struct builder *b, void *memory, size_t count, size_t size) {
  void *taken = count < SIZE_MAX / size ? fv__arena_take(b->arena, count * size) : NULL;
  memcpy(memory, &taken, sizeof taken);
  return taken ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for a network");
}

static bool is_model(const char *class_name) {
  return !strcmp(class_name, "Functional") || !strcmp(class_name, "Model") || !strcmp(class_name, "Sequential");
}

/* Step 1: layers. */

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
  TRY(take(b, &options, 1, type->kind.options_size));
  TRY(fv__keras_options(options, type, config, b->version, b->arena));
  *(const char **)((char *)options + type->name_offset) = part->entry->name;
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
  TRY(take(b, &prefix, size, 1));
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

static fv_status set_path(struct builder *b, fv__keras_entry *entry) {
  char *path;
  size_t size = strlen(b->prefix) + strlen(entry->name) + 1;
  TRY(take(b, &path, size, 1));
  snprintf(path, size, "%s%s", b->prefix, entry->name);
  entry->path = path;
  return FV_OK;
}

static fv_status add_part(struct builder *b, struct part *part, json_t *layer, bool is_nested) {
  const json_t *config = json_object_get(layer, "config");
  fv__keras_entry *entry = part->entry;
  part->nodes = json_object_get(layer, "inbound_nodes");
  part->is_input = !strcmp(entry->class_name, "InputLayer");
  if (is_model(entry->class_name)) return add_nested(b, part, config);
  TRY(set_path(b, entry));
  if (part->is_input) return is_nested ? FV_OK : add_input(b, part, config, entry->name);
  return add_plain_layer(b, part, entry->class_name, layer);
}

/* Class and name of a layer in the list. The name stands beside or in the configuration. */
static fv_status name_part(fv__keras_entry *entry, const json_t *layer) {
  const json_t *config = json_object_get(layer, "config");
  entry->class_name = fv__keras_bare_word(json_string_value(json_object_get(layer, "class_name")));
  entry->name = json_string_value(json_object_get(layer, "name"));
  if (!entry->name) entry->name = json_string_value(json_object_get(config, "name"));
  if (!entry->class_name) return fail(FV_ERROR_FORMAT, "a layer without class_name");
  if (is_model(entry->class_name) && json_is_array(config) && !entry->name) entry->name = "sequential";
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
  TRY(take(b, &part->entry, 1, sizeof *part->entry));
  part->entry->class_name = "InputLayer";
  part->is_input = true;
  const char *first_name = json_string_value(json_object_get(first, "name"));
  char name[300];
  snprintf(name, sizeof name, "%.250s_input", first_name ? first_name : "sequential");
  char *copy = fv__arena_text(b->arena, name);
  if (!copy) return fail(FV_ERROR_MEMORY, "no memory for a network");
  part->entry->name = part->entry->path = copy;
  json_t *facts = json_object();
  const json_t *from = found ? first : config;
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
  TRY(take(b, &c->parts, count + 1, sizeof *c->parts));
  TRY(take(b, &entry->entries, count + 1, sizeof *entry->entries));
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
    TRY(name_part(part->entry, json_array_get(layers, i)));
    if (json_object_get(c->places, part->entry->name))
      return fail(FV_ERROR_FORMAT, "two layers are called '%.100s'", part->entry->name);
    if (json_object_set_new(c->places, part->entry->name, json_integer((json_int_t)(i + spare))))
      return fail(FV_ERROR_MEMORY, "no memory for a network");
    fv_status status = add_part(b, part, json_array_get(layers, i), is_nested);
    if (status == FV_ERROR_SHAPE || status == FV_ERROR_INVALID || status == FV_ERROR_UNSUPPORTED) {
      /* A failure of the graph names the layer already. */
      return fv_graph_status(b->graph) ? status : note(status, "%s", part->entry->name);
    }
    if (status) return status;
  }
  c->count = (int32_t)(count + spare);
  entry->entry_count = (int32_t)count;
  return FV_OK;
}

/* References. */

static fv_status read_reference(const struct container *c, struct reference *reference, const json_t *triple) {
  const char *name = json_string_value(json_array_get(triple, 0));
  const json_t *call = json_array_get(triple, 1), *output = json_array_get(triple, 2);
  const json_t *place = name ? json_object_get(c->places, name) : NULL;
  if (!place) return fail(FV_ERROR_FORMAT, "no layer '%.100s' in the list", name ? name : "?");
  if (!json_is_integer(call) || !json_is_integer(output) || json_integer_value(call) < 0 ||
      json_integer_value(output) < 0 || json_integer_value(call) > CALLS_MAX || json_integer_value(output) > CALLS_MAX)
    return fail(FV_ERROR_FORMAT, "a reference to '%.100s' without numbers", name);
  *reference = (struct reference){(int32_t)json_integer_value(place), (int32_t)json_integer_value(call),
                                  (int32_t)json_integer_value(output)};
  return FV_OK;
}

static fv_status check_arguments(const json_t *arguments) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)arguments, key, value) {
    bool is_harmless = json_is_null(value) || (!strcmp(key, "training") && json_is_boolean(value));
    if (!is_harmless) return fail(FV_ERROR_UNSUPPORTED, "call argument '%.60s' is not supported", key);
  }
  return FV_OK;
}

static fv_status add_reference(struct builder *b, const struct container *c, struct references *found,
                               const json_t *triple) {
  if (found->count == INPUTS_MAX) return fail(FV_ERROR_UNSUPPORTED, "more than %d inputs of a layer", INPUTS_MAX);
  if ((found->count & (found->count - 1)) == 0) { /* room doubles at 0, 1, 2, 4 ... */
    struct reference *larger;
    TRY(take(b, &larger, found->count ? 2 * (size_t)found->count : 1, sizeof *larger));
    if (found->count) memcpy(larger, found->list, (size_t)found->count * sizeof *larger);
    found->list = larger;
  }
  TRY(check_arguments(json_array_get(triple, 3)));
  return read_reference(c, &found->list[found->count++], triple);
}

/* All references inside a value, in its order: lists of lists, Keras 3's tensors, dicts of them. The depth is bounded
 * by the JSON's. */
static fv_status collect(struct builder *b, const struct container *c, struct references *found, const json_t *value) {
  if (json_is_null(value)) return FV_OK;
  if (json_is_array(value) && json_is_string(json_array_get(value, 0))) return add_reference(b, c, found, value);
  if (json_is_array(value)) {
    for (size_t i = 0; i < json_array_size(value); i++) TRY(collect(b, c, found, json_array_get(value, i)));
    return FV_OK;
  }
  if (!json_is_object(value)) return fail(FV_ERROR_UNSUPPORTED, "a call with a constant argument");
  const char *class_name = json_string_value(json_object_get(value, "class_name"));
  if (class_name && !strcmp(class_name, "__keras_tensor__"))
    return add_reference(b, c, found, json_object_get(json_object_get(value, "config"), "keras_history"));
  const char *key;
  json_t *inner;
  json_object_foreach((json_t *)value, key, inner) TRY(collect(b, c, found, inner));
  return FV_OK;
}

static fv_status read_calls(struct builder *b, const struct container *c, struct part *part) {
  size_t count = json_array_size(part->nodes);
  if (count > CALLS_MAX) return fail(FV_ERROR_UNSUPPORTED, "more than %d calls of a layer", CALLS_MAX);
  TRY(take(b, &part->calls, count + 1, sizeof *part->calls));
  part->call_count = (int32_t)count;
  for (size_t i = 0; i < count; i++) {
    const json_t *node = json_array_get(part->nodes, i);
    if (json_is_object(node)) {
      part->first_call = 0;
      TRY(check_arguments(json_object_get(node, "kwargs")));
      node = json_object_get(node, "args");
    }
    TRY(collect(b, c, &part->calls[i], node));
  }
  return FV_OK;
}

static fv_status read_functional(struct builder *b, struct container *c, const json_t *config) {
  for (int32_t i = 0; i < c->count; i++) {
    fv_status status = read_calls(b, c, &c->parts[i]);
    if (status) return note(status, "%s", c->parts[i].entry->name);
  }
  TRY(collect(b, c, &c->inputs, json_object_get(config, "input_layers")));
  TRY(collect(b, c, &c->outputs, json_object_get(config, "output_layers")));
  for (int32_t i = 0; i < c->inputs.count; i++)
    if (!c->parts[c->inputs.list[i].part].is_input)
      return fail(FV_ERROR_UNSUPPORTED, "%.100s: an input that is no InputLayer",
                  c->parts[c->inputs.list[i].part].entry->name);
  if (c->outputs.count == 0) return fail(FV_ERROR_FORMAT, "a model without outputs");
  return FV_OK;
}

static fv_status read_container(struct builder *b, struct container **made, fv__keras_entry *entry,
                                const json_t *config, bool is_nested) {
  struct container *c;
  TRY(take(b, &c, 1, sizeof *c));
  *made = c;
  c->is_sequential = !strcmp(entry->class_name, "Sequential");
  c->places = json_object();
  if (!c->places) return fail(FV_ERROR_MEMORY, "no memory for a network");
  b->containers[b->container_count++] = c;
  const json_t *layers = json_is_array(config) ? config : json_object_get(config, "layers");
  if (!json_is_array(layers) || json_array_size(layers) == 0) return fail(FV_ERROR_FORMAT, "a model without layers");
  TRY(read_parts(b, c, entry, config, layers, is_nested));
  return c->is_sequential ? FV_OK : read_functional(b, c, config);
}

/* Step 2: calls. */

static fv_status replay(struct builder *b, const struct container *c, const struct values *inputs,
                        struct values *outputs);

/* Keras 1 says the height and width of a transposed convolution's output, which need not be what Keras 2 makes. */
static fv_status check_output_shape(struct builder *b, const struct part *part, fv_value output) {
  size_t first = b->channels_first ? 2 : 1;
  fv_shape shape = fv_graph_shape(b->graph, output);
  for (size_t i = 0; i < 2; i++) {
    const json_t *extent = json_array_get(part->output_shape, first + i);
    if (json_is_integer(extent) && json_integer_value(extent) != shape.dims[1 + i])
      return fail(FV_ERROR_UNSUPPORTED,
                  "%.100s: an output of %" PRId64 " rows or columns where strides and padding give "
                  "%" PRId64,
                  part->entry->path, (int64_t)json_integer_value(extent), (int64_t)shape.dims[1 + i]);
  }
  return FV_OK;
}

static fv_status call_part(struct builder *b, const struct part *part, const struct values *inputs,
                           struct values *outputs) {
  if (++b->calls > CALLS_MAX) return fail(FV_ERROR_UNSUPPORTED, "more than %d calls of layers", CALLS_MAX);
  if (part->inside) {
    fv_status status = replay(b, part->inside, inputs, outputs);
    return status && !fv_graph_status(b->graph) ? note(status, "%s", part->entry->name) : status;
  }
  TRY(take(b, &outputs->list, 1, sizeof *outputs->list));
  outputs->count = 1;
  const fv__keras_call_facts call = {part->layer, part->turning, part->entry->path, inputs->list, inputs->count};
  TRY(fv__keras_call(&outputs->list[0], b->graph, b->arena, &call, &b->turns));
  return part->output_shape ? check_output_shape(b, part, outputs->list[0]) : FV_OK;
}

static fv_status replay_sequential(struct builder *b, const struct container *c, const struct values *inputs,
                                   struct values *outputs) {
  *outputs = *inputs;
  for (int32_t i = 0; i < c->count; i++) {
    if (c->parts[i].is_input && !c->parts[i].layer) continue;
    struct values now = *outputs;
    TRY(call_part(b, &c->parts[i], &now, outputs));
  }
  return FV_OK;
}

/* The first reference from number *seen on that is not there yet; NULL when all are. */
static fv_status find_missing(const struct reference **missing, const struct container *c,
                              const struct results *results, const struct references *references, int32_t *seen) {
  *missing = NULL;
  for (; *seen < references->count; ++*seen) {
    const struct reference *r = &references->list[*seen];
    int32_t call = r->call - c->parts[r->part].first_call;
    const struct results *result = &results[r->part];
    if (call < 0 || call >= (c->parts[r->part].is_input ? 1 : c->parts[r->part].call_count))
      return fail(FV_ERROR_FORMAT, "no call %" PRId32 " of '%.100s'", r->call, c->parts[r->part].entry->name);
    if (call >= result->done) {
      *missing = r;
      return FV_OK;
    }
    if (r->output >= result->calls[call].count)
      return fail(FV_ERROR_FORMAT, "no output %" PRId32 " of '%.100s'", r->output, c->parts[r->part].entry->name);
  }
  return FV_OK;
}

/* The values that references name, all of which are there. */
static fv_status gather(struct builder *b, const struct container *c, const struct results *results,
                        const struct references *references, struct values *values) {
  TRY(take(b, &values->list, (size_t)references->count + 1, sizeof *values->list));
  values->count = references->count;
  for (int32_t i = 0; i < references->count; i++) {
    const struct reference *r = &references->list[i];
    values->list[i] = results[r->part].calls[r->call - c->parts[r->part].first_call].list[r->output];
  }
  return FV_OK;
}

static fv_status begin_replay(struct builder *b, const struct container *c, const struct values *inputs,
                              struct results *results) {
  if ((b->replays += c->count) > REPLAYS_MAX)
    return fail(FV_ERROR_UNSUPPORTED, "models inside are called too often: more than %d layers", REPLAYS_MAX);
  for (int32_t i = 0; i < c->count; i++) {
    const struct part *part = &c->parts[i];
    results[i].waiting = part->is_input;
    TRY(take(b, &results[i].calls, (size_t)part->call_count + 1, sizeof *results[i].calls));
    if (!part->is_input || !part->layer) continue;
    struct values none = {0};
    TRY(call_part(b, part, &none, &results[i].calls[0]));
    c->parts[i].input = results[i].calls[0].list[0];
    results[i].done = 1;
  }
  if (!inputs) return FV_OK;
  if (inputs->count != c->inputs.count)
    return fail(FV_ERROR_FORMAT, "a model with %" PRId32 " inputs is called on %" PRId32, c->inputs.count,
                inputs->count);
  for (int32_t i = 0; i < c->inputs.count; i++) {
    struct results *result = &results[c->inputs.list[i].part];
    result->calls[0] = (struct values){1, &inputs->list[i]};
    result->done = 1;
  }
  return FV_OK;
}

/* A part that is to make its calls up to number `wanted`. */
struct demand {
  int32_t part, wanted;
};

/* Makes all calls of part `first`, before each the calls that it reads, which a stack remembers: however the file
 * orders its layers, every reference is looked at once. What waits for itself in a circle is left waiting. */
static fv_status make_calls(struct builder *b, const struct container *c, struct results *results, int32_t first,
                            struct demand *stack) {
  int32_t depth = 1;
  stack[0] = (struct demand){first, c->parts[first].call_count};
  results[first].waiting = true;
  while (depth > 0) {
    const struct demand *top = &stack[depth - 1];
    const struct part *part = &c->parts[top->part];
    struct results *result = &results[top->part];
    if (result->done >= top->wanted) {
      result->waiting = false;
      depth--;
      continue;
    }
    const struct reference *missing;
    TRY(find_missing(&missing, c, results, &part->calls[result->done], &result->seen));
    if (missing) {
      if (results[missing->part].waiting) return FV_OK;
      results[missing->part].waiting = true;
      stack[depth++] = (struct demand){missing->part, missing->call - c->parts[missing->part].first_call + 1};
      continue;
    }
    struct values now = {0};
    TRY(gather(b, c, results, &part->calls[result->done], &now));
    TRY(call_part(b, part, &now, &result->calls[result->done]));
    result->done++;
    result->seen = 0;
  }
  return FV_OK;
}

static fv_status replay_functional(struct builder *b, const struct container *c, const struct values *inputs,
                                   struct values *outputs) {
  struct results *results;
  struct demand *stack;
  TRY(take(b, &results, (size_t)c->count, sizeof *results));
  TRY(take(b, &stack, (size_t)c->count, sizeof *stack));
  TRY(begin_replay(b, c, inputs, results));
  for (int32_t i = 0; i < c->count; i++)
    if (!results[i].waiting && !c->parts[i].is_input) TRY(make_calls(b, c, results, i, stack));
  const struct reference *missing;
  int32_t seen = 0;
  TRY(find_missing(&missing, c, results, &c->outputs, &seen));
  if (missing) return fail(FV_ERROR_FORMAT, "the model's output waits for a layer that is never called");
  return gather(b, c, results, &c->outputs, outputs);
}

static fv_status replay(struct builder *b, const struct container *c, const struct values *inputs,
                        struct values *outputs) {
  if (!c->is_sequential) return replay_functional(b, c, inputs, outputs);
  static const struct values none = {0};
  return replay_sequential(b, c, inputs ? inputs : &none, outputs);
}

/* The inputs of the whole model in its order. */
static fv_status model_inputs(struct builder *b, const struct container *c, struct values *inputs) {
  TRY(take(b, &inputs->list, (size_t)c->inputs.count + 1, sizeof *inputs->list));
  inputs->count = c->inputs.count;
  for (int32_t i = 0; i < c->inputs.count; i++) inputs->list[i] = c->parts[c->inputs.list[i].part].input;
  return FV_OK;
}

static fv_status build(struct builder *b, fv_model **model, fv__keras_entry *root, const json_t *config) {
  struct container *c;
  TRY(read_container(b, &c, root, config, false));
  struct values inputs = {0}, outputs = {0};
  TRY(replay(b, c, NULL, &outputs));
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
  if (!is_model(root->class_name))
    return fail(FV_ERROR_UNSUPPORTED, "models of class '%.60s' are not supported; Functional and Sequential are",
                root->class_name);
  root->name = json_string_value(json_object_get(config, "name"));
  if (!root->name) root->name = "model";
  return FV_OK;
}

fv_status fv__keras_build(fv_model **model, fv__keras_network *network, const char *text, size_t size, int version) {
  *model = NULL;
  struct builder *b = calloc(1, sizeof *b);
  if (!b) return fail(FV_ERROR_MEMORY, "no memory for a network");
  b->arena = &network->arena;
  b->version = version;
  b->prefix = "";
  b->graph = fv_graph_create();
  json_t *json = NULL;
  fv_status status = fv__json_read(&json, text, size);
  if (status) status = note(status, "the model's configuration");
  if (!status && version < 2) status = fv__keras1_rewrite(json); /* which may make it a model of another class */
  if (!status) status = read_root(&network->root, json);
  if (!status) status = fv__keras_channels_first(&b->channels_first, json);
  network->channels_first = b->channels_first;
  if (!status) status = build(b, model, &network->root, json_object_get(json, "config"));
  fv_graph_destroy(b->graph);
  for (int32_t i = 0; i < b->container_count; i++) json_decref(b->containers[i]->places);
  network->json = json;
  free(b);
  if (!status) status = fv__keras_outline(*model, network);
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
