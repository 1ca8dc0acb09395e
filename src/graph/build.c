/* The builder: adding layers, naming them, calling them, checking shapes.
 *
 * The first failure sticks with its sentence; all later calls answer the empty value at once, so that a program may
 * build a whole network and ask once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/text.h"
#include "graph/graph.h"

typedef struct fv__name_counter {
  struct fv__name_counter *next;
  const char *stem; /* "conv2d", with its module */
  int32_t count;
} fv__name_counter;

typedef struct fv__name_slot {
  const char *name;
} fv__name_slot;

/* Passes and placement compare every op with every other: this many take about a second. */
enum { LAYER_LIMIT = 1 << 14 };

fv_graph *fv_graph_create(void) {
  fv_graph *graph = calloc(1, sizeof *graph);
  if (!graph) {
    (void)!fail(FV_ERROR_MEMORY, "no memory for a graph");
    return NULL;
  }
  graph->name = "model";
  graph->module = "";
  return graph;
}

void fv_graph_destroy(fv_graph *graph) {
  if (!graph) return;
  fv__arena_clear(&graph->arena);
  free(graph->layers);
  free(graph->nodes);
  free(graph->names);
  free(graph);
}

static void stick(fv_graph *graph, fv_status status) {
  if (graph->status != FV_OK || status == FV_OK) return;
  graph->status = status;
  fv__error_save(graph->message);
}

fv_status fv_graph_status(const fv_graph *graph) {
  if (!graph) return fail(FV_ERROR_MEMORY, "no memory for a graph");
  return graph->status == FV_OK ? FV_OK : fv__error_raise(graph->status, graph->message);
}

void fv_graph_number_names_from_one(fv_graph *graph) {
  if (graph) graph->names_from_one = true;
}

void fv_graph_set_name(fv_graph *graph, const char *name) {
  if (!graph || graph->status) return;
  graph->name = fv__arena_text(&graph->arena, name);
  if (!graph->name) stick(graph, fail(FV_ERROR_MEMORY, "no memory for a name"));
}

void fv_graph_begin_module(fv_graph *graph, const char *name) {
  if (!graph || graph->status) return;
  size_t bytes = strlen(graph->module) + strlen(name) + 2;
  char *module = fv__arena_take(&graph->arena, bytes);
  if (!module) {
    stick(graph, fail(FV_ERROR_MEMORY, "no memory for a module"));
    return;
  }
  snprintf(module, bytes, "%s%s/", graph->module, name);
  graph->module = module;
}

void fv_graph_end_module(fv_graph *graph) {
  if (!graph || graph->status || !*graph->module) return;
  size_t length = strlen(graph->module) - 1; /* without the last '/' */
  while (length > 0 && graph->module[length - 1] != '/') length--;
  char *outer = fv__arena_copy(&graph->arena, graph->module, length + 1);
  if (!outer) {
    stick(graph, fail(FV_ERROR_MEMORY, "no memory for a module"));
    return;
  }
  outer[length] = '\0';
  graph->module = outer;
}

/* Where `name` is or would be in the table (open addressing; the table is never more than half full). */
static fv__name_slot *find_name(const fv_graph *graph, const char *name) {
  uint32_t mask = graph->name_slots - 1, at = (uint32_t)fv__rng_state(name, 0) & mask;
  while (graph->names[at].name && strcmp(graph->names[at].name, name)) at = (at + 1) & mask;
  return &graph->names[at];
}

static fv_status make_name_room(fv_graph *graph) {
  if (2 * (uint32_t)(graph->layer_count + 1) < graph->name_slots) return FV_OK;
  uint32_t old_slots = graph->name_slots;
  fv__name_slot *old = graph->names;
  graph->name_slots = old_slots ? 2 * old_slots : 64;
  graph->names = calloc(graph->name_slots, sizeof *graph->names);
  if (!graph->names) {
    graph->names = old;
    graph->name_slots = old_slots;
    return fail(FV_ERROR_MEMORY, "no memory for names");
  }
  for (uint32_t i = 0; i < old_slots; i++)
    if (old[i].name) *find_name(graph, old[i].name) = old[i];
  free(old);
  return FV_OK;
}

/* "conv2d", "conv2d_1", ...: the counter of a class counts the names it has given. */
static fv_status automatic_name(fv_graph *graph, const char *class_name, const char **name) {
  char stem[256], text[300];
  size_t used = (size_t)snprintf(stem, sizeof stem, "%.150s", graph->module);
  fv__snake_case(stem + used, sizeof stem - used, class_name);
  fv__name_counter *counter = graph->counters;
  while (counter && strcmp(counter->stem, stem)) counter = counter->next;
  if (!counter) {
    counter = fv__arena_take(&graph->arena, sizeof *counter);
    if (!counter || !(counter->stem = fv__arena_text(&graph->arena, stem)))
      return fail(FV_ERROR_MEMORY, "no memory for names");
    counter->count = graph->names_from_one ? 1 : 0;
    counter->next = graph->counters;
    graph->counters = counter;
  }
  do {
    if (counter->count == 0)
      snprintf(text, sizeof text, "%s", stem);
    else
      snprintf(text, sizeof text, "%s_%" PRId32, stem, counter->count);
    counter->count++;
  } while (find_name(graph, text)->name);
  *name = fv__arena_text(&graph->arena, text);
  return *name ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for names");
}

