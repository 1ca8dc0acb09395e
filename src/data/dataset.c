/* Sets: opening a path, what is in a set, reading a sample. A set is a list of samples of a store that it shares. */
#include "data/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/size.h"
#include "base/source.h"

/* ---- stores */

void fv__store_release(fv__store *store) {
  if (!store || atomic_fetch_sub(&store->users, 1) > 1) return;
  if (store->own) store->type->close(store);
  free(store->labels);
  free(store->broken);
  fv__arena_clear(&store->arena);
  free(store);
}

static fv_status look_at(fv__data_request *request) {
  struct stat facts;
  if (stat(request->path, &facts)) return FV_OK; /* perhaps what names begin with */
  request->is_folder = S_ISDIR(facts.st_mode);
  if (request->is_folder) return FV_OK;
  fv__source source;
  fv_status status = fv__source_open(&source, request->path);
  if (status) return note(status, "%s", request->path);
  request->is_file = true;
  request->head_bytes = source.size < (int64_t)sizeof request->head ? (size_t)source.size : sizeof request->head;
  status = fv__source_read(&source, 0, request->head, request->head_bytes);
  fv__source_close(&source);
  return status ? note(status, "%s", request->path) : FV_OK;
}

static const fv__data_source_type *find_type(const fv__data_request *request) {
  const fv__data_source_type *best = NULL;
  int most = 0;
  for (const fv__data_source_type *const *type = fv__data_source_table; *type; type++) {
    const int weight = (*type)->matches(request);
    if (weight <= most) continue;
    most = weight;
    best = *type;
  }
  return best;
}

static fv_status unknown_kind(const fv__data_request *request) {
  if (!request->is_folder && !request->is_file)
    return fail(FV_ERROR_NOT_FOUND, "%s: no such file or folder", *request->path ? request->path : "the empty name");
  if (request->is_file && !request->head_bytes)
    return fail(FV_ERROR_FORMAT, "%s: is empty, no data set", request->path);
  return fail(FV_ERROR_FORMAT,
              "%s: is no data set; expected a folder of class folders, .csv, IDX (.gz), CIFAR-10 .bin, .npz or .npy",
              request->path);
}

/* Sources begin with nothing but zeros, the path and how pictures are read. */
static fv_status fill(fv__store *store, const fv__data_request *request) {
  store->path = fv__arena_text(&store->arena, request->path);
  if (!store->path) return fail(FV_ERROR_MEMORY, "no memory for a data set");
  store->upright = request->options->upright;
  TRY(store->type->open(store, request));
  if (!store->count)
    return request->validation ? FV_OK : fail(FV_ERROR_FORMAT, "%s: the data set has no samples", request->path);
  if (store->is_numbered) TRY(fv__store_name_classes(store, request->options));
  const fv_dataset_options *o = request->options;
  if (o->names) return fv__store_adopt_classes(store, o->names, o->name_count);
  if (!o->classes) return FV_OK;
  const fv__store *reference = o->classes->store;
  return fv__store_adopt_classes(store, reference->class_names, reference->class_count);
}

/* ---- sets */

fv_status fv__dataset_make(fv_dataset **dataset, fv__store *store, int64_t *samples, int64_t count) {
  *dataset = NULL;
  fv_dataset *made = calloc(1, sizeof *made);
  int64_t *class_samples = calloc((size_t)store->class_count + 1, sizeof *class_samples);
  if (!made || !class_samples) {
    free(made);
    free(class_samples);
    free(samples);
    return fail(FV_ERROR_MEMORY, "no memory for a data set");
  }
  for (int64_t i = 0; i < count; i++) class_samples[store->labels[samples ? samples[i] : i]]++;
  atomic_fetch_add(&store->users, 1);
  *made = (fv_dataset){.store = store, .samples = samples, .count = count, .class_samples = class_samples};
  *dataset = made;
  return FV_OK;
}

/* *dataset is NULL when there is no part for validation. */
static fv_status open_part(fv_dataset **dataset, const fv__data_source_type *type, const fv__data_request *request) {
  *dataset = NULL;
  fv__store *store = calloc(1, sizeof *store);
  if (!store) return fail(FV_ERROR_MEMORY, "no memory for a data set");
  store->type = type;
  atomic_init(&store->users, 1);
  fv_status status = fill(store, request);
  if (!status && store->count) status = fv__dataset_make(dataset, store, NULL, store->count);
  fv__store_release(store);
  return status;
}

