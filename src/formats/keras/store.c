/* Weights as groups and datasets: by layer and name (.h5), and by class and number (.keras, .weights.h5). See
 * by_layer.c and by_class.c, which read them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/keras/write.h"

const char *fv__keras2_weight_name(const fv_model *model, int32_t index) {
  fv_weight_info weight = fv_model_weight(model, index);
  const char *kind = fv_model_layer(model, weight.layer).kind;
  return !strcmp(kind, "DepthwiseConv2D") && !strcmp(weight.name, "kernel") ? "depthwise_kernel" : weight.name;
}

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for the names of weights"); }

/* A layer's group, with the attribute weight_names and, below, the datasets "conv/kernel:0". */
static fv_status store_layer(fv__hdf5_draft *file, fv__hdf5_node *group, const fv__keras_draft *draft, int32_t index) {
  fv_layer_info layer = fv_model_layer(draft->model, index);
  const char *name = draft->layers[index], *names[FV__LAYER_WEIGHTS];
  fv__hdf5_node *own = fv__hdf5_add_group(file, group, name);
  fv__arena *arena = &((fv__keras_draft *)draft)->arena;
  for (int32_t i = 0; i < layer.weight_count; i++) {
    const char *weight = fv__keras2_weight_name(draft->model, layer.weights[i]);
    size_t size = strlen(name) + strlen(weight) + 4;
    char *path = fv__arena_take(arena, size);
    if (!path) return no_memory();
    snprintf(path, size, "%s/%s:0", name, weight);
    names[i] = path;
  }
  fv__hdf5_add_texts(file, own, "weight_names", names, layer.weight_count);
  for (int32_t i = 0; i < layer.weight_count; i++) {
    fv_weight_info weight = fv_model_weight(draft->model, layer.weights[i]);
    fv__hdf5_add_numbers(file, own, names[i], &weight.shape, FV__FLOAT32,
                         fv__save_weight(draft->save, layer.weights[i]));
  }
  return FV_OK;
}

fv_status fv__keras_store_by_layer(fv__hdf5_draft *file, fv__hdf5_node *group, const fv__keras_draft *draft) {
  int32_t count = fv_model_layer_count(draft->model);
  fv__hdf5_add_texts(file, group, "layer_names", draft->layers, count);
  fv__hdf5_add_text(file, group, "backend", "tensorflow");
  fv__hdf5_add_text(file, group, "keras_version", fv__keras_draft_version(draft));
  for (int32_t i = 0; i < count; i++) TRY(store_layer(file, group, draft, i));
  return FV_OK;
}

/* The group "vars" of a layer or model: its name, as Keras 3 writes it too, and a layer's tensors. */
static fv_status store_vars(fv__hdf5_draft *file, fv__hdf5_node *group, const fv__keras_draft *draft,
                            const fv__keras_entry *entry) {
  int32_t index = entry->path ? fv_model_find_layer(draft->model, entry->path) : -1;
  fv_layer_info layer = index >= 0 ? fv_model_layer(draft->model, index) : (fv_layer_info){.weight_count = 0};
  fv__hdf5_node *vars = fv__hdf5_add_group(file, group, "vars");
  fv__hdf5_add_text(file, vars, "name", entry->name);
  for (int32_t i = 0; i < layer.weight_count; i++) {
    fv_weight_info weight = fv_model_weight(draft->model, layer.weights[i]);
    char number[16];
    snprintf(number, sizeof number, "%" PRId32, i);
    fv__hdf5_add_numbers(file, vars, number, &weight.shape, FV__FLOAT32,
                         fv__save_weight(draft->save, layer.weights[i]));
  }
  return FV_OK;
}

/* One list of layers; models inside by recursion. */
static fv_status store_entries(fv__hdf5_draft *file, fv__hdf5_node *group, const fv__keras_draft *draft,
                               const fv__keras_entry *entry) {
  fv__hdf5_node *container = fv__hdf5_add_group(file, group, "layers");
  int32_t *counts = calloc((size_t)entry->entry_count + 1, sizeof *counts);
  if (!counts) return no_memory();
  fv_status status = FV_OK;
  for (int32_t i = 0; i < entry->entry_count && !status; i++) {
    const fv__keras_entry *part = &entry->entries[i];
    char key[FV__KERAS_KEY_BYTES];
    fv__keras_class_key(key, entry->entries, i, counts);
    fv__hdf5_node *own = fv__hdf5_add_group(file, container, key);
    status = store_vars(file, own, draft, part);
    if (!status && !part->path) status = store_entries(file, own, draft, part);
  }
  free(counts);
  return status;
}

fv_status fv__keras_store_by_class(fv__hdf5_draft *file, const fv__keras_draft *draft, bool flat) {
  fv__keras_network network = {.json = NULL};
  fv_status status =
      flat ? fv__keras_flat_network_of(&network, draft->model) : fv__keras_network_of(&network, draft->model);
  if (!status) status = store_entries(file, fv__hdf5_draft_root(file), draft, &network.root);
  fv__keras_network_free(&network);
  return status;
}
