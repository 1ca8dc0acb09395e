/* The state of a training as a file: the model with its optimizer's arrays as Keras keeps them, and behind that the
 * group fovea_state:
 *
 *   attributes   lines: what the training is (describe.c); logs: names of the history's numbers
 *   counters     int64, fv__state_counter
 *   history      epochs x logs      doubles by their bits, as all that follows but weights
 *   sums         of the meter of the epoch that is under way
 *   callbacks/N  attribute key, attribute names, numbers; kept/N: the copy of weights W that it keeps
 *   arrays/N     accumulated gradients, by their number among the learner's arrays
 *
 * Doubles go by their bits because they must come back as they were, NaN included.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/size.h"
#include "formats/format.h"
#include "formats/hdf5/draft.h"
#include "model/training.h"
#include "train/fit.h"

int64_t fv__bits_of(double number) {
  int64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits;
}

double fv__number_of(int64_t bits) {
  double number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

/* One writing. Numbers live in the arena until the file is complete. */
typedef struct writing {
  fv__fit *fit;
  fv__arena arena;
  fv__hdf5_draft *file;
  fv__hdf5_node *group;
} writing;

static fv_status take(writing *w, int64_t **numbers, int64_t count) {
  size_t bytes;
  *numbers = fv__size_bytes(&bytes, count, sizeof **numbers) ? fv__arena_take(&w->arena, bytes + 1) : NULL;
  return *numbers ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for a backup");
}

static void add(const writing *w, const char *path, const int64_t *numbers, int64_t count) {
  if (count) fv__hdf5_add_numbers(w->file, w->group, path, &(fv_shape){1, {count}}, FV__INT64, numbers);
}

static fv_status add_counters(writing *w) {
  const fv__fit *fit = w->fit;
  const fv__learner_counters learner = fv__learner_counters_of(fit->learner);
  int64_t *counters;
  TRY(take(w, &counters, FV__STATE_COUNTERS));
  counters[FV__STATE_FORMAT] = FV__STATE_VERSION;
  counters[FV__STATE_EPOCH] = fit->epoch;
  counters[FV__STATE_STEP] = fit->step;
  counters[FV__STATE_ITERATION] = fit->iteration;
  counters[FV__STATE_ENDS] = fit->ends;
  counters[FV__STATE_LEARNER_STEPS] = learner.steps;
  counters[FV__STATE_CALLS] = learner.calls;
  counters[FV__STATE_PRODUCT] = fv__bits_of(learner.product);
  counters[FV__STATE_RATE] = fv__bits_of(learner.rate);
  counters[FV__STATE_FIRST_EPOCH] = fit->history->first_epoch;
  counters[FV__STATE_EPOCHS_DONE] = fit->history->epoch_count;
  add(w, "counters", counters, FV__STATE_COUNTERS);
  return FV_OK;
}

static fv_status add_history(writing *w) {
  const fv_fit_history *history = w->fit->history;
  const int64_t count = (int64_t)history->epoch_count * history->name_count;
  int64_t *bits;
  TRY(take(w, &bits, count));
  for (int64_t i = 0; i < count; i++) bits[i] = fv__bits_of(history->values[i]);
  fv__hdf5_add_texts(w->file, w->group, "logs", (const char *const *)history->names, history->name_count);
  add(w, "history", bits, count);
  return FV_OK;
}

static fv_status add_sums(writing *w) {
  int64_t count = 0, *bits;
  while (fv__meter_sum(&w->fit->meter, count)) count++;
  TRY(take(w, &bits, count));
  for (int64_t i = 0; i < count; i++) bits[i] = fv__bits_of(*fv__meter_sum(&w->fit->meter, i));
  add(w, "sums", bits, count);
  return FV_OK;
}

static void add_kept(const writing *w, int32_t index) {
  const fv__keeper *keeper = &w->fit->keepers[index];
  const float *numbers = keeper->kept;
  for (int32_t i = 0; keeper->holds && i < fv_model_weight_count(w->fit->model); i++) {
    const fv_shape shape = fv_model_weight(w->fit->model, i).shape;
    char path[64];
    int64_t count;
    if (fv_shape_elements(&count, &shape)) continue;
    snprintf(path, sizeof path, "kept/%" PRId32 "/%" PRId32, index, i);
    if (count) fv__hdf5_add_numbers(w->file, w->group, path, &shape, FV__FLOAT32, numbers);
    numbers += count;
  }
}