fv_status fv_dataset_open(fv_dataset **dataset, const char *path, const fv_dataset_options *options) {
  *dataset = NULL;
  fv_dataset_options given = options ? *options : (fv_dataset_options){0};
  if (given.check < FV_DATASET_CHECK_QUICK || given.check > FV_DATASET_CHECK_NONE)
    return fail(FV_ERROR_INVALID, "a data set has no check number %d", (int)given.check);
  fv__data_request request = {.path = path, .options = &given};
  TRY(look_at(&request));
  const fv__data_source_type *type = find_type(&request);
  if (!type) return unknown_kind(&request);
  fv_dataset *opened;
  TRY(open_part(&opened, type, &request));
  request.validation = true;
  if (!given.classes) given.classes = opened;
  fv_status status = open_part(&opened->validation, type, &request);
  if (status) {
    fv_dataset_destroy(opened);
    return status;
  }
  *dataset = opened;
  return FV_OK;
}

void fv_dataset_destroy(fv_dataset *dataset) {
  if (!dataset) return;
  fv_dataset_destroy(dataset->validation);
  fv__store_release(dataset->store);
  free(dataset->samples);
  free(dataset->class_samples);
  free(dataset);
}

/* ---- facts */

const fv_dataset *fv_dataset_validation(const fv_dataset *dataset) { return dataset->validation; }
const char *fv_dataset_kind(const fv_dataset *dataset) { return dataset->store->type->name; }
int64_t fv_dataset_count(const fv_dataset *dataset) { return dataset->count; }
int32_t fv_dataset_class_count(const fv_dataset *dataset) { return dataset->store->class_count; }
fv_shape fv_dataset_shape(const fv_dataset *dataset) { return dataset->store->shape; }
int64_t fv_dataset_broken_count(const fv_dataset *dataset) { return dataset->store->broken_count; }

static bool has_class(const fv_dataset *dataset, int32_t index) {
  return index >= 0 && index < dataset->store->class_count;
}

static bool has_sample(const fv_dataset *dataset, int64_t index) { return index >= 0 && index < dataset->count; }

const char *fv_dataset_class_name(const fv_dataset *dataset, int32_t class_index) {
  return has_class(dataset, class_index) ? dataset->store->class_names[class_index] : "";
}

int64_t fv_dataset_class_samples(const fv_dataset *dataset, int32_t class_index) {
  return has_class(dataset, class_index) ? dataset->class_samples[class_index] : 0;
}

void fv_dataset_class_weights(float *weights, const fv_dataset *dataset) {
  const int32_t classes = dataset->store->class_count;
  for (int32_t c = 0; c < classes; c++) {
    const double samples = (double)dataset->class_samples[c];
    weights[c] = samples > 0 ? (float)((double)dataset->count / (classes * samples)) : 0;
  }
}

int64_t fv__dataset_place(const fv_dataset *dataset, int64_t sample) {
  return dataset->samples ? dataset->samples[sample] : sample;
}

int32_t fv_dataset_label(const fv_dataset *dataset, int64_t sample) {
  return has_sample(dataset, sample) ? dataset->store->labels[fv__dataset_place(dataset, sample)] : -1;
}

char *fv_dataset_name(char *text, size_t size, const fv_dataset *dataset, int64_t sample) {
  if (!size) return text;
  text[0] = '\0';
  if (has_sample(dataset, sample))
    dataset->store->type->name_sample(text, size, dataset->store, fv__dataset_place(dataset, sample));
  return text;
}

fv_broken_file fv_dataset_broken(const fv_dataset *dataset, int64_t index) {
  const fv__store *store = dataset->store;
  return index >= 0 && index < store->broken_count ? store->broken[index] : (fv_broken_file){NULL, NULL};
}

uint64_t fv_dataset_fingerprint(const fv_dataset *dataset) {
  uint64_t hash = 0xCBF29CE484222325u; /* FNV-1a, 64 bits */
  char name[4096];
  for (int64_t i = 0; i < dataset->count; i++) {
    fv_dataset_name(name, sizeof name, dataset, i);
    for (const char *c = name; *c; c++) hash = (hash ^ (unsigned char)*c) * 0x100000001B3u;
    hash = (hash ^ (uint32_t)fv_dataset_label(dataset, i)) * 0x100000001B3u;
    struct stat about;
    if (stat(name, &about) == 0) hash = (hash ^ (uint64_t)about.st_size) * 0x100000001B3u;
  }
  return hash;
}

/* ---- reading */

void fv_sample_destroy(fv_sample *sample) {
  if (!sample) return;
  fv_image_destroy(&sample->image);
  fv_tensor_destroy(&sample->numbers);
}

fv_status fv_dataset_read(fv_sample *sample, const fv_dataset *dataset, int64_t index) {
  *sample = (fv_sample){0};
  if (!has_sample(dataset, index))
    return fail(FV_ERROR_INVALID, "there is no sample %lld; the set has %lld", (long long)index,
                (long long)dataset->count);
  fv_status status = dataset->store->type->read(sample, dataset->store, fv__dataset_place(dataset, index));
  if (status) fv_sample_destroy(sample);
  return status;
}
