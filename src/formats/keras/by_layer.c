/* Weights of Keras's .h5: a group with the attribute layer_names, and in it one group per layer with weight_names, the
 * paths of its tensors relative to it. In the oldest files nb_layers is the number of groups layer_0, layer_1 ... and
 * nb_params, in each, that of its tensors param_0, param_1 ...
 *
 * Layers are paired by name when all names with weights are the same on both sides (so a whole model's always are) or
 * when that is asked for, else in order. The tensors of a layer are paired by their names when these agree, else in
 * order: trainable ones of all sublayers first, then the others.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/keras/keras.h"
#include "model/flaws.h"

enum { NUMBERED_MAX = 1 << 16 };

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
  fv__arena arena;  /* names that the file does not spell */
  int64_t numbered; /* how many: a file may ask for many with few bytes */
  bool flat;        /* of a file's: the layers of models inside stand in its list */
  int32_t *numbers; /* behind the weights of all units */
};

static void free_units(struct units *units) {
  free(units->list);
  free(units->numbers);
  fv__arena_clear(&units->arena);
  *units = (struct units){0};
}

/* PREFIX0, PREFIX1 ...: the oldest files have numbers for names. */
static fv_status numbered_names(struct units *units, fv__hdf5_list *names, int64_t count, const char *prefix) {
  fv__arena *arena = &units->arena;
  if (count < 0 || count > NUMBERED_MAX - units->numbered)
    return fail(FV_ERROR_FORMAT, "%" PRId64 " layers or tensors, the limit is %d in all", count, NUMBERED_MAX);
  units->numbered += count;
  *names = (fv__hdf5_list){.count = (int32_t)count};
  names->names = fv__arena_take(arena, ((size_t)count + 1) * sizeof *names->names);
  for (int32_t i = 0; names->names && i < names->count; i++) {
    char name[32];
    snprintf(name, sizeof name, "%s%" PRId32, prefix, i);
    names->names[i] = fv__arena_text(arena, name);
    if (!names->names[i]) names->names = NULL;
  }
  return names->names ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for layers");
}

/* A list of names, or as many numbered ones as an attribute says. */
static fv_status names_of(struct units *units, fv__hdf5 *file, fv__hdf5_list *names, fv__hdf5_object group,
                          const char *list, const char *number, const char *prefix) {
  int64_t count;
  fv_status status = fv__hdf5_texts(file, names, group, list);
  if (status != FV_ERROR_NOT_FOUND) return status;
  status = fv__hdf5_integer(file, &count, group, number);
  if (status == FV_ERROR_NOT_FOUND) return fail(status, "no attribute '%s'", list);
  if (status) return status;
  return numbered_names(units, names, count, prefix);
}

