/* Which models were inside the model. fovea's models are flat; of those that came from a configuration with models
 * inside, the tree of lists is kept, so that weights alone are numbered as Keras numbers them:
 *
 *   [["Functional", "encoder", [["Conv2D", "conv1"], ["Sequential", "head", [["Dense", "dense"]]]]], ["Add", "add"]]
 *
 * It is the outline of such a configuration, and travels in the extras of files that are flat. It is a hint from
 * outside: it counts only when it holds every layer that has weights once, under the layer's name.
 */
#include <stdlib.h>
#include <string.h>

#include "formats/keras/write.h"
#include "model/model.h"
#include "model/outline.h"

enum { MODELS_DEEP_MAX = 16, ENTRIES_MAX = 1 << 14 }; /* as in configurations (network.c) */

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for the models inside"); }

static json_t *json_of(const fv_outline *outline, int32_t first, int32_t end) {
  json_t *list = json_array();
  for (int32_t i = first; i < end; i = outline->rows[i].end) {
    const fv_outline_row *row = &outline->rows[i];
    json_t *one = fv__keras_append(json_array(), json_string(row->kind));
    one = fv__keras_append(one, json_string(row->name));
    if (row->end > i + 1) one = fv__keras_append(one, json_of(outline, i + 1, row->end));
    list = fv__keras_append(list, one);
  }
  return list;
}

fv_status fv__keras_nesting(json_t **json, const fv_model *model) {
  const fv_outline *outline = fv_model_outline(model);
  bool is_nested = model->nesting != NULL;
  *json = NULL;
  for (int32_t i = 0; outline && i < outline->row_count; i++) is_nested = is_nested || outline->rows[i].level > 0;
  if (!is_nested) return FV_OK;
  *json = model->nesting ? fv__keras_parse(model->nesting) : json_of(outline, 0, outline->row_count);
  return *json ? FV_OK : no_memory();
}

fv_status fv__keras_take_nesting(fv_model *model, const json_t *json) {
  if (!json_is_array(json)) return FV_OK;
  char *text;
  TRY(fv__keras_json_text(&text, json));
  free(model->nesting);
  model->nesting = text;
  return FV_OK;
}

/* From JSON to entries. */
struct reader {
  const fv_model *model;
  fv__arena *arena;
  bool *seen; /* by layer */
  size_t entries;
  bool fits;
};

static fv_status read_list(struct reader *r, fv__keras_entry *entry, const json_t *list, const char *prefix, int depth);

static fv_status read_entry(struct reader *r, fv__keras_entry *entry, const json_t *json, const char *prefix,
                            int depth) {
  entry->class_name = json_string_value(json_array_get(json, 0));
  entry->name = json_string_value(json_array_get(json, 1));
  const json_t *inside = json_array_get(json, 2);
  if (!entry->class_name || !entry->name || (inside && depth == MODELS_DEEP_MAX)) {
    r->fits = false;
    return FV_OK;
  }
  size_t size = strlen(prefix) + strlen(entry->name) + 2;
  char *path = fv__arena_take(r->arena, size);
  if (!path) return no_memory();
  snprintf(path, size, "%s%s%s", prefix, entry->name, inside ? "/" : "");
  if (inside) return read_list(r, entry, inside, path, depth + 1);
  int32_t index = fv_model_find_layer(r->model, path);
  entry->path = path;
  if (index < 0) return FV_OK; /* an input of a model inside, or a layer that no output needs */
  r->fits = r->fits && !r->seen[index];
  r->seen[index] = true;
  return FV_OK;
}

static fv_status read_list(struct reader *r, fv__keras_entry *entry, const json_t *list, const char *prefix,
                           int depth) {
  size_t count = json_array_size(list);
  r->entries += count;
  r->fits = r->fits && r->entries <= ENTRIES_MAX;
  if (!r->fits) return FV_OK;
  entry->entries = fv__arena_take(r->arena, (count + 1) * sizeof *entry->entries);
  if (!entry->entries) return no_memory();
  entry->entry_count = (int32_t)count;
  for (size_t i = 0; i < count && r->fits; i++)
    TRY(read_entry(r, &entry->entries[i], json_array_get(list, i), prefix, depth));
  return FV_OK;
}

/* *found: whether the model's nesting is known and fits its layers. */
static fv_status read_nesting(bool *found, fv__keras_network *network, const fv_model *model) {
  int32_t count = fv_model_layer_count(model);
  *found = false;
  TRY(fv__keras_nesting(&network->json, model));
  if (!network->json) return FV_OK;
  struct reader r = {.model = model, .arena = &network->arena, .fits = true};
  r.seen = fv__arena_take(r.arena, (size_t)count + 1);
  if (!r.seen) return no_memory();
  TRY(read_list(&r, &network->root, network->json, "", 0));
  for (int32_t i = 0; i < count; i++)
    if (fv_model_layer(model, i).weight_count > 0) r.fits = r.fits && r.seen[i];
  *found = r.fits;
  return FV_OK;
}

fv_status fv__keras_network_of(fv__keras_network *network, const fv_model *model) {
  network->root = (fv__keras_entry){.class_name = "Functional", .name = "model"};
  TRY(read_nesting(&network->maybe_flat, network, model));
  return network->maybe_flat ? FV_OK : fv__keras_flat_network_of(network, model);
}

fv_status fv__keras_flat_network_of(fv__keras_network *network, const fv_model *model) {
  int32_t count = fv_model_layer_count(model);
  network->root = (fv__keras_entry){.class_name = "Functional", .name = "model", .entry_count = count};
  fv__keras_entry *entries = fv__arena_take(&network->arena, ((size_t)count + 1) * sizeof *entries);
  if (!entries) return fail(FV_ERROR_MEMORY, "no memory for a network");
  network->root.entries = entries;
  for (int32_t i = 0; i < count; i++) {
    fv_layer_info layer = fv_model_layer(model, i);
    network->by_name |= strchr(layer.name, '/') != NULL;
    entries[i] = (fv__keras_entry){.class_name = layer.kind, .name = layer.name, .path = layer.name};
  }
  return FV_OK;
}
