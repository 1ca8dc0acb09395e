/* CIFAR-10, its binary version: records of a class and 32 x 32 pixels, all red, then all green, then all blue.
 *
 * data_batch_1.bin to data_batch_5.bin are the set for training, test_batch.bin the one for validation; a single .bin
 * is a set by itself. batches.meta.txt names the classes, which are known anyway.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/source.h"
#include "base/text.h"
#include "data/source.h"

enum { SIDE = 32, PLANE = SIDE * SIDE, RECORD = 1 + 3 * PLANE, BATCHES = 5, CLASSES = 10 };

static const char *const class_names[CLASSES] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                                 "dog",      "frog",       "horse", "ship", "truck"};

typedef struct batches {
  fv__source sources[BATCHES];
  int64_t starts[BATCHES + 1]; /* numbers of the first sample of each, and of the end */
  int count;
} batches;

static fv_status add_batch(batches *b, const char *path) {
  fv__source *source = &b->sources[b->count];
  fv_status status = fv__source_open(source, path);
  if (status) return note(status, "%s", path);
  b->count++;
  if (source->size == 0 || source->size % RECORD)
    return fail(FV_ERROR_FORMAT, "%s: expected records of %d bytes, found %lld bytes", path, RECORD,
                (long long)source->size);
  b->starts[b->count] = b->starts[b->count - 1] + source->size / RECORD;
  return FV_OK;
}

static fv_status add_all(batches *b, fv__store *store, const fv__data_request *request) {
  if (!request->is_folder) return request->validation ? FV_OK : add_batch(b, store->path);
  char name[32] = "test_batch.bin";
  for (int i = 0; i < (request->validation ? 1 : BATCHES); i++) {
    if (!request->validation) snprintf(name, sizeof name, "data_batch_%d.bin", i + 1);
    const char *path = fv__store_join(store, store->path, name);
    if (!path) return fail(FV_ERROR_MEMORY, "no memory for a path");
    if (fv__data_is_file(path)) TRY(add_batch(b, path));
  }
  return FV_OK;
}

static fv_status read_label(int32_t *label, const batches *b, int batch, int64_t record) {
  uint8_t byte;
  const fv__source *source = &b->sources[batch];
  fv_status status = fv__source_read(source, record * RECORD, &byte, 1);
  if (!status && byte >= CLASSES)
    status = fail(FV_ERROR_FORMAT, "record %lld: expected a class of 0 to 9, found %d", (long long)record, byte);
  if (status) return note(status, "%s", source->path);
  *label = byte;
  return FV_OK;
}

static fv_status read_labels(fv__store *store, const batches *b) {
  TRY(fv__store_take_labels(store, b->starts[b->count]));
  for (int batch = 0; batch < b->count; batch++)
    for (int64_t i = b->starts[batch]; i < b->starts[batch + 1]; i++)
      TRY(read_label(&store->labels[i], b, batch, i - b->starts[batch]));
  return FV_OK;
}

static fv_status open_batches(fv__store *store, const fv__data_request *request) {
  batches *b = fv__arena_take(&store->arena, sizeof *b);
  if (!b) return fail(FV_ERROR_MEMORY, "no memory for a data set");
  store->own = b;
  TRY(add_all(b, store, request));
  store->class_names = fv__arena_copy(&store->arena, class_names, sizeof class_names);
  if (!store->class_names) return fail(FV_ERROR_MEMORY, "no memory for class names");
  store->class_count = CLASSES;
  store->shape = (fv_shape){3, {SIDE, SIDE, 3}};
  return read_labels(store, b);
}

static int batch_of(const batches *b, int64_t index) {
  int batch = 0;
  while (index >= b->starts[batch + 1]) batch++;
  return batch;
}

static fv_status read_sample(fv_sample *sample, const fv__store *store, int64_t index) {
  const batches *b = store->own;
  const int batch = batch_of(b, index);
  const fv__source *source = &b->sources[batch];
  uint8_t planes[3 * PLANE];
  fv_status status = fv__source_read(source, (index - b->starts[batch]) * RECORD + 1, planes, sizeof planes);
  if (status) return note(status, "%s", source->path);
  TRY(fv_image_create(&sample->image, SIDE, SIDE, 3));
  for (int i = 0; i < PLANE; i++)
    for (int c = 0; c < 3; c++) sample->image.pixels[3 * i + c] = planes[c * PLANE + i];
  return FV_OK;
}

static void name_sample(char *text, size_t size, const fv__store *store, int64_t index) {
  const batches *b = store->own;
  const int batch = batch_of(b, index);
  snprintf(text, size, "%s[%lld]", b->sources[batch].path, (long long)(index - b->starts[batch]));
}

static void close_batches(fv__store *store) {
  batches *b = store->own;
  for (int i = 0; i < b->count; i++) fv__source_close(&b->sources[i]);
}

static bool has(const char *folder, const char *name) {
  char path[4096];
  const int length = snprintf(path, sizeof path, "%s/%s", folder, name);
  return length > 0 && (size_t)length < sizeof path && fv__data_is_file(path);
}

static int matches(const fv__data_request *request) {
  if (request->is_file) return fv__text_ends_with_ignoring_case(request->path, ".bin") ? 1 : 0;
  return request->is_folder && has(request->path, "data_batch_1.bin") ? 2 : 0;
}

const fv__data_source_type fv__data_source_cifar10 = {.name = "cifar10",
                                                      .matches = matches,
                                                      .open = open_batches,
                                                      .read = read_sample,
                                                      .name_sample = name_sample,
                                                      .close = close_batches};