static fv_status add_callback(writing *w, int32_t index) {
  const fv_callback *callback = &w->fit->options.callbacks[index];
  fv_train_number numbers[FV_CALLBACK_MAX_NUMBERS];
  const char *names[FV_CALLBACK_MAX_NUMBERS];
  char path[64], key[FV__CALLBACK_KEY];
  const int32_t count = callback->save ? callback->save(callback->context, numbers) : 0;
  int64_t *bits;
  TRY(take(w, &bits, count));
  for (int32_t i = 0; i < count; i++) {
    names[i] = numbers[i].name;
    bits[i] = fv__bits_of(numbers[i].value);
  }
  snprintf(path, sizeof path, "callbacks/%" PRId32, index);
  fv__hdf5_node *group = fv__hdf5_add_group(w->file, w->group, path);
  fv__callbacks_key(key, w->fit->options.callbacks, index);
  fv__hdf5_add_text(w->file, group, "key", key);
  fv__hdf5_add_texts(w->file, group, "names", names, count);
  if (count) fv__hdf5_add_numbers(w->file, group, "numbers", &(fv_shape){1, {count}}, FV__INT64, bits);
  add_kept(w, index);
  return FV_OK;
}

/* What Keras's file has no place for. */
static void add_arrays(const writing *w) {
  fv__learner_array array;
  for (int32_t i = 0; fv__learner_array_at(w->fit->learner, i, &array); i++) {
    char path[64];
    if (!array.is_ours) continue;
    snprintf(path, sizeof path, "arrays/%" PRId32, i);
    fv__hdf5_add_numbers(w->file, w->group, path, &(fv_shape){1, {array.count}}, FV__FLOAT32, array.numbers);
  }
}

static fv_status fill(void *context, fv__hdf5_draft *file) {
  writing *w = context;
  const fv__lines *lines = &w->fit->lines;
  w->file = file;
  w->group = fv__hdf5_add_group(file, fv__hdf5_draft_root(file), FV__STATE_GROUP);
  fv__hdf5_add_texts(file, w->group, "lines", lines->texts, lines->count);
  TRY(add_counters(w));
  TRY(add_history(w));
  TRY(add_sums(w));
  for (int32_t i = 0; i < w->fit->options.callback_count; i++) TRY(add_callback(w, i));
  add_arrays(w);
  return FV_OK;
}

/* Weights that are no numbers never take the place of a good backup. */
static fv_status check_weights(const fv__fit *fit) {
  for (int32_t i = 0; i < fv_model_weight_count(fit->model); i++) {
    const fv_weight_info weight = fv_model_weight(fit->model, i);
    const float *numbers = fv_model_weight_data(fit->model, i);
    int64_t count;
    TRY(fv_shape_elements(&count, &weight.shape));
    for (int64_t k = 0; k < count; k++)
      if (!isfinite(numbers[k]))
        return fail(FV_ERROR_NUMBERS, "%s: a backup is not replaced by weights that are no numbers (%s)",
                    fit->options.backup, weight.path);
  }
  return FV_OK;
}

int64_t fv__fit_backup_bytes(const fv__fit *fit) {
  const int64_t weights = fv__weights_count(fit->model) * (int64_t)sizeof(float);
  int64_t bytes = weights + fv_learner_memory_use(fit->learner).optimizer;
  for (int32_t i = 0; i < fit->options.callback_count; i++) bytes += fit->keepers[i].kept ? weights : 0;
  return bytes;
}

fv_status fv__fit_backup(fv__fit *fit) {
  writing w = {.fit = fit};
  char message[FV__MESSAGE_SIZE];
  TRY(check_weights(fit));
  fv_status status = fv__fit_compile(fit, true);
  if (!status) status = fv__model_save_with(fit->model, fit->options.backup, fill, &w);
  if (status == FV_ERROR_IO) status = note(status, "a backup of about %" PRId64 " bytes", fv__fit_backup_bytes(fit));
  fv__arena_clear(&w.arena);
  fv__error_save(message);
  const fv_status without = fv__fit_compile(fit, false);
  if (without)
    fv__model_take_training(fit->model, NULL); /* the arrays are the learner's, which ends before the model */
  return status ? fv__error_raise(status, message) : without;
}
