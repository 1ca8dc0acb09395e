/* How Keras would say that the model was compiled. A model saved during or after training says it, so that Keras opens
 * the file ready to train; a backup also has the optimizer's arrays. Options that are 0 where Keras has None are left
 * out.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "model/training.h"
#include "train/fit.h"
#include "train/loss.h"
#include "train/optimizer.h"
#include "train/part.h"

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for how the model was compiled"); }

/* ---- texts */

static json_t *value_of(const void *options, const fv_option *option) {
  const void *field = (const char *)options + option->offset;
  if (option->kind == FV_OPTION_BOOL) return json_boolean(*(const bool *)field);
  if (option->kind == FV_OPTION_INT)
    return *(const int32_t *)field ? json_integer(*(const int32_t *)field) : json_null();
  if (option->kind != FV_OPTION_FLOAT) return json_null();
  const double number = *(const double *)field;
  return isfinite(number) ? json_real(number) : json_null();
}

/* Whether 0 stands for Keras's None. */
static bool is_none(const char *optimizer, const char *option, double number) {
  if (number != 0) return false;
  if (!strcmp(option, "weight_decay")) return strcmp(optimizer, "AdamW") != 0;
  return !strncmp(option, "clip", 4) || !strcmp(option, "global_clipnorm");
}

static json_t *optimizer_config(const fv__fit *fit) {
  const fv_optimizer *optimizer = fv__learner_optimizer(fit->learner);
  const fv__optimizer_type *type = fv__optimizer_type_of(optimizer);
  const fv_optimizer_options *options = fv__optimizer_options_of(optimizer);
  json_t *config = json_object();
  int failed = !config;
  for (const fv_option *option = type->table; option->name; option++) {
    json_t *value =
        !strcmp(option->name, "learning_rate") ? json_real(fv_learner_rate(fit->learner)) : value_of(options, option);
    if (json_is_null(value) || (json_is_real(value) && is_none(type->name, option->name, json_real_value(value))))
      json_decref(value);
    else
      failed |= json_object_set_new(config, option->name, value);
  }
  if (!failed) return config;
  json_decref(config);
  return NULL;
}

static json_t *compile_config(const fv__fit *fit) {
  char loss[100] = "";
  const fv__loss_type *const *type = fv__loss_table;
  while (*type && !fv__part_is_called(fit->options.loss, (*type)->name, (*type)->short_name)) type++;
  if (*type) fv__snake_case(loss, sizeof loss, (*type)->name);
  json_t *compile = json_object(), *metrics = json_array();
  int failed = !compile || !metrics;
  for (int32_t i = 0; i < fit->meter.count; i++)
    failed |= json_array_append_new(metrics, json_string(fit->meter.names[i]));
  failed |= json_object_set_new(compile, "loss", json_string(loss));
  failed |= json_object_set_new(compile, "metrics", metrics);
  failed |= json_object_set_new(compile, "loss_weights", json_null()); /* Keras 3 looks for them */
  failed |= json_object_set_new(compile, "weighted_metrics", json_null());
  if (!failed) return compile;
  json_decref(compile);
  return NULL;
}

static fv_status keep_text(fv__arena *arena, const char **kept, json_t *json) {
  char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
  json_decref(json);
  *kept = text ? fv__arena_text(arena, text) : NULL;
  free(text);
  return *kept ? FV_OK : no_memory();
}

/* ---- arrays */

void fv__fit_array_name(char name[FV__ARRAY_NAME], const fv__fit *fit, const fv__learner_array *array) {
  snprintf(name, FV__ARRAY_NAME, "%s/%s/%s", fv__optimizer_type_of(fv__learner_optimizer(fit->learner))->name,
           array->slot, fv_model_weight(fit->model, array->weight).path);
}

/* One number of the optimizer, or its counter. */
static fv_status add_number(fv__training *training, const char *what, const float *number, const int64_t *counter) {
  char name[FV__ARRAY_NAME];
  snprintf(name, sizeof name, "%s/%s", training->facts.optimizer, what);
  const char *kept = fv__arena_text(&training->arena, name);
  fv_training_array *arrays = (fv_training_array *)(uintptr_t)training->facts.arrays;
  arrays[training->facts.array_count++] = (fv_training_array){.name = kept, .numbers = number, .integers = counter};
  return kept ? FV_OK : no_memory();
}

static fv_status add_slots(const fv__fit *fit, fv__training *training) {
  fv_training_array *arrays = (fv_training_array *)(uintptr_t)training->facts.arrays;
  fv__learner_array array;
  for (int32_t i = 0; fv__learner_array_at(fit->learner, i, &array); i++) {
    char name[FV__ARRAY_NAME];
    if (array.is_ours) continue;
    fv__fit_array_name(name, fit, &array);
    const char *kept = fv__arena_text(&training->arena, name);
    if (!kept) return no_memory();
    arrays[training->facts.array_count++] = (fv_training_array){
        .name = kept, .shape = fv_model_weight(fit->model, array.weight).shape, .numbers = array.numbers};
  }
  return FV_OK;
}

/* The counter, the rate, and the optimizer's own slots; what else a learner has is for the backup's own group. */
static fv_status add_arrays(const fv__fit *fit, fv__training *training) {
  const fv__learner_counters counters = fv__learner_counters_of(fit->learner);
  fv__learner_array array;
  size_t most = 3;
  while (fv__learner_array_at(fit->learner, (int32_t)most - 3, &array)) most++;
  training->facts.arrays = fv__arena_take(&training->arena, most * sizeof *training->facts.arrays);
  int64_t *iteration = fv__arena_take(&training->arena, sizeof *iteration);
  float *numbers = fv__arena_take(&training->arena, 2 * sizeof *numbers);
  if (!training->facts.arrays || !iteration || !numbers) return no_memory();
  *iteration = counters.calls;
  numbers[0] = (float)fv_learner_rate(fit->learner);
  numbers[1] = (float)counters.product;
  TRY(add_number(training, "iteration", NULL, iteration));
  TRY(add_number(training, "learning_rate", &numbers[0], NULL));
  TRY(add_slots(fit, training));
  const bool has_product = fv__optimizer_type_of(fv__learner_optimizer(fit->learner))->keeps_product;
  return has_product ? add_number(training, "product", &numbers[1], NULL) : FV_OK;
}

static fv_status fill(const fv__fit *fit, fv__training *training, bool with_arrays) {
  fv_training *facts = &training->facts;
  facts->keras = 3;
  facts->optimizer = fv__optimizer_type_of(fv__learner_optimizer(fit->learner))->name;
  TRY(keep_text(&training->arena, &facts->optimizer_config, optimizer_config(fit)));
  TRY(keep_text(&training->arena, &facts->compile, compile_config(fit)));
  return with_arrays ? add_arrays(fit, training) : FV_OK;
}

fv_status fv__fit_compile(fv__fit *fit, bool with_arrays) {
  fv__training *training = calloc(1, sizeof *training);
  if (!training) return no_memory();
  fv_status status = fill(fit, training, with_arrays);
  if (status) {
    fv__training_destroy(training);
    return status;
  }
  fv__model_take_training(fit->model, training);
  return FV_OK;
}
