/* A training goes on from a backup: what it is must be the same, then everything that changes with steps is read back.
 * Nothing of the model is changed before the comparison and the counters have been found right.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/file.h>

#include "base/size.h"
#include "base/source.h"
#include "formats/hdf5/hdf5.h"
#include "train/fit.h"

typedef struct reading {
  fv__fit *fit;
  fv__hdf5 *file;
  fv__hdf5_object root, group;
  int64_t counters[FV__STATE_COUNTERS];
  bool optimizer_is_new; /* the backup is another one's */
} reading;

/* Whole numbers of a dataset that has `count` of them. */
static fv_status read(const reading *r, int64_t *numbers, int64_t count, const char *path) {
  fv__hdf5_object object;
  if (count == 0) return FV_OK;
  fv_status status = fv__hdf5_find(r->file, &object, r->group, path);
  if (!status) status = fv__hdf5_read_integers(r->file, numbers, count, object);
  return status ? note(status, "%s", path) : FV_OK;
}

static fv_status read_floats(const reading *r, float *numbers, int64_t count, fv__hdf5_object from, const char *path) {
  fv__hdf5_object object;
  if (count == 0) return FV_OK;
  fv_status status = fv__hdf5_find(r->file, &object, from, path);
  if (!status) status = fv__hdf5_read(r->file, numbers, count, object, NULL);
  return status ? note(status, "%s", path) : FV_OK;
}

/* ---- what it is */

static fv_status compare(const reading *r) {
  fv__hdf5_list lines;
  TRY(fv__hdf5_texts(r->file, &lines, r->group, "lines"));
  return r->fit->options.resume_anyway ? FV_OK : fv__fit_compare(r->fit, lines.names, lines.count);
}

static fv_status read_counters(reading *r) {
  const int64_t *c = r->counters;
  TRY(read(r, r->counters, FV__STATE_COUNTERS, "counters"));
  if (c[FV__STATE_FORMAT] != FV__STATE_VERSION)
    return fail(FV_ERROR_UNSUPPORTED, "a state of version %" PRId64 ": this fovea reads %d", c[FV__STATE_FORMAT],
                FV__STATE_VERSION);
  const bool is_right = c[FV__STATE_EPOCH] >= 0 && c[FV__STATE_EPOCH] < INT32_MAX && c[FV__STATE_STEP] >= 0 &&
                        c[FV__STATE_STEP] <= r->fit->training.steps && c[FV__STATE_ITERATION] >= 0 &&
                        c[FV__STATE_EPOCHS_DONE] >= 0 && c[FV__STATE_EPOCHS_DONE] <= c[FV__STATE_EPOCH] &&
                        c[FV__STATE_FIRST_EPOCH] >= 0 && c[FV__STATE_FIRST_EPOCH] < INT32_MAX;
  if (is_right) return FV_OK;
  return fail(FV_ERROR_FORMAT, "epoch %" PRId64 ", step %" PRId64 " is no place of this training", c[FV__STATE_EPOCH],
              c[FV__STATE_STEP]);
}

static void take_counters(const reading *r) {
  fv__fit *fit = r->fit;
  const fv__learner_counters fresh = fv__learner_counters_of(fit->learner);
  const int64_t *c = r->counters;
  fit->epoch = (int32_t)c[FV__STATE_EPOCH];
  fit->step = c[FV__STATE_STEP];
  fit->iteration = c[FV__STATE_ITERATION];
  fit->ends = c[FV__STATE_ENDS] != 0;
  const fv__learner_counters kept = {.calls = c[FV__STATE_CALLS],
                                     .product = fv__number_of(c[FV__STATE_PRODUCT]),
                                     .rate = fv__number_of(c[FV__STATE_RATE])};
  fv__learner_counters counters = r->optimizer_is_new ? fresh : kept;
  counters.steps = c[FV__STATE_LEARNER_STEPS];
  fv__learner_set_counters(fit->learner, &counters);
}

/* ---- history, sums */

