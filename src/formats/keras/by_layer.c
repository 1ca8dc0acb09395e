/* Weights of Keras's .h5: a group with the attribute layer_names, and in it one group per layer with weight_names, the
 * paths of its tensors relative to it.
 *
 * Layers are paired by name when all names with weights are the same on both sides (so a whole model's always are),
 * else in order. The tensors of a layer are paired by their names when these agree, else in order: trainable ones of
 * all sublayers first, then the others.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "formats/keras/keras.h"

/* A layer of the file, or a layer or nested model of the model: the tensors it has. */
struct unit {
  const char *name;
  size_t name_length;
  fv__hdf5_object group; /* of the file's */
  fv__hdf5_list names;   /* of the file's tensors */
  int32_t *weights;      /* of the model's: their numbers, trainable ones first */
  int32_t count;
};

struct units {
  struct unit *list;
  int32_t count;
  int32_t *numbers; /* behind the weights of all units */
};

static void free_units(struct units *units) {
  free(units->list);
  free(units->numbers);
  *units = (struct units){0};
}

/* The file's layers that have weights. */
static fv_status file_units(struct units *units, fv__hdf5 *file, fv__hdf5_object group) {
  fv__hdf5_list layers;
  TRY(fv__hdf5_texts(file, &layers, group, "layer_names"));
  units->list = calloc((size_t)layers.count + 1, sizeof *units->list);
  if (!units->list) return fail(FV_ERROR_MEMORY, "no memory for layers");
  for (int32_t i = 0; i < layers.count; i++) {
    struct unit *unit = &units->list[units->count];
    *unit = (struct unit){.name = layers.names[i], .name_length = strlen(layers.names[i])};
    fv_status status = fv__hdf5_find(file, &unit->group, group, unit->name);
    if (!status) status = fv__hdf5_texts(file, &unit->names, unit->group, "weight_names");
    if (status) return note(status, "%s", unit->name);
    unit->count = unit->names.count;
    if (unit->count > 0) units->count++;
  }
  return FV_OK;
}

/* The unit a layer of the model belongs to: the nested model before the first '/', if there is one, unless the file
 * has a layer of the whole name. */
static size_t unit_length(const struct units *file, const char *layer) {
  const char *slash = strchr(layer, '/');
  if (!slash) return strlen(layer);
  for (int32_t i = 0; i < file->count; i++)
    if (!strcmp(file->list[i].name, layer)) return strlen(layer);
  return (size_t)(slash - layer);
}

static struct unit *find_unit(const struct units *units, const char *name, size_t length) {
  for (int32_t i = 0; i < units->count; i++)
    if (units->list[i].name_length == length && !memcmp(units->list[i].name, name, length)) return &units->list[i];
  return NULL;
}

static void add_weights(struct unit *unit, const fv_model *model, bool trainable, const struct units *file) {
  int32_t count = fv_model_weight_count(model);
  for (int32_t i = 0; i < count; i++) {
    fv_weight_info weight = fv_model_weight(model, i);
    const char *layer = fv_model_layer(model, weight.layer).name;
    if (weight.trainable != trainable || unit_length(file, layer) != unit->name_length ||
        memcmp(layer, unit->name, unit->name_length))
      continue;
    unit->weights[unit->count++] = i;
  }
}

/* The model's layers that have weights, nested models as one, in Keras's order. */
static fv_status model_units(struct units *units, const fv_model *model, const struct units *file) {
  int32_t layers = fv_model_layer_count(model), weights = fv_model_weight_count(model), used = 0;
  units->list = calloc((size_t)layers + 1, sizeof *units->list);
  units->numbers = calloc((size_t)weights + 1, sizeof *units->numbers);
  if (!units->list || !units->numbers) return fail(FV_ERROR_MEMORY, "no memory for layers");
  for (int32_t i = 0; i < layers; i++) {
    fv_layer_info layer = fv_model_layer(model, i);
    size_t length = unit_length(file, layer.name);
    if (layer.weight_count == 0 || find_unit(units, layer.name, length)) continue;
    struct unit *unit = &units->list[units->count++];
    *unit = (struct unit){.name = layer.name, .name_length = length, .weights = units->numbers + used};
    if (layer.name[length] == '\0') { /* an ordinary layer: its weights are together already */
      for (int pass = 0; pass < 2; pass++)
        for (int32_t k = 0; k < layer.weight_count; k++)
          if (fv_model_weight(model, layer.weights[k]).trainable == (pass == 0))
            unit->weights[unit->count++] = layer.weights[k];
    } else {
      add_weights(unit, model, true, file);
      add_weights(unit, model, false, file);
    }
    used += unit->count;
  }
  return FV_OK;
}

