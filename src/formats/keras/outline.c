/* The list of layers of a model's configuration, as an outline (fovea/outline.h).
 *
 * It is read from the configuration again once the model stands, so everything here is known to be well formed and
 * within the limits of network.c. Sequentials say nothing of calls: only those inside functional models have some.
 *
 * A Sequential that was never built makes no model. Its list is read for itself: layers without shapes and weights, and
 * among them models that are built, each of which is made for itself and lends its outline.
 */
#include <stdlib.h>
#include <string.h>

#include "formats/keras/network.h"
#include "model/outline.h"

struct outliner {
  const fv_model *model;
  const fv__keras_network *network;
  fv__arena *arena;
  fv_outline_row *rows;
  int32_t count;
  json_t *places;
};

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for the outline of a network"); }

static int32_t count_rows(const fv__keras_entry *entry) {
  int32_t count = entry->entry_count;
  for (int32_t i = 0; i < entry->entry_count; i++) count += count_rows(&entry->entries[i]);
  return count;
}

/* The layers' places by name. */
static fv_status index_layers(struct outliner *o) {
  o->places = json_object();
  for (int32_t i = 0; i < fv_model_layer_count(o->model); i++)
    if (json_object_set_new_nocheck(o->places, fv_model_layer(o->model, i).name, json_integer(i))) return no_memory();
  return FV_OK;
}

static int32_t find_layer(const struct outliner *o, const char *path) {
  const json_t *place = path ? json_object_get(o->places, path) : NULL;
  return place ? (int32_t)json_integer_value(place) : -1;
}

static const json_t *layers_of(const json_t *config) {
  return json_is_array(config) ? config : json_object_get(config, "layers");
}

/* Keras 2 numbers the calls of a model inside from 1 when it has an input layer (network.c); here all are from 0. The
 * names of those models in a list. */
static fv_status find_numbered_from_one(json_t *names, const json_t *layers, const fv__keras_entry *entry) {
  for (int32_t i = 0; i < entry->entry_count; i++) {
    if (!entry->entries[i].entry_count) continue;
    const json_t *config = json_object_get(json_array_get(layers, (size_t)i), "config");
    const json_t *first = json_array_get(layers_of(config), 0);
    const char *kind = json_string_value(json_object_get(first, "class_name"));
    bool has_input = (kind && !strcmp(kind, "InputLayer")) ||
                     json_is_array(json_object_get(json_object_get(first, "config"), "batch_input_shape"));
    if (has_input && json_object_set_new_nocheck(names, entry->entries[i].name, json_true())) return no_memory();
  }
  return FV_OK;
}

/* All references inside a value in its order; with `sources` NULL they are counted alone. */
static int32_t collect(fv_outline_source *sources, const json_t *from_one, const json_t *value) {
  int32_t count = 0;
  const char *kind = json_string_value(json_object_get(value, "class_name"));
  if (kind && !strcmp(kind, "__keras_tensor__"))
    return collect(sources, NULL, json_object_get(json_object_get(value, "config"), "keras_history"));
  if (json_is_array(value) && json_is_string(json_array_get(value, 0))) {
    if (!sources) return 1;
    sources->name = json_string_value(json_array_get(value, 0));
    sources->call = (int32_t)json_integer_value(json_array_get(value, 1));
    sources->output = (int32_t)json_integer_value(json_array_get(value, 2));
    sources->call -= json_object_get(from_one, sources->name) != NULL;
    return 1;
  }
  const char *key;
  json_t *inner;
  size_t i;
  json_array_foreach((json_t *)value, i, inner) count += collect(sources ? sources + count : NULL, from_one, inner);
  json_object_foreach((json_t *)value, key, inner) count += collect(sources ? sources + count : NULL, from_one, inner);
  return count;
}

static fv_status put_sources(struct outliner *o, fv_outline_row *row, const json_t *from_one, const json_t *nodes) {
  fv_outline_source *sources;
  row->call_count = (int32_t)json_array_size(nodes);
  row->source_count = collect(NULL, from_one, nodes);
  if (!row->source_count) return FV_OK;
  row->sources = sources = fv__arena_take(o->arena, (size_t)row->source_count * sizeof *sources);
  if (!sources) return no_memory();
  collect(sources, from_one, nodes);
  for (int32_t i = 0; i < row->source_count; i++) {
    sources[i].name = fv__arena_text(o->arena, sources[i].name);
    if (!sources[i].name) return no_memory();
  }
  return FV_OK;
}

