/* A list of pictures: FILE.csv with a path and a label a line. Paths begin at the folder of the list. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "data/csv.h"
#include "data/files.h"

static const int64_t LONGEST = INT64_C(1) << 30; /* bytes of a list */

typedef struct place {
  fv__store *store;
  const char *folder;
} place;

static const char *path_of(const place *p, const char *path) {
  return path[0] == '/' ? fv__arena_text(&p->store->arena, path) : fv__store_join(p->store, p->folder, path);
}

static bool is_there(void *context, const char *path) {
  const char *whole = path_of(context, path);
  return whole && fv__data_is_file(whole);
}

static fv_status add_rows(fv__files *files, const place *p, const fv__csv *csv) {
  for (int64_t i = 0; i < csv->count; i++) {
    const fv__file_entry entry = {.path = path_of(p, csv->rows[i].path),
                                  .class = fv__arena_text(&p->store->arena, csv->rows[i].label)};
    if (!entry.path || !entry.class) return fail(FV_ERROR_MEMORY, "no memory for %lld rows", (long long)csv->count);
    TRY(fv__files_add(files, entry));
  }
  return FV_OK;
}

static fv_status number_classes(fv__store *store, const fv__files *files) {
  const char **classes = malloc(((size_t)files->count + 1) * sizeof *classes);
  if (!classes) return fail(FV_ERROR_MEMORY, "no memory for the classes of %lld rows", (long long)files->count);
  for (int64_t i = 0; i < files->count; i++) classes[i] = files->entries[i].class;
  fv_status status = fv__store_number_classes(store, classes, files->count);
  free(classes);
  return status;
}

static fv_status read_list(fv__files *files, fv__store *store, char *text, size_t size) {
  const place p = {store, fv__store_folder_of(store, store->path)};
  if (!p.folder) return fail(FV_ERROR_MEMORY, "no memory for a path");
  fv__csv csv;
  TRY(fv__csv_read(&csv, text, size, is_there, (void *)(uintptr_t)&p));
  fv_status status = add_rows(files, &p, &csv);
  fv__csv_clear(&csv);
  return status;
}

static fv_status fill(fv__store *store, fv__files *files, const fv_dataset_options *options) {
  uint8_t *text;
  size_t size;
  TRY(fv__file_read(&text, &size, store->path, LONGEST));
  fv_status status = read_list(files, store, (char *)text, size);
  free(text);
  if (status) return note(status, "%s", store->path);
  TRY(fv__files_check(files, store, options));
  TRY(number_classes(store, files));
  return fv__files_give(store, files);
}

static fv_status open_list(fv__store *store, const fv__data_request *request) {
  if (request->validation) return FV_OK;
  fv__files files = {0};
  fv_status status = fill(store, &files, request->options);
  fv__files_clear(&files);
  return status;
}

static int matches(const fv__data_request *request) {
  static const char *const endings[] = {".csv", ".tsv", ".txt", NULL};
  for (int i = 0; request->is_file && endings[i]; i++)
    if (fv__text_ends_with_ignoring_case(request->path, endings[i])) return 1;
  return 0;
}

const fv__data_source_type fv__data_source_csv = {.name = "csv",
                                                  .matches = matches,
                                                  .open = open_list,
                                                  .read = fv__files_read,
                                                  .name_sample = fv__files_name,
                                                  .close = fv__files_close};