/* Where the last `parts` parts of a path begin; ":0" at its end does not count. */
static const char *tail(const char *path, int parts, size_t *length) {
  *length = strlen(path);
  if (*length > 2 && !strcmp(path + *length - 2, ":0")) *length -= 2;
  const char *at = path + *length;
  while (at > path && (at[-1] != '/' || --parts > 0)) at--;
  *length = (size_t)(path + *length - at);
  return at;
}

/* Pairs the tensors of one layer by the last `parts` parts of their names; false when that does not pair all. */
static bool pair_by_name(int32_t *order, const fv_model *model, const struct unit *mine, const struct unit *theirs,
                         int parts) {
  for (int32_t i = 0; i < theirs->count; i++) {
    size_t length, other_length;
    const char *name = tail(theirs->names.names[i], parts, &length);
    order[i] = -1;
    for (int32_t k = 0; k < mine->count; k++) {
      const char *other = tail(fv_model_weight(model, mine->weights[k]).path, parts, &other_length);
      if (length != other_length || memcmp(name, other, length)) continue;
      if (order[i] >= 0) return false;
      order[i] = mine->weights[k];
    }
    for (int32_t k = 0; k < i; k++)
      if (order[k] == order[i]) return false;
    if (order[i] < 0) return false;
  }
  return true;
}

static fv_status read_unit(fv_model *model, fv__hdf5 *file, const struct unit *mine, const struct unit *theirs) {
  if (mine->count != theirs->count)
    return fail(FV_ERROR_SHAPE, "%.*s: expected %" PRId32 " tensors, found %" PRId32 " in layer '%.100s'",
                (int)mine->name_length, mine->name, mine->count, theirs->count, theirs->name);
  int32_t *order = calloc((size_t)mine->count + 1, sizeof *order);
  if (!order) return fail(FV_ERROR_MEMORY, "no memory for a layer");
  bool is_nested = mine->name[mine->name_length] == '/';
  if (!pair_by_name(order, model, mine, theirs, is_nested ? 2 : 1))
    for (int32_t i = 0; i < mine->count; i++) order[i] = mine->weights[i];
  fv_status status = FV_OK;
  for (int32_t i = 0; i < theirs->count && !status; i++) {
    fv__hdf5_object dataset;
    status = fv__hdf5_find(file, &dataset, theirs->group, theirs->names.names[i]);
    if (status)
      status = note(status, "%s", fv_model_weight(model, order[i]).path);
    else
      status = fv__keras_read_weight(model, order[i], file, dataset);
  }
  free(order);
  return status;
}

static bool names_agree(const struct units *mine, const struct units *theirs) {
  if (mine->count != theirs->count) return false;
  for (int32_t i = 0; i < theirs->count; i++)
    if (!find_unit(mine, theirs->list[i].name, theirs->list[i].name_length)) return false;
  return true;
}

static fv_status read_units(fv_model *model, fv__hdf5 *file, const struct units *mine, const struct units *theirs) {
  if (mine->count != theirs->count)
    return fail(FV_ERROR_SHAPE, "the model has %" PRId32 " layers with weights, the file %" PRId32, mine->count,
                theirs->count);
  for (int32_t i = 0; i < theirs->count; i++)
    if (find_unit(theirs, theirs->list[i].name, theirs->list[i].name_length) != &theirs->list[i])
      return fail(FV_ERROR_FORMAT, "the file lists the layer '%.100s' twice", theirs->list[i].name);
  bool by_name = names_agree(mine, theirs);
  for (int32_t i = 0; i < theirs->count; i++) {
    const struct unit *unit = &theirs->list[i];
    TRY(read_unit(model, file, by_name ? find_unit(mine, unit->name, unit->name_length) : &mine->list[i], unit));
  }
  return FV_OK;
}

fv_status fv__keras_weights_by_layer(fv_model *model, fv__hdf5 *file, fv__hdf5_object group) {
  fv__hdf5_list layers;
  fv_status status = fv__hdf5_texts(file, &layers, group, "layer_names");
  if (status == FV_ERROR_NOT_FOUND) status = fv__hdf5_find(file, &group, group, "model_weights");
  if (status == FV_ERROR_NOT_FOUND) return fail(FV_ERROR_FORMAT, "an HDF5 file without Keras's layer_names");
  if (status) return status;
  const char *backend;
  status = fv__hdf5_text(file, &backend, group, "backend");
  if (status && status != FV_ERROR_NOT_FOUND) return status;
  if (!status && !strcmp(backend, "theano"))
    return fail(FV_ERROR_UNSUPPORTED, "weights trained with Theano, whose kernels are turned round");
  struct units mine = {0}, theirs = {0};
  status = file_units(&theirs, file, group);
  if (!status) status = model_units(&mine, model, &theirs);
  if (!status) status = read_units(model, file, &mine, &theirs);
  free_units(&mine);
  free_units(&theirs);
  return status;
}