/* The rows of a model inside that make its outputs. */
static fv_status put_outputs(struct outliner *o, int32_t place, const json_t *config) {
  fv_outline_row *row = &o->rows[place];
  const json_t *ends = json_object_get(config, "output_layers");
  int32_t count = ends ? collect(NULL, NULL, ends) : 1, found = 0;
  fv_outline_source *sources = fv__arena_take(o->arena, ((size_t)count + 1) * sizeof *sources);
  int32_t *outputs = fv__arena_take(o->arena, ((size_t)count + 1) * sizeof *outputs);
  if (!sources || !outputs) return no_memory();
  if (ends) collect(sources, NULL, ends);
  for (int32_t k = 0; k < count; k++) {
    int32_t last = -1;
    for (int32_t i = place + 1; i < row->end; i = o->rows[i].end)
      if (!ends || !strcmp(o->rows[i].name, sources[k].name)) last = i;
    if (last >= 0) outputs[found++] = last;
  }
  row->outputs = outputs;
  row->output_count = found;
  return FV_OK;
}

static fv_status put_shape(struct outliner *o, fv_outline_row *row, const json_t *config) {
  int32_t shape[FV_OPTION_INTS_MAX] = {0};
  bool found;
  TRY(fv__keras_input_shape(shape, &found, config));
  if (!found) return FV_OK;
  row->shape.rank = 1;
  row->shape.dims[0] = -1;
  for (int i = 0; i < FV_OPTION_INTS_MAX && shape[i] && row->shape.rank < FV_MAX_RANK; i++)
    row->shape.dims[row->shape.rank++] = shape[i];
  if (o->network->channels_first && row->shape.rank == 4) {
    int64_t channels = row->shape.dims[1];
    row->shape.dims[1] = row->shape.dims[2];
    row->shape.dims[2] = row->shape.dims[3];
    row->shape.dims[3] = channels;
  }
  return FV_OK;
}

static fv_status put_list(struct outliner *o, const fv__keras_entry *entry, const json_t *layers, int32_t level);

static fv_status put_row(struct outliner *o, const fv__keras_entry *entry, const json_t *from_one, const json_t *layer,
                         int32_t level) {
  const json_t *config = json_object_get(layer, "config");
  bool is_input = !strcmp(entry->class_name, "InputLayer");
  int32_t index = find_layer(o, entry->path);
  if (index < 0 && !entry->entry_count && !(is_input && level)) return FV_OK; /* no output needs it */
  const int32_t place = o->count++;
  fv_outline_row *row = &o->rows[place];
  row->name = fv__arena_text(o->arena, entry->name);
  row->kind = fv__arena_text(o->arena, strcmp(entry->class_name, "Model") ? entry->class_name : "Functional");
  if (!row->name || !row->kind) return no_memory();
  row->level = level;
  row->layer = index;
  row->frozen = json_is_false(json_object_get(config, "trainable"));
  TRY(put_sources(o, row, from_one, json_object_get(layer, "inbound_nodes")));
  if (index < 0 && is_input) TRY(put_shape(o, row, config));
  if (entry->entry_count) TRY(put_list(o, entry, layers_of(config), level + 1));
  row->end = o->count;
  return entry->entry_count ? put_outputs(o, place, config) : FV_OK;
}

static fv_status put_list(struct outliner *o, const fv__keras_entry *entry, const json_t *layers, int32_t level) {
  const bool hides_input = !strcmp(entry->class_name, "Sequential");
  json_t *from_one = json_object();
  fv_status status = from_one ? find_numbered_from_one(from_one, layers, entry) : no_memory();
  for (int32_t i = 0; i < entry->entry_count && !status; i++)
    if (!hides_input || strcmp(entry->entries[i].class_name, "InputLayer"))
      status = put_row(o, &entry->entries[i], from_one, json_array_get(layers, (size_t)i), level);
  json_decref(from_one);
  return status;
}

static fv_status begin(struct outliner *o, fv__outline **outline, const fv_model *model,
                       const fv__keras_network *network, size_t rows) {
  *outline = calloc(1, sizeof **outline);
  if (!*outline) return no_memory();
  *o = (struct outliner){.model = model, .network = network, .arena = &(*outline)->arena};
  o->rows = fv__arena_take(o->arena, (rows + 1) * sizeof *o->rows);
  return o->rows ? FV_OK : no_memory();
}

/* What was begun becomes the outline; `status` is what came of it. */
static fv_status finish(struct outliner *o, fv__outline *outline, fv_status status) {
  const char *name = status ? NULL : fv__arena_text(o->arena, o->network->root.name);
  json_decref(o->places);
  if (!status && !name) status = no_memory();
  if (!status)
    outline->facts = (fv_outline){name, !strcmp(o->network->root.class_name, "Sequential"), o->count, o->rows};
  return status;
}

fv_status fv__keras_outline(fv_model *model, const fv__keras_network *network) {
  fv__outline *outline;
  struct outliner o;
  fv_status status = begin(&o, &outline, model, network, (size_t)count_rows(&network->root));
  if (!status) status = index_layers(&o);
  if (!status) status = put_list(&o, &network->root, layers_of(json_object_get(network->json, "config")), 0);
  if (outline) status = finish(&o, outline, status);
  if (!status)
    fv__model_take_outline(model, outline);
  else
    fv__outline_destroy(outline);
  return status;
}