/* Its numbers are found by name: a resume with other metrics leaves those that are new empty. */
static fv_status read_history(const reading *r) {
  fv__fit *fit = r->fit;
  const int32_t epochs = (int32_t)r->counters[FV__STATE_EPOCHS_DONE];
  fv__hdf5_list names;
  size_t bytes;
  TRY(fv__hdf5_texts(r->file, &names, r->group, "logs"));
  const int64_t count = (int64_t)epochs * names.count;
  int64_t *bits = fv__size_bytes(&bytes, count, sizeof *bits) ? malloc(bytes + 1) : NULL;
  if (!bits) return fail(FV_ERROR_MEMORY, "no memory for the history");
  fv_status status = read(r, bits, count, "history");
  for (int32_t epoch = 0; epoch < epochs && !status; epoch++) {
    for (int32_t i = 0; i < fit->log_count; i++) {
      fit->logs[i].value = fv__number_of(INT64_C(0x7ff8000000000000));
      for (int32_t k = 0; k < names.count; k++)
        if (!strcmp(fit->names[i], names.names[k])) fit->logs[i].value = fv__number_of(bits[epoch * names.count + k]);
    }
    status = fv__fit_remember(fit);
  }
  free(bits);
  fit->history->first_epoch = (int32_t)r->counters[FV__STATE_FIRST_EPOCH];
  for (int32_t i = 0; i < fit->log_count; i++) fit->logs[i].value = fv__number_of(INT64_C(0x7ff8000000000000));
  return status;
}

static fv_status read_sums(const reading *r) {
  int64_t count = 0;
  while (fv__meter_sum(&r->fit->meter, count)) count++;
  int64_t *bits = malloc((size_t)count * sizeof *bits);
  if (!bits) return fail(FV_ERROR_MEMORY, "no memory for sums");
  fv_status status = read(r, bits, count, "sums");
  for (int64_t i = 0; i < count && !status; i++) *fv__meter_sum(&r->fit->meter, i) = fv__number_of(bits[i]);
  free(bits);
  return status;
}

/* ---- weights and arrays */

enum { ARRAY_PATH = FV__ARRAY_NAME + 40 };

/* Where the backup has an array of the optimizer. */
static fv__hdf5_object place_of(char path[ARRAY_PATH], const reading *r, int32_t index,
                                const fv__learner_array *array) {
  char name[FV__ARRAY_NAME];
  fv__fit_array_name(name, r->fit, array);
  if (array->is_ours)
    snprintf(path, ARRAY_PATH, "arrays/%" PRId32, index);
  else
    snprintf(path, ARRAY_PATH, "optimizer_weights/%s:0", name);
  return array->is_ours ? r->group : r->root;
}

/* Whether this optimizer, with these options and these trained weights, is the one that was kept. */
static bool has_arrays(const reading *r) {
  fv__learner_array array;
  for (int32_t i = 0; fv__learner_array_at(r->fit->learner, i, &array); i++) {
    char path[ARRAY_PATH];
    fv__hdf5_object object;
    const fv__hdf5_object from = place_of(path, r, i, &array);
    if (fv__hdf5_find(r->file, &object, from, path)) return false;
  }
  return true;
}

static fv_status read_arrays(const reading *r) {
  fv__learner_array array;
  for (int32_t i = 0; fv__learner_array_at(r->fit->learner, i, &array); i++) {
    char path[ARRAY_PATH];
    const fv__hdf5_object from = place_of(path, r, i, &array);
    TRY(read_floats(r, array.numbers, array.count, from, path));
  }
  return FV_OK;
}

/* ---- callbacks */

static fv_status read_kept(const reading *r, int32_t index, int32_t stored) {
  fv__fit *fit = r->fit;
  fv__hdf5_object object;
  char path[64];
  snprintf(path, sizeof path, "kept/%" PRId32, stored);
  fv_status status = fv__hdf5_find(r->file, &object, r->group, path);
  if (status) return status == FV_ERROR_NOT_FOUND ? FV_OK : note(status, "%s", path);
  TRY(fit->trainers[index].keep_weights(&fit->keepers[index])); /* takes the room */
  float *numbers = fit->keepers[index].kept;
  for (int32_t i = 0; i < fv_model_weight_count(fit->model); i++) {
    const fv_shape shape = fv_model_weight(fit->model, i).shape;
    int64_t count;
    TRY(fv_shape_elements(&count, &shape));
    snprintf(path, sizeof path, "kept/%" PRId32 "/%" PRId32, stored, i);
    TRY(read_floats(r, numbers, count, r->group, path));
    numbers += count;
  }
  return FV_OK;
}

