/* Weights of .keras and .weights.h5: one group per layer, called by its class and its number among those of the class
 * in the list it is in ("layers/conv2d_1"), with tensors 0, 1 ... in the group "vars": trainable ones first, as the
 * layer has them. A nested model is such a group with "layers" of its own. Keras 2.13 called "layers"
 * "_layer_checkpoint_dependencies".
 *
 * A model that is already there may know which models were inside (nesting.c). Where it does not, or where the file has
 * all layers in one list, as whole files of fovea's have, the layers are found by their names, which Keras 3 and fovea
 * write as the attribute "name" of "vars".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "formats/keras/keras.h"
#include "model/flaws.h"

static const char *const containers[] = {"layers", "_layer_checkpoint_dependencies"};

static fv_status find_container(fv__hdf5 *file, fv__hdf5_object *found, fv__hdf5_object group) {
  fv_status status = fv__hdf5_find(file, found, group, containers[0]);
  return status == FV_ERROR_NOT_FOUND ? fv__hdf5_find(file, found, group, containers[1]) : status;
}

fv_status fv__keras_is_by_class(bool *answer, fv__hdf5 *file) {
  fv__hdf5_list names;
  fv__hdf5_object found;
  *answer = false;
  fv_status status = fv__hdf5_texts(file, &names, fv__hdf5_root(file), "layer_names");
  if (status != FV_ERROR_NOT_FOUND) return status;
  status = find_container(file, &found, fv__hdf5_root(file));
  if (status == FV_ERROR_NOT_FOUND) return FV_OK;
  *answer = status == FV_OK;
  return status;
}

void fv__keras_class_key(char key[FV__KERAS_KEY_BYTES], const fv__keras_entry *entries, int32_t index,
                         int32_t *counts) {
  int32_t first = 0;
  while (strcmp(entries[first].class_name, entries[index].class_name)) first++;
  int32_t number = counts[first]++;
  fv__snake_case(key, FV__KERAS_KEY_BYTES - 16, entries[index].class_name);
  if (number > 0) {
    size_t length = strlen(key);
    snprintf(key + length, FV__KERAS_KEY_BYTES - length, "_%" PRId32, number);
  }
}

static fv_status read_tensors(fv_model *model, fv__hdf5 *file, fv__hdf5_object container, const char *key,
                              const char *path, const fv_layer_info *layer) {
  fv__hdf5_object group, dataset;
  fv__hdf5_list tensors;
  fv_status status = fv__hdf5_find(file, &group, container, key);
  if (!status) status = fv__hdf5_find(file, &group, group, "vars");
  if (!status) status = fv__hdf5_children(file, &tensors, group);
  if (status) return note(note(status, "%s", key), "%s", path);
  if (tensors.count != layer->weight_count)
    return fail(FV_ERROR_SHAPE, "%s: expected %" PRId32 " tensors, found %" PRId32 " in '%s'", path,
                layer->weight_count, tensors.count, key);
  for (int32_t i = 0; i < layer->weight_count; i++) {
    char number[16];
    snprintf(number, sizeof number, "%" PRId32, i);
    status = fv__hdf5_find(file, &dataset, group, number);
    if (status) return note(note(status, "%s/vars", key), "%s", path);
    TRY(fv__keras_read_weight(model, layer->weights[i], file, dataset, NULL));
  }
  return FV_OK;
}

static fv_status read_layer(fv_model *model, fv__hdf5 *file, fv__hdf5_object container, const char *key,
                            const char *path) {
  int32_t index = fv_model_find_layer(model, path);
  if (index < 0) return FV_OK; /* a layer that no output needs */
  const fv_layer_info layer = fv_model_layer(model, index);
  if (layer.weight_count == 0) return FV_OK;
  const fv_status status = read_tensors(model, file, container, key, path, &layer);
  return fv__model_forgive(model, layer.name, layer.weights, layer.weight_count, status);
}

static bool has_weights(const fv_model *model, const fv__keras_entry *entry) {
  if (entry->path) {
    int32_t index = fv_model_find_layer(model, entry->path);
    return index >= 0 && fv_model_layer(model, index).weight_count > 0;
  }
  for (int32_t i = 0; i < entry->entry_count; i++)
    if (has_weights(model, &entry->entries[i])) return true;
  return false;
}