static fv_status name_layer(fv_graph *graph, const fv__layer_type *type, const char *wish, const char **name) {
  TRY(make_name_room(graph));
  if (wish && *wish) {
    size_t bytes = strlen(graph->module) + strlen(wish) + 1;
    if (bytes > 4096)
      return fail(FV_ERROR_INVALID, "a layer's name has %zu bytes, at most 4095 are allowed", bytes - 1);
    char *full = fv__arena_take(&graph->arena, bytes);
    if (!full) return fail(FV_ERROR_MEMORY, "no memory for names");
    snprintf(full, bytes, "%s%s", graph->module, wish);
    if (find_name(graph, full)->name) return fail(FV_ERROR_INVALID, "two layers are called '%s'", full);
    *name = full;
  } else {
    TRY(automatic_name(graph, type->kind.name ? type->kind.name : type->kind.function, name));
  }
  find_name(graph, *name)->name = *name;
  return FV_OK;
}

/* The caller's options, complete, with strings of our own. */
static fv_status copy_options(fv_graph *graph, const fv__layer_type *type, const void *options, void **copy) {
  *copy = fv__arena_copy(&graph->arena, options, type->kind.options_size);
  if (!*copy) return fail(FV_ERROR_MEMORY, "no memory for options");
  TRY(fv_options_complete(*copy, type->kind.table));
  for (const fv_option *option = type->kind.table; option->name; option++) {
    if (option->kind != FV_OPTION_TEXT && option->kind != FV_OPTION_OBJECT) continue;
    const char **text = (const char **)((char *)*copy + option->offset);
    if (*text && !(*text = fv__arena_text(&graph->arena, *text))) return fail(FV_ERROR_MEMORY, "no memory for options");
  }
  return FV_OK;
}

static fv_status add_layer(fv_graph *graph, const fv__layer_type *type, const void *options, int32_t *number) {
  const char *wish = *(const char *const *)((const char *)options + type->name_offset);
  if (graph->layer_count >= LAYER_LIMIT) return fail(FV_ERROR_UNSUPPORTED, "more than %d layers", LAYER_LIMIT);
  if (graph->layer_count == graph->layer_room) {
    int32_t room = graph->layer_room ? 2 * graph->layer_room : 32;
    fv__layer *layers = realloc(graph->layers, (size_t)room * sizeof *layers);
    if (!layers) return fail(FV_ERROR_MEMORY, "no memory for layers");
    graph->layers = layers;
    graph->layer_room = room;
  }
  fv__layer layer = {.type = type, .frozen = *(const bool *)((const char *)options + type->frozen_offset)};
  fv_status status = copy_options(graph, type, options, &layer.options);
  if (status) return note(status, "%s", wish ? wish : type->kind.name ? type->kind.name : type->kind.function);
  TRY(name_layer(graph, type, wish, &layer.name));
  graph->layers[graph->layer_count] = layer;
  *number = ++graph->layer_count;
  return FV_OK;
}

static fv_status find_kind(const char *kind, const fv__layer_type **type) {
  *type = fv__layer_find(kind);
  if (!*type) *type = fv__layer_find_function(kind);
  return *type ? FV_OK : fail(FV_ERROR_UNSUPPORTED, "there is no layer of kind '%s'", kind);
}

int32_t fv_graph_add(fv_graph *graph, const char *kind, const void *options) {
  if (!graph || graph->status) return 0;
  const fv__layer_type *type;
  int32_t number = 0;
  fv_status status = find_kind(kind, &type);
  if (!status) status = add_layer(graph, type, options, &number);
  stick(graph, status);
  return status ? 0 : number;
}

static bool same_weights(const fv__layer *layer, const fv__weight_spec *specs, int32_t count) {
  if (layer->weight_count != count) return false;
  for (int32_t i = 0; i < count; i++)
    if (!fv_shape_equal(&layer->weights[i].shape, &specs[i].shape)) return false;
  return true;
}

/* The first call makes the weights, later ones must agree with them. */
static fv_status settle_weights(fv__layer *layer, const fv_shape *input) {
  fv__weight_spec specs[FV__LAYER_WEIGHTS] = {0};
  int32_t count = layer->type->weights ? layer->type->weights(layer->options, input, specs) : 0;
  if (layer->calls == 0) {
    for (int32_t i = 0; i < count; i++) {
      int64_t elements;
      TRY(fv_shape_elements(&elements, &specs[i].shape));
      specs[i].trainable = specs[i].trainable && !layer->frozen;
    }
    memcpy(layer->weights, specs, sizeof specs);
    layer->weight_count = count;
  } else if (!same_weights(layer, specs, count)) {
    char text[128];
    return fail(FV_ERROR_SHAPE, "its weights were made for another input than %s",
                fv_shape_text(text, sizeof text, input));
  }
  layer->calls++;
  return FV_OK;
}

