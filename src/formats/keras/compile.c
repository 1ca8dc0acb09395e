/* How a model was compiled and its optimizer's arrays, back into files. See training.c, which reads them.
 *
 * Both Kerases read .h5 and .keras is Keras 3's, so keys that the reader would refuse are left out where they say
 * nothing. Keras 3 keeps the learning rate among the arrays, Keras 2 does not: it is added and left out. Arrays of the
 * optimizers before Keras 2.11, which are in another order, stay where they came from: in .h5.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "formats/keras/write.h"

/* What one of the two Kerases has and the other refuses. */
static const char *const only_keras3[] = {"loss_scale_factor", "gradient_accumulation_steps"};
static const char *const only_keras2[] = {"jit_compile", "is_legacy_optimizer", "decay"};

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for how the model was compiled"); }

static json_t *optimizer_config(const fv__keras_draft *draft, const fv_training *training) {
  json_t *config = training->optimizer_config ? json_loads(training->optimizer_config, 0, NULL) : json_object();
  bool keras2 = draft->dialect == FV__KERAS_2;
  size_t count = keras2 ? sizeof only_keras3 / sizeof *only_keras3 : sizeof only_keras2 / sizeof *only_keras2;
  for (size_t i = 0; config && i < count; i++) {
    const char *key = keras2 ? only_keras3[i] : only_keras2[i];
    const json_t *value = json_object_get(config, key);
    if (json_is_number(value) && json_number_value(value) != 0)
      fv__save_remark(draft->save, "the optimizer's %s is left out: Keras %d has no such option", key, draft->dialect);
    json_object_del(config, key);
  }
  return config;
}

fv_status fv__keras_compile(json_t **out, const fv__keras_draft *draft) {
  const fv_training *training = fv_model_training(draft->model);
  *out = NULL;
  if (!training || (!training->optimizer && !training->compile)) return FV_OK;
  json_t *compile = json_object(), *rest = training->compile ? json_loads(training->compile, 0, NULL) : json_object();
  bool done = compile && rest;
  if (training->optimizer) {
    json_t *config = optimizer_config(draft, training);
    json_t *optimizer = draft->dialect == FV__KERAS_3
                            ? json_pack("{s:s, s:s, s:o, s:n}", "module", "keras.optimizers", "class_name",
                                        training->optimizer, "config", config, "registered_name")
                            : json_pack("{s:s, s:o}", "class_name", training->optimizer, "config", config);
    done = done &&
           !json_object_set_new(compile, draft->dialect == FV__KERAS_3 ? "optimizer" : "optimizer_config", optimizer);
  }
  done = done && !json_object_update(compile, rest);
  json_decref(rest);
  *out = compile;
  if (done) return FV_OK;
  json_decref(compile);
  *out = NULL;
  return no_memory();
}

/* Whether the arrays are in the order of Keras before 2.11: of its slots, m and v, all of the first come first. The
 * later ones have at most one array more than whole rounds of slots; what cannot be told is taken as the later order
 * for files of Keras 3 alone. */
static bool is_by_slot(const fv_training *training) {
  if (training->keras >= 3 || training->array_count < 1) return false;
  const char *name = training->arrays[0].name;
  return !strstr(name, "iteration") || strstr(name, "iterations");
}

static const fv_training_array *array_called(const fv_training *training, const char *ending) {
  for (int32_t i = 0; i < training->array_count && i < 2; i++) {
    const char *name = training->arrays[i].name;
    size_t length = strlen(name), wanted = strlen(ending);
    if (length >= wanted && !strcmp(name + length - wanted, ending)) return &training->arrays[i];
  }
  return NULL;
}

/* One array under one path. */
static void add(fv__hdf5_draft *file, fv__hdf5_node *group, const char *path, const fv_training_array *array) {
  fv__hdf5_add_numbers(file, group, path, &array->shape, array->integers ? FV__INT64 : FV__FLOAT32,
                       array->integers ? (const void *)array->integers : array->numbers);
}

/* The learning rate that the configuration says, in the draft's memory; NULL when it is a schedule. */
static const float *learning_rate(fv__keras_draft *draft, const fv_training *training) {
  json_t *config = training->optimizer_config ? json_loads(training->optimizer_config, 0, NULL) : NULL;
  const json_t *value = json_object_get(config, "learning_rate");
  float *number = json_is_number(value) ? fv__arena_take(&draft->arena, sizeof *number) : NULL;
  if (number) *number = (float)json_number_value(value);
  json_decref(config);
  return number;
}

static fv_status store_numbered(fv__hdf5_draft *file, fv__keras_draft *draft, const fv_training *training) {
  if (is_by_slot(training)) {
    fv__save_remark(draft->save, "the optimizer's state is left out: it is in the order of Keras before 2.11");
    return FV_OK;
  }
  fv__hdf5_node *group = fv__hdf5_add_group(file, fv__hdf5_draft_root(file), "optimizer/vars");
  const float *rate =
      training->keras < 3 && !array_called(training, "learning_rate") ? learning_rate(draft, training) : NULL;
  for (int32_t i = 0, number = 0; i < training->array_count; i++, number++) {
    char path[16];
    if (i == 1 && rate) {
      const fv_training_array extra = {.name = "learning_rate", .numbers = rate};
      snprintf(path, sizeof path, "%" PRId32, number++);
      add(file, group, path, &extra);
    }
    snprintf(path, sizeof path, "%" PRId32, number);
    add(file, group, path, &training->arrays[i]);
  }
  return FV_OK;
}

static fv_status store_named(fv__hdf5_draft *file, fv__keras_draft *draft, const fv_training *training) {
  size_t count = (size_t)training->array_count;
  const char **names = fv__arena_take(&draft->arena, (count + 1) * sizeof *names);
  if (!names) return no_memory();
  fv__hdf5_node *group = fv__hdf5_add_group(file, fv__hdf5_draft_root(file), "optimizer_weights");
  for (size_t i = 0; i < count; i++) {
    const char *name = training->arrays[i].name;
    bool is_number = name[strspn(name, "0123456789")] == '\0'; /* from .keras */
    size_t size = strlen(name) + 24;
    char *path = fv__arena_take(&draft->arena, size);
    if (!path) return no_memory();
    snprintf(path, size, is_number ? "optimizer/%s:0" : "%s:0", name);
    names[i] = path;
    add(file, group, path, &training->arrays[i]);
  }
  fv__hdf5_add_texts(file, group, "weight_names", names, training->array_count);
  return FV_OK;
}

fv_status fv__keras_store_training(fv__hdf5_draft *file, const fv__keras_draft *draft) {
  const fv_training *training = fv_model_training(draft->model);
  fv__keras_draft *own = (fv__keras_draft *)draft; /* for its arena */
  if (!training || training->array_count == 0) return FV_OK;
  return draft->dialect == FV__KERAS_3 ? store_numbered(file, own, training) : store_named(file, own, training);
}
