/* How a model was compiled and its optimizer's arrays, back into files. See training.c, which reads them.
 *
 * Of an optimizer's options those that say nothing are left out: each Keras refuses some that only the other has. Keras
 * 3 keeps the learning rate among the arrays and trains on from .keras; from .h5, also its own, it starts the optimizer
 * anew. Keras 2 does not keep it, counts arrays instead of looking at their names, and trains on from .h5. Arrays of
 * the optimizers before Keras 2.11, which are in another order, go to .h5 alone.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "formats/keras/write.h"

/* What the other Kerases lack. */
static const char *const only_keras3[] = {"loss_scale_factor", "gradient_accumulation_steps"};
static const char *const only_keras2[] = {"decay"};

/* What no file needs: how Keras 2 runs its optimizer. */
static const char *const needless[] = {"jit_compile", "is_legacy_optimizer"};

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for how the model was compiled"); }

/* Whether an option of an optimizer changes nothing. */
static bool says_nothing(const json_t *config, const char *key, const json_t *value) {
  bool is_average = !strncmp(key, "ema_", 4) && !json_is_true(json_object_get(config, "use_ema"));
  for (size_t i = 0; i < sizeof needless / sizeof *needless; i++)
    if (!strcmp(key, needless[i])) return true;
  if (!strcmp(key, "decay") && json_is_number(value)) return json_number_value(value) == 0;
  return is_average || json_is_null(value) || (!strcmp(key, "use_ema") && json_is_false(value));
}

/* Whether an option is the other Keras's. */
static bool is_foreign(const fv__keras_draft *draft, const char *key) {
  bool keras2 = draft->dialect == FV__KERAS_2;
  const char *const *list = keras2 ? only_keras3 : only_keras2;
  size_t count = keras2 ? sizeof only_keras3 / sizeof *only_keras3 : sizeof only_keras2 / sizeof *only_keras2;
  for (size_t i = 0; i < count; i++)
    if (!strcmp(list[i], key)) return true;
  return false;
}

/* Whether the arrays are in the order of Keras before 2.11: slot by slot, all of m, then all of v. Its counter is
 * called iterations, later ones' iteration; .keras, which has numbers for names, is younger. */
static bool is_by_slot(const fv_training *training) {
  if (training->keras >= 3 || training->array_count < 1) return false;
  const char *name = training->arrays[0].name;
  if (name[strspn(name, "0123456789")] == '\0') return false;
  return !strstr(name, "iteration") || strstr(name, "iterations");
}

static json_t *optimizer_config(const fv__keras_draft *draft, const fv_training *training) {
  json_t *config = training->optimizer_config ? fv__keras_parse(training->optimizer_config) : json_object();
  json_t *kept = json_object(), *value;
  const char *key;
  bool done = config && kept;
  json_object_foreach(config, key, value) {
    if (says_nothing(config, key, value)) continue;
    if (is_foreign(draft, key))
      fv__save_remark(draft->save, "the optimizer's %s is left out: Keras %d has no such option", key, draft->dialect);
    else
      done = done && !json_object_set(kept, strcmp(key, "lr") ? key : "learning_rate", value);
  }
  json_decref(config);
  if (draft->dialect == FV__KERAS_2 && !json_object_get(kept, "name")) /* Keras 3 looks for it */
    done = done && !json_object_set_new(kept, "name", json_string(training->optimizer));
  if (done) return kept;
  json_decref(kept);
  return NULL;
}

/* Keras 2 has two optimizers of each name. Those since 2.11, which have other options and another order of arrays, are
 * "Custom>Adam" in its files; "Adam" is the one before. */
static json_t *optimizer_class(const fv__keras_draft *draft, const fv_training *training, const json_t *config) {
  const bool is_early = draft->dialect == FV__KERAS_3 || is_by_slot(training) || json_object_get(config, "decay");
  return is_early ? json_string(training->optimizer) : json_pack("s+", "Custom>", training->optimizer);
}

/* Keras 2 writes a metric that was given as a word as the object it made of it; Keras 3 does not read that. The word is
 * the object's name. */
static json_t *metric_words(json_t *metrics) {
  const json_t *config = json_object_get(metrics, "config");
  const char *class_name = json_string_value(json_object_get(metrics, "class_name"));
  if (class_name && !strcmp(class_name, "MeanMetricWrapper") && json_is_string(json_object_get(config, "name")))
    return json_incref(json_object_get(config, "name"));
  if (!json_is_array(metrics)) return json_incref(metrics);
  if (json_array_size(metrics) == 1 && json_is_array(json_array_get(metrics, 0)))
    return metric_words(json_array_get(metrics, 0)); /* one output's list */
  json_t *words = json_array();
  for (size_t i = 0; i < json_array_size(metrics); i++)
    words = fv__keras_append(words, metric_words(json_array_get(metrics, i)));
  return words;
}

fv_status fv__keras_compile(json_t **out, const fv__keras_draft *draft) {
  const fv_training *training = fv_model_training(draft->model);
  *out = NULL;
  if (!training || (!training->optimizer && !training->compile)) return FV_OK;
  json_t *compile = json_object(), *rest = training->compile ? fv__keras_parse(training->compile) : json_object();
  bool done = compile && rest;
  if (training->optimizer) {
    bool keras3 = draft->dialect == FV__KERAS_3;
    json_t *optimizer = json_object();
    if (keras3) optimizer = fv__keras_with(optimizer, "module", json_string("keras.optimizers"));
    json_t *config = optimizer_config(draft, training);
    optimizer = fv__keras_with(optimizer, "class_name", optimizer_class(draft, training, config));
    optimizer = fv__keras_with(optimizer, "config", config);
    if (keras3) optimizer = fv__keras_with(optimizer, "registered_name", json_null());
    compile = fv__keras_with(compile, keras3 ? "optimizer" : "optimizer_config", optimizer);
  }
  done = done && compile;
  done = done && !json_object_update(compile, rest);
  json_t *metrics = json_object_get(compile, "metrics");
  if (metrics) done = done && !json_object_set_new(compile, "metrics", metric_words(metrics));
  json_decref(rest);
  *out = compile;
  if (done) return FV_OK;
  json_decref(compile);
  *out = NULL;
  return no_memory();
}

