/* Opening, splitting and drawing. */
#include "train_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LISTED = 20 }; /* broken files, empty classes */

static int fail_data(fv_status status) {
  const int code = command_status(status);
  return command_error(code == COMMAND_USAGE ? COMMAND_BAD_INPUT : code, "%s", fv_error_message());
}

/* Broken files are listed once, by name. */
static void list_broken(const fv_dataset *set) {
  const int64_t count = fv_dataset_broken_count(set);
  if (!count || command_quiet()) return;
  for (int64_t i = 0; i < count && i < LISTED; i++) command_error(COMMAND_OK, "%s", fv_dataset_broken(set, i).message);
  command_error(COMMAND_OK, "%" PRId64 " file%s left out%s", count, count == 1 ? " is" : "s are",
                count > LISTED ? "; the first 20 are named above" : "");
}

/* A class without a picture is a class of the network all the same, for its number is in the order of names. */
static void list_empty(const fv_dataset *set, const char *path) {
  int32_t empty = 0;
  if (command_quiet()) return;
  for (int32_t i = 0; i < fv_dataset_class_count(set); i++)
    if (!fv_dataset_class_samples(set, i) && ++empty <= LISTED)
      command_error(COMMAND_OK, "%s: class '%s' has no picture: the network will have it, and never learn it", path,
                    fv_dataset_class_name(set, i));
  if (empty > LISTED)
    command_error(COMMAND_OK, "%" PRId32 " classes have no picture; the first %d are named above", empty, LISTED);
}

static int open_set(train_data *d, const fv_dataset **set, const train_options *o, const char *path,
                    const fv_dataset *classes) {
  fv_workers *workers = NULL;
  fv_status failed = fv_workers_create(&workers, o->speed.threads);
  if (failed) return command_fail(failed);
  fv_dataset_options how = {
      .upright = o->model.upright, .classes = classes, .class_names = o->class_names, .workers = workers};
  failed = fv_dataset_open(&d->owned[d->owned_count], path, &how);
  fv_workers_destroy(workers);
  if (failed) return fail_data(failed);
  *set = d->owned[d->owned_count++];
  list_broken(*set);
  return COMMAND_OK;
}

static int split(train_data *d, const train_options *o) {
  const fv_dataset_split_options how = {
      .validation = o->validation_split, .seed = (uint64_t)o->seed, .first = o->split == SPLIT_FIRST};
  const fv_status failed =
      fv_dataset_split(&d->owned[d->owned_count], &d->owned[d->owned_count + 1], d->training, &how);
  if (failed) return fail_data(failed);
  d->training = d->owned[d->owned_count];
  d->validation = d->owned[d->owned_count + 1];
  d->owned_count += 2;
  snprintf(d->how, sizeof d->how, "%.3g %% of each class, %s",
           100 * (o->validation_split > 0 ? o->validation_split : 0.2),
           o->split == SPLIT_FIRST ? "the first ones" : "drawn by the seed");
  return COMMAND_OK;
}

static int find_validation(train_data *d, const train_options *o) {
  if (o->validation && !strcmp(o->validation, "none")) return COMMAND_OK;
  if (o->validation) {
    snprintf(d->how, sizeof d->how, "%.190s", o->validation);
    return open_set(d, &d->validation, o, o->validation, d->training);
  }
  if (o->validation_split > 0 || !fv_dataset_validation(d->training)) return split(d, o);
  d->validation = fv_dataset_validation(d->training);
  list_broken(d->validation);
  snprintf(d->how, sizeof d->how, "the data's own");
  return COMMAND_OK;
}

/* Fewer than asked for are said. */
static int draw(train_data *d, const fv_dataset **set, double count, uint64_t seed) {
  const fv_status failed = fv_dataset_draw(&d->owned[d->owned_count], *set, (int64_t)count, seed);
  if (failed) return fail_data(failed);
  if ((double)fv_dataset_count(*set) < count && !command_quiet())
    command_error(COMMAND_OK, "%.0f pictures were asked for, and the set has %" PRId64 ": all of them are taken", count,
                  fv_dataset_count(*set));
  *set = d->owned[d->owned_count++];
  return COMMAND_OK;
}

int train_data_open(train_data *d, const train_options *o, const char *path) {
  *d = (train_data){.path = path};
  int status = open_set(d, &d->training, o, path, NULL);
  if (status == COMMAND_OK) list_empty(d->training, path);
  if (status == COMMAND_OK && !o->overfit) status = find_validation(d, o);
  if (status == COMMAND_OK && o->validation_samples > 0 && d->validation)
    status = draw(d, &d->validation, o->validation_samples, (uint64_t)o->seed);
  if (status == COMMAND_OK && o->overfit) {
    status = draw(d, &d->training, o->overfit, (uint64_t)o->seed);
    d->validation = d->training;
    snprintf(d->how, sizeof d->how, "the same ones");
  }
  if (status == COMMAND_OK && fv_dataset_class_count(d->training) < 2)
    status = command_error(COMMAND_BAD_INPUT, "%s: there is one class alone, '%s'; a classifier needs two", path,
                           fv_dataset_class_name(d->training, 0));
  return status;
}

void train_data_close(train_data *d) {
  while (d->owned_count) fv_dataset_destroy(d->owned[--d->owned_count]);
}
