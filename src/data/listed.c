/* Sets of pictures that somebody has listed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "data/files.h"

static const fv__data_source_type listed = {
    .name = "files", .read = fv__files_read, .name_sample = fv__files_name, .close = fv__files_close};

static fv_status name_classes(fv__store *store, const fv_dataset_list *list) {
  store->class_names = fv__arena_take(&store->arena, (size_t)list->class_count * sizeof *store->class_names + 1);
  if (!store->class_names) return fail(FV_ERROR_MEMORY, "no memory for class names");
  for (int32_t i = 0; i < list->class_count; i++)
    if (!(store->class_names[i] = fv__arena_text(&store->arena, list->class_names[i])))
      return fail(FV_ERROR_MEMORY, "no memory for class names");
  store->class_count = list->class_count;
  return FV_OK;
}

static fv_status add_files(fv__files *files, fv__store *store, const fv_dataset_list *list) {
  for (int64_t i = 0; i < list->count; i++) {
    const fv__file_entry entry = {.path = fv__arena_text(&store->arena, list->paths[i]),
                                  .label = list->labels ? list->labels[i] : 0};
    if (!entry.path) return fail(FV_ERROR_MEMORY, "no memory for a list of %" PRId64 " files", list->count);
    if (entry.label < 0 || entry.label >= list->class_count)
      return fail(FV_ERROR_INVALID, "%s: class %" PRId32 " has no name", entry.path, entry.label);
    TRY(fv__files_add(files, entry));
  }
  return FV_OK;
}

static fv_status fill(fv__store *store, fv__files *files, const fv_dataset_list *list, const fv_dataset_options *how) {
  store->path = fv__arena_text(&store->arena, "");
  if (!store->path) return fail(FV_ERROR_MEMORY, "no memory for a data set");
  store->upright = how->upright;
  TRY(name_classes(store, list));
  TRY(add_files(files, store, list));
  TRY(fv__files_check(files, store, how));
  if (!files->count) return fail(FV_ERROR_FORMAT, "none of %" PRId64 " listed pictures can be read", list->count);
  TRY(fv__store_take_labels(store, files->count));
  for (int64_t i = 0; i < files->count; i++) store->labels[i] = files->entries[i].label;
  return fv__files_give(store, files);
}

fv_status fv_dataset_of_files(fv_dataset **dataset, const fv_dataset_list *list, const fv_dataset_options *options) {
  const fv_dataset_options none = {.check = FV_DATASET_CHECK_QUICK};
  *dataset = NULL;
  if (list->count < 1 || list->class_count < 1)
    return fail(FV_ERROR_INVALID, "a list of %" PRId64 " pictures and %" PRId32 " classes", list->count,
                list->class_count);
  fv__store *store = calloc(1, sizeof *store);
  if (!store) return fail(FV_ERROR_MEMORY, "no memory for a data set");
  fv__files files = {0};
  store->type = &listed;
  atomic_init(&store->users, 1);
  fv_status status = fill(store, &files, list, options ? options : &none);
  if (!status) status = fv__dataset_make(dataset, store, NULL, store->count);
  fv__files_clear(&files);
  fv__store_release(store);
  return status;
}