static fv_status restore(const reading *r, int32_t index, int32_t stored, fv__hdf5_object group) {
  const fv_callback *callback = &r->fit->options.callbacks[index];
  fv_train_number numbers[FV_CALLBACK_MAX_NUMBERS];
  int64_t bits[FV_CALLBACK_MAX_NUMBERS];
  fv__hdf5_list names;
  char path[64];
  TRY(fv__hdf5_texts(r->file, &names, group, "names"));
  if (names.count > FV_CALLBACK_MAX_NUMBERS)
    return fail(FV_ERROR_FORMAT, "%" PRId32 " numbers, at most %d", names.count, FV_CALLBACK_MAX_NUMBERS);
  snprintf(path, sizeof path, "callbacks/%" PRId32 "/numbers", stored);
  TRY(read(r, bits, names.count, path));
  for (int32_t i = 0; i < names.count; i++) numbers[i] = (fv_train_number){names.names[i], fv__number_of(bits[i])};
  if (callback->restore && names.count) TRY(callback->restore(callback->context, numbers, names.count));
  return read_kept(r, index, stored);
}

/* Callbacks are found by their keys; one that the backup does not know begins anew. */
static fv_status read_callback(const reading *r, int32_t index) {
  char wanted[FV__CALLBACK_KEY];
  fv__callbacks_key(wanted, r->fit->options.callbacks, index);
  for (int32_t stored = 0;; stored++) {
    fv__hdf5_object group;
    const char *key;
    char path[64];
    snprintf(path, sizeof path, "callbacks/%" PRId32, stored);
    fv_status status = fv__hdf5_find(r->file, &group, r->group, path);
    if (status == FV_ERROR_NOT_FOUND) return FV_OK;
    if (!status) status = fv__hdf5_text(r->file, &key, group, "key");
    if (!status && strcmp(key, wanted)) continue;
    if (!status) status = restore(r, index, stored, group);
    return status ? note(status, "callback %s", wanted) : FV_OK;
  }
}

/* ---- all */

static fv_status check(reading *r) {
  r->root = fv__hdf5_root(r->file);
  fv_status status = fv__hdf5_find(r->file, &r->group, r->root, FV__STATE_GROUP);
  if (status == FV_ERROR_NOT_FOUND)
    return fail(FV_ERROR_FORMAT, "this is no backup of a training: it has no group %s", FV__STATE_GROUP);
  TRY(status);
  TRY(compare(r));
  return read_counters(r);
}

/* What a resume with other options cannot take over. */
static void tell(const reading *r, const char *text) {
  const fv_fit_options *o = &r->fit->options;
  const fv_train_message message = {.kind = FV_MESSAGE_WARNING, .callback = "fit", .text = text};
  if (o->say) o->say(o->context, &message);
}

static fv_status take(reading *r) {
  fv__fit *fit = r->fit;
  r->optimizer_is_new = fit->options.resume_anyway && !has_arrays(r);
  if (r->optimizer_is_new)
    tell(r, "the backup was written with another optimizer, or with other layers learning: the optimizer begins anew");
  else
    TRY(read_arrays(r));
  take_counters(r);
  TRY(read_history(r));
  const fv_status sums = read_sums(r);
  if (sums && !fit->options.resume_anyway) return sums;
  if (sums) {
    fv__meter_reset(&fit->meter);
    tell(r, "the backup was written with other metrics: those of the epoch that is under way begin anew");
  }
  for (int32_t i = 0; i < fit->options.callback_count; i++) TRY(read_callback(r, i));
  const bool is_whole = fit->step == fit->training.steps;
  return fv__feed_seek(&fit->training, fit->epoch + is_whole, is_whole ? 0 : fit->step);
}

static fv_status resume(reading *r, const char *path) {
  fv_status status = check(r);
  if (status) return note(status, "%s", path);
  TRY(fv_model_load_weights(r->fit->model, path)); /* which names the file */
  status = take(r);
  return status ? note(status, "%s", path) : FV_OK;
}

fv_status fv__fit_resume(fv__fit *fit) {
  reading r = {.fit = fit};
  fv__source source;
  const char *path = fit->options.resume;
  fv_status status = fv__source_open(&source, path);
  if (status) return note(status, "%s", path);
  status = fv__hdf5_open(&r.file, &source);
  if (status) {
    status = note(status, "%s", path);
  } else {
    status = resume(&r, path);
    fv__hdf5_close(r.file);
  }
  fv__source_close(&source);
  return status;
}