/* The file's layers that have weights. */
static fv_status file_units(struct units *units, fv__hdf5 *file, fv__hdf5_object group) {
  fv__hdf5_list layers;
  TRY(names_of(units, file, &layers, group, "layer_names", "nb_layers", "layer_"));
  units->list = calloc((size_t)layers.count + 1, sizeof *units->list);
  if (!units->list) return fail(FV_ERROR_MEMORY, "no memory for layers");
  for (int32_t i = 0; i < layers.count; i++) {
    struct unit *unit = &units->list[units->count];
    *unit = (struct unit){.name = layers.names[i], .name_length = strlen(layers.names[i])};
    fv_status status = fv__hdf5_find(file, &unit->group, group, unit->name);
    if (!status) status = names_of(units, file, &unit->names, unit->group, "weight_names", "nb_params", "param_");
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
  if (!slash || file->flat) return strlen(layer);
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
static fv_status list_model_units(struct units *units, const fv_model *model, const struct units *file) {
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

/* Files that fovea wrote list as many layers as the model has, not as it has layers and nested models. */
static fv_status model_units(struct units *units, const fv_model *model, struct units *file) {
  int32_t layers = 0;
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) layers += fv_model_layer(model, i).weight_count > 0;
  TRY(list_model_units(units, model, file));
  if (units->count == file->count || layers != file->count) return FV_OK;
  file->flat = true;
  free_units(units);
  return list_model_units(units, model, file);
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

/* One pass over the pairs: what the shapes say about the file's order, then the numbers. */
struct load {
  fv_model *model;
  fv__hdf5 *file;
  fv__hdf5_object group;
  const fv_weights_options *options;
  fv__keras_origin origin;
  struct units mine, theirs;
  int32_t *pairs; /* of the file's units: the model's, -1 for none */
  int32_t *order; /* of one pair: the model's weights in the file's order */
  fv_weights_report report;
};

static void order_pair(struct load *l, const struct unit *mine, const struct unit *theirs) {
  bool is_nested = mine->name[mine->name_length] == '/';
  if (!pair_by_name(l->order, l->model, mine, theirs, is_nested ? 2 : 1))
    for (int32_t i = 0; i < mine->count; i++) l->order[i] = mine->weights[i];
}

static fv_status find_tensor(struct load *l, fv__hdf5_object *dataset, const struct unit *theirs, int32_t i) {
  fv_status status = fv__hdf5_find(l->file, dataset, theirs->group, theirs->names.names[i]);
  return status ? note(status, "%s", fv_model_weight(l->model, l->order[i]).path) : FV_OK;
}

/* Whether the pair's tensors can become the model's. */
static fv_status check_pair(struct load *l, const struct unit *mine, const struct unit *theirs) {
  if (mine->count != theirs->count)
    return fail(FV_ERROR_SHAPE, "%.*s: expected %" PRId32 " tensors, found %" PRId32 " in layer '%.100s'",
                (int)mine->name_length, mine->name, mine->count, theirs->count, theirs->name);
  order_pair(l, mine, theirs);
  for (int32_t i = 0; i < theirs->count; i++) {
    fv__hdf5_object dataset;
    fv__hdf5_numbers numbers;
    fv__keras_layout layout;
    TRY(find_tensor(l, &dataset, theirs, i));
    fv_status status = fv__hdf5_numbers_of(l->file, &numbers, dataset);
    if (!status) status = fv__keras_find_layout(&layout, l->model, l->order[i], &numbers.shape, &l->origin);
    if (status) return note(status, "%s", fv_model_weight(l->model, l->order[i]).path);
  }
  return FV_OK;
}

static void report_name(struct load *l, int32_t *counter, const char *name, size_t length) {
  size_t used = strlen(l->report.names), room = sizeof l->report.names - used;
  ++*counter;
  if (length + 8 < room)
    snprintf(l->report.names + used, room, "%s%.*s", used ? ", " : "", (int)length, name);
  else if (used >= 3 && strcmp(l->report.names + used - 3, "...") != 0)
    snprintf(l->report.names + used, room, " ...");
}

static fv_status read_pair(struct load *l, const struct unit *mine, const struct unit *theirs) {
  fv_status status = check_pair(l, mine, theirs);
  if (status == FV_ERROR_SHAPE && l->options->skip_mismatch) {
    report_name(l, &l->report.mismatched, mine->name, mine->name_length);
    return FV_OK;
  }
  if (status) return status;
  for (int32_t i = 0; i < theirs->count; i++) {
    fv__hdf5_object dataset;
    TRY(find_tensor(l, &dataset, theirs, i));
    TRY(fv__keras_read_weight(l->model, l->order[i], l->file, dataset, &l->origin));
  }
  l->report.loaded++;
  return FV_OK;
}

/* A pair, or a unit of the model without one, that cannot be loaded: an error, unless the model is taken as it is. */
static fv_status refuse(struct load *l, const struct unit *mine, fv_status status) {
  char layer[300];
  snprintf(layer, sizeof layer, "%.*s", (int)mine->name_length, mine->name);
  return fv__model_forgive(l->model, layer, mine->weights, mine->count, status);
}

/* Pairs all units; those that have no partner are reported. */
static fv_status pair_units(struct load *l) {
  bool all = l->mine.count == l->theirs.count;
  /* Of a model taken as it is some layers may be missing on either side. */
  const bool is_partial = fv__model_forgives(l->model) && (!all || fv_model_flaw_count(l->model));
  const bool by_name = l->options->by_name || is_partial;
  l->pairs = calloc((size_t)l->theirs.count + 1, sizeof *l->pairs);
  l->order = calloc((size_t)fv_model_weight_count(l->model) + 1, sizeof *l->order);
  if (!l->pairs || !l->order) return fail(FV_ERROR_MEMORY, "no memory for layers");
  if (!all && !by_name)
    return fail(FV_ERROR_SHAPE, "the model has %" PRId32 " layers with weights, the file %" PRId32, l->mine.count,
                l->theirs.count);
  for (int32_t i = 0; i < l->theirs.count; i++) {
    const struct unit *theirs = &l->theirs.list[i];
    if (find_unit(&l->theirs, theirs->name, theirs->name_length) != theirs)
      return fail(FV_ERROR_FORMAT, "the file lists the layer '%.100s' twice", theirs->name);
    const struct unit *mine = find_unit(&l->mine, theirs->name, theirs->name_length);
    l->pairs[i] = mine ? (int32_t)(mine - l->mine.list) : -1;
    all &= mine != NULL;
  }
  for (int32_t i = 0; !by_name && !all && i < l->theirs.count; i++) l->pairs[i] = i;
  return FV_OK;
}

static fv_status report_unpaired(struct load *l) {
  for (int32_t k = 0; k < l->mine.count; k++) {
    bool found = false;
    for (int32_t i = 0; i < l->theirs.count; i++) found |= l->pairs[i] == k;
    const struct unit *mine = &l->mine.list[k];
    if (!found) report_name(l, &l->report.missing, mine->name, mine->name_length);
    if (!found && fv__model_forgives(l->model))
      TRY(refuse(l, mine,
                 fail(FV_ERROR_NOT_FOUND, "the file has no weights for %.*s", (int)mine->name_length, mine->name)));
  }
  for (int32_t i = 0; i < l->theirs.count; i++)
    if (l->pairs[i] < 0) report_name(l, &l->report.unused, l->theirs.list[i].name, l->theirs.list[i].name_length);
  return FV_OK;
}

/* Keras 1 says nowhere in a file of weights how its kernels lie; the first whose shape allows one order decides. */
static fv_status vote(struct load *l) {
  int sum = 0;
  for (int32_t i = 0; i < l->theirs.count && l->origin.version < 2 && sum == 0; i++) {
    const struct unit *theirs = &l->theirs.list[i], *mine = l->pairs[i] < 0 ? NULL : &l->mine.list[l->pairs[i]];
    if (!mine || mine->count != theirs->count) continue;
    order_pair(l, mine, theirs);
    for (int32_t k = 0; k < theirs->count && sum == 0; k++) {
      fv__hdf5_object dataset;
      fv__hdf5_numbers numbers;
      TRY(find_tensor(l, &dataset, theirs, k));
      fv_status status = fv__hdf5_numbers_of(l->file, &numbers, dataset);
      if (status) return note(status, "%s", fv_model_weight(l->model, l->order[k]).path);
      sum = fv__keras_order_vote(l->model, l->order[k], &numbers.shape);
    }
  }
  if (sum != 0) l->origin.channels_first = sum > 0;
  return FV_OK;
}

/* A text of the group with the layers, else of the root; NULL when neither has it. */
static fv_status find_text(const struct load *l, const char **text, const char *name) {
  *text = NULL;
  fv_status status = fv__hdf5_text(l->file, text, l->group, name);
  if (status == FV_ERROR_NOT_FOUND) status = fv__hdf5_text(l->file, text, fv__hdf5_root(l->file), name);
  return status == FV_ERROR_NOT_FOUND ? FV_OK : status;
}

/* Keras 1 wrote no backend. Its "th" order was Theano's, and its kernels in that order are Theano's with it. */
static fv_status find_backend(struct load *l) {
  const char *backend = l->options->backend;
  if (!backend) TRY(find_text(l, &backend, "backend"));
  if (backend)
    l->origin.turned = !strcmp(backend, "theano");
  else
    l->origin.turned = l->origin.version < 2 && l->origin.channels_first;
  return FV_OK;
}

static fv_status read_all(struct load *l) {
  const char *version;
  TRY(find_text(l, &version, "keras_version"));
  l->origin.version = fv__keras_major_version(version);
  TRY(file_units(&l->theirs, l->file, l->group));
  TRY(model_units(&l->mine, l->model, &l->theirs));
  TRY(pair_units(l));
  TRY(vote(l));
  TRY(find_backend(l));
  for (int32_t i = 0; i < l->theirs.count; i++)
    if (l->pairs[i] >= 0) {
      const struct unit *mine = &l->mine.list[l->pairs[i]];
      TRY(refuse(l, mine, read_pair(l, mine, &l->theirs.list[i])));
    }
  return report_unpaired(l);
}

/* The group that lists layers: the root, or model_weights in it. */
static fv_status find_layers(struct load *l) {
  static const char *const groups[] = {"", "model_weights"};
  for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
    fv__hdf5_list names;
    int64_t count;
    l->group = fv__hdf5_root(l->file);
    fv_status status = *groups[i] ? fv__hdf5_find(l->file, &l->group, l->group, groups[i]) : FV_OK;
    if (!status) status = fv__hdf5_texts(l->file, &names, l->group, "layer_names");
    if (status == FV_ERROR_NOT_FOUND) status = fv__hdf5_integer(l->file, &count, l->group, "nb_layers");
    if (status != FV_ERROR_NOT_FOUND) return status;
  }
  return fail(FV_ERROR_FORMAT, "an HDF5 file without Keras's layer_names");
}

fv_status fv__keras_weights_by_layer(fv_model *model, fv__hdf5 *file, bool channels_first,
                                     const fv_weights_options *options) {
  struct load l = {.model = model, .file = file, .options = options, .origin.channels_first = channels_first};
  fv_status status = find_layers(&l);
  if (!status) status = read_all(&l);
  free_units(&l.mine);
  free_units(&l.theirs);
  free(l.pairs);
  free(l.order);
  if (options->report) *options->report = l.report;
  return status;
}