/* Whether the second array is the learning rate: one number behind the counter. */
static bool has_learning_rate(const fv_training *training) {
  const fv_training_array *arrays = training->arrays;
  return training->array_count > 1 && arrays[0].integers && arrays[0].shape.rank == 0 && arrays[1].numbers &&
         arrays[1].shape.rank == 0;
}

/* One array under one path. */
static void add(fv__hdf5_draft *file, fv__hdf5_node *group, const char *path, const fv_training_array *array) {
  fv__hdf5_add_numbers(file, group, path, &array->shape, array->integers ? FV__INT64 : FV__FLOAT32,
                       array->integers ? (const void *)array->integers : array->numbers);
}

/* The learning rate that the configuration says, in the draft's memory; NULL when it is a schedule. */
static fv_status learning_rate(const float **rate, fv__keras_draft *draft, const fv_training *training) {
  *rate = NULL;
  if (!training->optimizer_config) return FV_OK;
  json_t *config = fv__keras_parse(training->optimizer_config);
  if (!config) return no_memory();
  const json_t *value = json_object_get(config, "learning_rate");
  bool is_number = json_is_number(value);
  float *number = is_number ? fv__arena_take(&draft->arena, sizeof *number) : NULL;
  if (number) *number = (float)json_number_value(value);
  json_decref(config);
  *rate = number;
  return is_number && !number ? no_memory() : FV_OK;
}

/* All arrays in the order of the Keras that can use them: of Keras 3 in .keras, where the learning rate is the second,
 * of Keras 2 in .h5, where it is none of them. */
static fv_status in_order(const fv_training_array **out, int32_t *count, fv__keras_draft *draft,
                          const fv_training *training) {
  const float *rate = NULL;
  *count = training->array_count;
  *out = training->arrays;
  const bool has_rate = has_learning_rate(training), drops = has_rate && draft->dialect == FV__KERAS_2;
  if (draft->dialect == FV__KERAS_3 && !has_rate) TRY(learning_rate(&rate, draft, training));
  if (!rate && !drops) return FV_OK;
  fv_training_array *arrays = fv__arena_take(&draft->arena, ((size_t)*count + 1) * sizeof *arrays);
  if (!arrays) return no_memory();
  arrays[0] = training->arrays[0];
  if (rate) arrays[1] = (fv_training_array){.name = "learning_rate", .numbers = rate};
  memcpy(arrays + 1 + !drops, training->arrays + 1 + drops, ((size_t)*count - 1 - drops) * sizeof *arrays);
  *count += drops ? -1 : 1;
  *out = arrays;
  return FV_OK;
}

/* Where an array is: by its number, or by its name in .h5, which .keras does not have. */
static fv_status make_path(const char **path, fv__keras_draft *draft, const char *name, int32_t number) {
  bool is_number = name[strspn(name, "0123456789")] == '\0';
  size_t size = strlen(name) + 40;
  char *text = fv__arena_take(&draft->arena, size);
  if (!text) return no_memory();
  if (draft->dialect == FV__KERAS_3)
    snprintf(text, size, "%" PRId32, number);
  else if (is_number && number == 0)
    snprintf(text, size, "iteration:0"); /* which tells later optimizers from early ones */
  else if (is_number)
    snprintf(text, size, "optimizer/%" PRId32 ":0", number);
  else
    snprintf(text, size, "%s:0", name);
  *path = text;
  return FV_OK;
}

static fv_status store(fv__hdf5_draft *file, fv__keras_draft *draft, const fv_training *training) {
  static const char *const groups[] = {[FV__KERAS_2] = "optimizer_weights", [FV__KERAS_3] = "optimizer/vars"};
  int32_t count;
  const fv_training_array *arrays;
  TRY(in_order(&arrays, &count, draft, training));
  const char **names = fv__arena_take(&draft->arena, ((size_t)count + 1) * sizeof *names);
  if (!names) return no_memory();
  fv__hdf5_node *group = fv__hdf5_add_group(file, fv__hdf5_draft_root(file), groups[draft->dialect]);
  for (int32_t i = 0; i < count; i++) {
    TRY(make_path(&names[i], draft, arrays[i].name, i));
    add(file, group, names[i], &arrays[i]);
  }
  if (draft->dialect == FV__KERAS_2) fv__hdf5_add_texts(file, group, "weight_names", names, count);
  return FV_OK;
}

fv_status fv__keras_store_training(fv__hdf5_draft *file, const fv__keras_draft *draft) {
  const fv_training *training = fv_model_training(draft->model);
  if (!training || training->array_count == 0) return FV_OK;
  bool by_slot = is_by_slot(training);
  if (by_slot && draft->dialect == FV__KERAS_3) {
    fv__save_remark(draft->save, "the optimizer's state is left out: it is in the order of Keras before 2.11");
    return FV_OK;
  }
  if (draft->dialect == FV__KERAS_2)
    fv__save_remark(draft->save, "Keras 2 trains on with the optimizer's state, Keras 3 starts it anew%s",
                    by_slot ? "" : "; with .keras it trains on");
  return store(file, (fv__keras_draft *)draft, training); /* for its arena */
}