void fv__graph_freeze(fv_graph *graph, int32_t number, bool frozen) {
  fv__layer *layer = &graph->layers[number - 1];
  const fv__node *node = &graph->nodes[layer->nodes[0] - 1];
  fv__weight_spec specs[FV__LAYER_WEIGHTS] = {0};
  layer->frozen = frozen;
  *(bool *)((char *)layer->options + layer->type->frozen_offset) = frozen;
  if (!layer->weight_count) return;
  layer->type->weights(layer->options, &graph->nodes[node->inputs[0].node - 1].output, specs);
  for (int32_t i = 0; i < layer->weight_count; i++) layer->weights[i].trainable = specs[i].trainable && !frozen;
}

static fv_status check_inputs(const fv_graph *graph, const fv__layer *layer, const fv_value *inputs, int32_t count) {
  const fv__layer_type *type = layer->type;
  if (count < type->min_inputs || (type->max_inputs && count > type->max_inputs))
    return fail(FV_ERROR_INVALID, "expected %s%" PRId32 " input%s, found %" PRId32,
                type->max_inputs == type->min_inputs ? "" : "at least ", type->min_inputs,
                type->min_inputs == 1 ? "" : "s", count);
  for (int32_t i = 0; i < count; i++)
    if (inputs[i].node < 1 || inputs[i].node > graph->node_count || inputs[i].output != 0)
      return fail(FV_ERROR_INVALID, "input %" PRId32 " is no value of this graph", i + 1);
  return FV_OK;
}

static fv_status call_layer(fv_graph *graph, fv__layer *layer, int32_t number, const fv_value *inputs, int32_t count,
                            fv_value *value) {
  TRY(check_inputs(graph, layer, inputs, count));
  if (graph->node_count >= LAYER_LIMIT) return fail(FV_ERROR_UNSUPPORTED, "more than %d calls of layers", LAYER_LIMIT);
  if (graph->node_count == graph->node_room) {
    int32_t room = graph->node_room ? 2 * graph->node_room : 32;
    fv__node *nodes = realloc(graph->nodes, (size_t)room * sizeof *nodes);
    if (!nodes) return fail(FV_ERROR_MEMORY, "no memory for nodes");
    graph->nodes = nodes;
    graph->node_room = room;
  }
  fv_shape *shapes = calloc((size_t)count + 1, sizeof *shapes);
  if (!shapes) return fail(FV_ERROR_MEMORY, "no memory for shapes");
  for (int32_t i = 0; i < count; i++) shapes[i] = graph->nodes[inputs[i].node - 1].output;
  fv__node node = {.layer = number, .input_count = count};
  fv_status status = layer->type->shape(layer->options, shapes, count, &node.output);
  if (!status) status = settle_weights(layer, &shapes[0]);
  free(shapes);
  if (status) return status;
  if (count && !(node.inputs = fv__arena_copy(&graph->arena, inputs, (size_t)count * sizeof *inputs)))
    return fail(FV_ERROR_MEMORY, "no memory for nodes");
  graph->nodes[graph->node_count] = node;
  *value = (fv_value){++graph->node_count, 0};
  return FV_OK;
}

fv_value fv_graph_call(fv_graph *graph, int32_t number, const fv_value *inputs, int32_t count) {
  fv_value value = {0, 0};
  if (!graph || graph->status) return value;
  if (number < 1 || number > graph->layer_count) {
    stick(graph, fail(FV_ERROR_INVALID, "there is no layer number %" PRId32, number));
    return value;
  }
  fv__layer *layer = &graph->layers[number - 1];
  fv_status status = call_layer(graph, layer, number, inputs, count, &value);
  if (status) stick(graph, note(status, "%s", layer->name));
  return value;
}

fv_value fv_graph_build(fv_graph *graph, const char *kind, const void *options) {
  fv_value none = {0, 0};
  if (!graph || graph->status) return none;
  const fv__layer_type *type;
  fv_status status = find_kind(kind, &type);
  if (status) {
    stick(graph, status);
    return none;
  }
  int32_t number = fv_graph_add(graph, kind, options);
  if (!number) return none;
  const fv_value *inputs = (const fv_value *)(const void *)((const char *)options + type->input_offset);
  int32_t count = 0;
  if (type->inputs_in_options == 1) count = 1;
  if (type->inputs_in_options > 1)
    while (count < type->inputs_in_options && inputs[count].node) count++;
  return fv_graph_call(graph, number, inputs, count);
}

fv_shape fv_graph_shape(const fv_graph *graph, fv_value value) {
  if (!graph || value.node < 1 || value.node > graph->node_count) return (fv_shape){0};
  return graph->nodes[value.node - 1].output;
}