/* ---- without a model */

/* All layers of a list and of those inside; the JSON's own depth bounds how deep. */
static size_t count_listed(const json_t *layers) {
  size_t count = json_array_size(layers);
  for (size_t i = 0; i < json_array_size(layers); i++)
    count += count_listed(layers_of(json_object_get(json_array_get(layers, i), "config")));
  return count;
}

/* A row of the outline of a model that is built and will not stay: what it says of its layer is kept. */
static fv_status put_copy(struct outliner *o, const fv_outline_row *from, const fv_model *model, int32_t inside) {
  const int32_t place = o->count++;
  fv_outline_row *row = &o->rows[place];
  *row = (fv_outline_row){.level = from->level + o->rows[inside].level + 1,
                          .layer = -1,
                          .end = from->end + inside + 1,
                          .frozen = from->frozen,
                          .shape = from->shape,
                          .output_count = from->output_count};
  int32_t *outputs = fv__arena_take(o->arena, ((size_t)from->output_count + 1) * sizeof *outputs);
  row->name = fv__arena_text(o->arena, from->name);
  row->kind = fv__arena_text(o->arena, from->kind);
  if (!row->name || !row->kind || !outputs) return no_memory();
  for (int32_t i = 0; i < from->output_count; i++) outputs[i] = from->outputs[i] + inside + 1;
  row->outputs = outputs;
  if (from->layer < 0) return FV_OK;
  fv_layer_info layer = fv_model_layer(model, from->layer);
  row->shape = layer.output;
  row->parameters = layer.parameters;
  row->trainable_parameters = layer.trainable_parameters;
  return FV_OK;
}

static fv_status put_unbuilt_list(struct outliner *o, const json_t *layers, int32_t level, int version);

/* The rows inside the last row, which is a model. */
static fv_status put_unbuilt_model(struct outliner *o, const json_t *layer, int version) {
  const int32_t place = o->count - 1;
  const json_t *config = json_object_get(layer, "config");
  fv__keras_network network = {.json = NULL};
  fv_model *model = NULL;
  char *text = json_dumps(layer, 0);
  fv_status status =
      text ? fv__keras_build(&model, &network, &(fv__keras_text){text, strlen(text), version, false}) : no_memory();
  const fv_outline *outline = model ? fv_model_outline(model) : NULL;
  for (int32_t i = 0; outline && i < outline->row_count && !status; i++)
    status = put_copy(o, &outline->rows[i], model, place);
  if (status && network.unbuilt) {
    o->rows[place].unbuilt = true;
    status = put_unbuilt_list(o, layers_of(config), o->rows[place].level + 1, version);
  }
  o->rows[place].end = o->count;
  if (!status) status = put_outputs(o, place, config);
  fv_model_destroy(model);
  fv__keras_network_free(&network);
  free(text);
  return status;
}

static fv_status put_unbuilt_list(struct outliner *o, const json_t *layers, int32_t level, int version) {
  for (size_t i = 0; i < json_array_size(layers); i++) {
    const json_t *layer = json_array_get(layers, i);
    fv__keras_entry entry = {.class_name = NULL};
    TRY(fv__keras_name_entry(&entry, layer));
    const bool is_model = fv__keras_is_model(entry.class_name);
    fv_outline_row *row = &o->rows[o->count++];
    *row = (fv_outline_row){.level = level, .layer = -1, .end = o->count, .unbuilt = !is_model};
    row->name = fv__arena_text(o->arena, entry.name);
    row->kind = fv__arena_text(o->arena, strcmp(entry.class_name, "Model") ? entry.class_name : "Functional");
    if (!row->name || !row->kind) return no_memory();
    row->frozen = json_is_false(json_object_get(json_object_get(layer, "config"), "trainable"));
    if (is_model) TRY(put_unbuilt_model(o, layer, version));
  }
  return FV_OK;
}

fv_status fv__keras_outline_unbuilt(const fv__keras_network *network, int version, const fv_model_load_options *options,
                                    fv_status status) {
  if (!network->unbuilt || !options->unbuilt) return status;
  const json_t *layers = layers_of(json_object_get(network->json, "config"));
  fv__outline *outline;
  struct outliner o;
  const size_t count = count_listed(layers);
  if (count > PARTS_MAX) return fail(FV_ERROR_UNSUPPORTED, "a network of more than %d layers", PARTS_MAX);
  fv_status made = begin(&o, &outline, NULL, network, count);
  /* Configurations of Keras 1 have been rewritten by now. */
  if (!made) made = put_unbuilt_list(&o, layers, 0, version < 2 ? 2 : version);
  if (outline) made = finish(&o, outline, made);
  if (!made)
    *options->unbuilt = &outline->facts;
  else
    fv__outline_destroy(outline);
  return made ? made : status;
}
