/* How a model was compiled and its optimizer's arrays, kept for later training.
 *
 *   .h5      attribute training_config: {"optimizer_config": {"class_name", "config"}, "loss", "metrics", ...};
 *            group optimizer_weights with weight_names, the paths of the arrays in their order
 *   .keras   member compile_config of config.json: {"optimizer": {"class_name", "config"}, "loss", "metrics", ...};
 *            in model.weights.h5 the group optimizer/vars with arrays 0, 1 ...
 *
 * Nothing is interpreted but where the optimizer's name and configuration are.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "formats/keras/keras.h"
#include "model/training.h"

/* An optimizer keeps a few numbers per weight; a file may claim any with few bytes. */
enum { ARRAYS_MAX = 1 << 16, SLOTS_MAX = 8, FEW = 1 << 16 };

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for the state of an optimizer"); }

static fv_status keep_text(fv__training *t, const char **kept, const char *text) {
  *kept = fv__arena_text(&t->arena, text);
  return *kept ? FV_OK : no_memory();
}

static fv_status keep_json(fv__training *t, const char **kept, const json_t *value) {
  if (!value || json_is_null(value)) return FV_OK;
  char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
  if (!text) return no_memory();
  fv_status status = keep_text(t, kept, text);
  free(text);
  return status;
}

/* Keras 2 calls its own optimizers of the later kind "Custom>Adam". */
static const char *bare_class(const char *name) {
  const char *end = strrchr(name, '>');
  return end ? end + 1 : name;
}

static fv_status keep_configuration(fv__training *t, const json_t *compile) {
  static const char *const keys[] = {"optimizer_config", "optimizer"};
  if (!compile || json_is_null(compile)) return FV_OK;
  if (json_is_object(compile) && json_object_size(compile) == 0) return FV_OK; /* never compiled */
  if (!json_is_object(compile)) return fail(FV_ERROR_FORMAT, "how the model was compiled is no JSON object");
  json_t *rest = json_copy((json_t *)compile);
  if (!rest) return no_memory();
  const json_t *optimizer = NULL;
  for (int i = 0; i < 2; i++) {
    if (!optimizer) optimizer = json_object_get(compile, keys[i]);
    json_object_del(rest, keys[i]);
  }
  const char *name =
      json_string_value(json_is_object(optimizer) ? json_object_get(optimizer, "class_name") : optimizer);
  fv_status status = name ? keep_text(t, &t->facts.optimizer, bare_class(name)) : FV_OK;
  if (!status) status = keep_json(t, &t->facts.optimizer_config, json_object_get(optimizer, "config"));
  if (!status) status = keep_json(t, &t->facts.compile, rest);
  json_decref(rest);
  return status;
}

/* Arrays. */

/* All arrays of one file: how many numbers they may have yet. */
struct reading {
  fv__training *training;
  fv__hdf5 *file;
  int64_t numbers_left;
};

static struct reading begin(fv__training *t, fv__hdf5 *file, const fv_model *model) {
  return (struct reading){t, file, fv__size_product(fv_model_parameters(model), SLOTS_MAX)};
}

static fv_status read_array(struct reading *r, fv_training_array *array, const char *name, fv__hdf5_object dataset) {
  fv__arena *arena = &r->training->arena;
  fv__hdf5_numbers numbers;
  TRY(fv__hdf5_numbers_of(r->file, &numbers, dataset));
  const bool whole = numbers.element >= FV__INT8;
  if (numbers.count > FEW && (r->numbers_left -= numbers.count) < 0)
    return fail(FV_ERROR_FORMAT, "an optimizer with more than %d numbers per weight", SLOTS_MAX);
  size_t bytes, length = strlen(name);
  void *room = fv__size_bytes(&bytes, numbers.count, whole ? sizeof(int64_t) : sizeof(float))
                   ? fv__arena_take(arena, bytes + 1)
                   : NULL;
  if (length > 2 && !strcmp(name + length - 2, ":0")) length -= 2;
  char *copy = fv__arena_take(arena, length + 1);
  if (!room || !copy) return no_memory();
  memcpy(copy, name, length);
  array->name = copy;
  array->shape = numbers.shape;
  if (whole)
    array->integers = room;
  else
    array->numbers = room;
  return whole ? fv__hdf5_read_integers(r->file, room, numbers.count, dataset)
               : fv__hdf5_read(r->file, room, numbers.count, dataset, NULL);
}

static fv_status make_room(struct reading *r, fv_training_array **arrays, int32_t count) {
  if (count > ARRAYS_MAX) return fail(FV_ERROR_FORMAT, "an optimizer of more than %d arrays", ARRAYS_MAX);
  *arrays = fv__arena_take(&r->training->arena, ((size_t)count + 1) * sizeof **arrays);
  r->training->facts.arrays = *arrays;
  r->training->facts.array_count = count;
  return *arrays ? FV_OK : no_memory();
}

/* Datasets called by the list weight_names of `group`. */
static fv_status read_named(struct reading *r, fv__hdf5_object group) {
  fv__hdf5_list names;
  fv_training_array *arrays = NULL;
  fv_status status = fv__hdf5_texts(r->file, &names, group, "weight_names");
  if (status == FV_ERROR_NOT_FOUND) return FV_OK;
  if (!status) status = make_room(r, &arrays, names.count);
  for (int32_t i = 0; i < names.count && !status; i++) {
    fv__hdf5_object dataset;
    status = fv__hdf5_find(r->file, &dataset, group, names.names[i]);
    if (!status) status = read_array(r, &arrays[i], names.names[i], dataset);
    if (status) status = note(status, "%.100s", names.names[i]);
  }
  return status;
}

/* Datasets 0, 1 ... of `group`. */
static fv_status read_numbered(struct reading *r, fv__hdf5_object group) {
  fv__hdf5_list children;
  fv_training_array *arrays;
  TRY(fv__hdf5_children(r->file, &children, group));
  TRY(make_room(r, &arrays, children.count));
  for (int32_t i = 0; i < children.count; i++) {
    fv__hdf5_object dataset;
    char name[16];
    snprintf(name, sizeof name, "%" PRId32, i);
    fv_status status = fv__hdf5_find(r->file, &dataset, group, name);
    if (!status) status = read_array(r, &arrays[i], name, dataset);
    if (status) return note(status, "%s", name);
  }
  return FV_OK;
}

static fv_status read_arrays(struct reading *r) {
  fv__hdf5_object group;
  fv_status status = fv__hdf5_find(r->file, &group, fv__hdf5_root(r->file), "optimizer_weights");
  if (status != FV_ERROR_NOT_FOUND) return status ? status : read_named(r, group);
  status = fv__hdf5_find(r->file, &group, fv__hdf5_root(r->file), "optimizer/vars");
  if (status != FV_ERROR_NOT_FOUND) return status ? status : read_numbered(r, group);
  return FV_OK;
}

fv_status fv__keras_training(fv_model *model, const json_t *compile, fv__hdf5 *file, int version) {
  fv__training *t = calloc(1, sizeof *t);
  if (!t) return no_memory();
  t->facts.keras = version;
  fv_status status = keep_configuration(t, compile);
  struct reading r = begin(t, file, model);
  if (!status && file) status = read_arrays(&r);
  if (status) {
    fv__training_destroy(t);
    return note(status, "the optimizer");
  }
  const bool known = t->facts.optimizer || t->facts.compile || t->facts.array_count;
  if (!known) fv__training_destroy(t);
  fv__model_take_training(model, known ? t : NULL);
  return FV_OK;
}