/* One list of layers; nested ones by recursion, whose depth the configuration's reader has bounded. */
static fv_status read_entries(fv_model *model, fv__hdf5 *file, fv__hdf5_object group, const fv__keras_entry *entry) {
  fv__hdf5_object container, inner;
  if (!has_weights(model, entry)) return FV_OK;
  TRY(find_container(file, &container, group));
  int32_t *counts = calloc((size_t)entry->entry_count + 1, sizeof *counts);
  if (!counts) return fail(FV_ERROR_MEMORY, "no memory for layers");
  fv_status status = FV_OK;
  for (int32_t i = 0; i < entry->entry_count && !status; i++) {
    const fv__keras_entry *part = &entry->entries[i];
    char key[FV__KERAS_KEY_BYTES];
    fv__keras_class_key(key, entry->entries, i, counts);
    if (part->path) {
      status = read_layer(model, file, container, key, part->path);
    } else if (has_weights(model, part)) {
      status = fv__hdf5_find(file, &inner, container, key);
      if (!status) status = read_entries(model, file, inner, part);
      if (status) status = note(status, "%s", part->name);
    }
  }
  free(counts);
  return status;
}

/* The child of `container` that is the layer `path`, or the model that `path` begins with ("encoder/block/conv");
 * *key is what the file calls it, *rest what is left of the path, NULL for the layer itself. */
static fv_status find_named(fv__hdf5 *file, fv__hdf5_object container, const char *path, fv__hdf5_object *found,
                            const char **key, const char **rest) {
  fv__hdf5_list children;
  const size_t length = strcspn(path, "/");
  bool has_names = false;
  *key = NULL;
  TRY(fv__hdf5_children(file, &children, container));
  for (int32_t i = 0; i < children.count; i++) {
    const char *text = NULL;
    fv__hdf5_object vars;
    fv_status status = fv__hdf5_find(file, &vars, children.objects[i], "vars");
    if (!status) status = fv__hdf5_text(file, &text, vars, "name");
    if (status && status != FV_ERROR_NOT_FOUND) return status;
    if (status) continue;
    has_names = true;
    const bool whole = !strcmp(text, path);
    if (!whole && (strlen(text) != length || memcmp(text, path, length))) continue;
    *found = children.objects[i];
    *key = children.names[i];
    *rest = whole ? NULL : path + length + 1;
    if (whole) return FV_OK;
  }
  if (*key) return FV_OK;
  if (!has_names)
    return fail(FV_ERROR_UNSUPPORTED, "weights numbered by class, without names, for a model with models inside: load "
                                      "the whole file");
  return fail(FV_ERROR_NOT_FOUND, "the file has no layer of this name");
}

/* Through the groups of the models to the layer's. */
static fv_status read_named(fv_model *model, fv__hdf5 *file, const char *path) {
  fv__hdf5_object group = fv__hdf5_root(file), container;
  const char *key = NULL;
  for (const char *at = path; at;) {
    TRY(find_container(file, &container, group));
    TRY(find_named(file, container, at, &group, &key, &at));
  }
  return read_layer(model, file, container, key, path);
}

static fv_status read_all_named(fv_model *model, fv__hdf5 *file) {
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    fv_layer_info layer = fv_model_layer(model, i);
    if (layer.weight_count == 0) continue;
    fv_status status = read_named(model, file, layer.name);
    if (status && !strstr(fv_error_message(), layer.name)) status = note(status, "%s", layer.name);
    if (status) return status;
  }
  return FV_OK;
}

/* Whether no layer of the file is a model with layers of its own. */
static fv_status is_flat(bool *answer, fv__hdf5 *file) {
  fv__hdf5_object container, inner;
  fv__hdf5_list children;
  *answer = false;
  TRY(find_container(file, &container, fv__hdf5_root(file)));
  TRY(fv__hdf5_children(file, &children, container));
  for (int32_t i = 0; i < children.count; i++) {
    fv_status status = find_container(file, &inner, children.objects[i]);
    if (status != FV_ERROR_NOT_FOUND) return status;
  }
  *answer = true;
  return FV_OK;
}

fv_status fv__keras_weights_by_class(fv_model *model, fv__hdf5 *file, const fv__keras_network *network) {
  bool by_name = network->by_name;
  if (network->maybe_flat) TRY(is_flat(&by_name, file));
  if (by_name) return read_all_named(model, file);
  return read_entries(model, file, fv__hdf5_root(file), &network->root);
}
