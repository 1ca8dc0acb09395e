/* A folder of folders: a class a folder, every picture below it a sample. Or two of them, train/ and validation/.
 *
 * Names are taken in the order of their bytes, whole paths below the class folder compared, so the numbers of samples
 * are the same on every machine. Hidden names are skipped. Links are followed; a folder that a class has entered once
 * is not entered again, so links in a circle end.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/files.h"

enum { DEPTH_MAX = 64 };

static const char *const validation_names[] = {"validation", "valid", "val", "test", NULL};

/* ---- names in a folder */

typedef struct names {
  char **list; /* owned, and each of them */
  size_t count, capacity;
} names;

static void free_names(names *n) {
  for (size_t i = 0; i < n->count; i++) free(n->list[i]);
  free(n->list);
}

static bool add_name(names *n, const char *name) {
  if (n->count == n->capacity) {
    const size_t capacity = n->capacity ? 2 * n->capacity : 64;
    char **more = realloc(n->list, capacity * sizeof *more);
    if (!more) return false;
    n->list = more;
    n->capacity = capacity;
  }
  return (n->list[n->count] = strdup(name)) && ++n->count;
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static fv_status cannot(const char *folder, int error) {
  return fail(error == ENOENT   ? FV_ERROR_NOT_FOUND
              : error == ENOMEM ? FV_ERROR_MEMORY
                                : FV_ERROR_IO,
              "%s: cannot read the folder: %s", folder, strerror(error));
}

/* Sorted; hidden ones left out. */
static fv_status list_folder(names *n, const char *folder) {
  *n = (names){0};
  DIR *stream = opendir(folder);
  if (!stream) return cannot(folder, errno);
  fv_status status = FV_OK;
  const struct dirent *entry;
  while (!status && (errno = 0, entry = readdir(stream)))
    if (entry->d_name[0] != '.' && !add_name(n, entry->d_name))
      status = fail(FV_ERROR_MEMORY, "%s: no memory for the names of its files", folder);
  if (!status && errno) status = cannot(folder, errno);
  closedir(stream);
  if (status)
    free_names(n);
  else if (n->count)
    qsort(n->list, n->count, sizeof *n->list, by_bytes);
  return status;
}

/* ---- a class */

typedef struct place {
  dev_t device;
  ino_t number;
} place;

typedef struct walk {
  fv__store *store;
  fv__files *files;
  int32_t label;
  place *entered; /* folders of this class; owned */
  size_t count, capacity;
} walk;

/* Whether the folder is entered for the first time. */
static fv_status enter(walk *w, bool *is_new, const char *folder) {
  struct stat facts;
  *is_new = false;
  if (stat(folder, &facts)) return cannot(folder, errno);
  for (size_t i = 0; i < w->count; i++)
    if (w->entered[i].device == facts.st_dev && w->entered[i].number == facts.st_ino) return FV_OK;
  if (w->count == w->capacity) {
    const size_t capacity = w->capacity ? 2 * w->capacity : 16;
    place *more = realloc(w->entered, capacity * sizeof *more);
    if (!more) return fail(FV_ERROR_MEMORY, "%s: no memory to read the folder", folder);
    w->entered = more;
    w->capacity = capacity;
  }
  w->entered[w->count++] = (place){facts.st_dev, facts.st_ino};
  *is_new = true;
  return FV_OK;
}

static fv_status add_folder(walk *w, const char *folder, int depth);

static fv_status add_entry(walk *w, const char *folder, const char *name, int depth) {
  const char *path = fv__store_join(w->store, folder, name);
  if (!path) return fail(FV_ERROR_MEMORY, "%s: no memory for the names of its files", folder);
  if (fv__data_is_folder(path)) return add_folder(w, path, depth + 1);
  return fv__files_add(w->files, (fv__file_entry){.path = path, .label = w->label});
}

static fv_status add_folder(walk *w, const char *folder, int depth) {
  bool is_new;
  if (depth > DEPTH_MAX) return fail(FV_ERROR_FORMAT, "%s: folders lie more than %d deep", folder, DEPTH_MAX);
  TRY(enter(w, &is_new, folder));
  if (!is_new) return FV_OK;
  names n;
  TRY(list_folder(&n, folder));
  fv_status status = FV_OK;
  for (size_t i = 0; !status && i < n.count; i++) status = add_entry(w, folder, n.list[i], depth);
  free_names(&n);
  return status;
}

static int by_path(const void *a, const void *b) {
  return strcmp(((const fv__file_entry *)a)->path, ((const fv__file_entry *)b)->path);
}

static fv_status add_class(fv__store *store, fv__files *files, const char *folder, int32_t label) {
  walk w = {.store = store, .files = files, .label = label};
  const int64_t before = files->count;
  fv_status status = add_folder(&w, folder, 0);
  free(w.entered);
  if (!status && files->count > before)
    qsort(files->entries + before, (size_t)(files->count - before), sizeof *files->entries, by_path);
  return status;
}

/* ---- the source */

/* NULL: there is no part for validation. */
static const char *find_validation(fv__store *store, const char *root) {
  for (const char *const *name = validation_names; *name; name++) {
    const char *path = fv__store_join(store, root, *name);
    if (path && fv__data_is_folder(path)) return path;
  }
  return NULL;
}

/* The folder of class folders; NULL when the part asked for is not there. */
static fv_status choose_root(const char **root, fv__store *store, const fv__data_request *request) {
  const char *training = fv__store_join(store, request->path, "train");
  if (!training) return fail(FV_ERROR_MEMORY, "no memory for a path");
  const char *validation = fv__data_is_folder(training) ? find_validation(store, request->path) : NULL;
  *root = request->validation ? validation : validation ? training : request->path;
  return FV_OK;
}

static fv_status no_classes(const char *root, size_t files) {
  return fail(FV_ERROR_FORMAT, "%s: expected a folder for each class, found no folder and %zu %s", root, files,
              files == 1 ? "file" : "files");
}

static fv_status add_classes(fv__store *store, fv__files *files, const char *root, const names *n) {
  store->class_names = fv__arena_take(&store->arena, n->count * sizeof *store->class_names);
  if (!store->class_names) return fail(FV_ERROR_MEMORY, "%s: no memory for the names of classes", root);
  for (size_t i = 0; i < n->count; i++) {
    const char *folder = fv__store_join(store, root, n->list[i]);
    const char *name = fv__arena_text(&store->arena, n->list[i]);
    if (!folder || !name) return fail(FV_ERROR_MEMORY, "%s: no memory for the names of classes", root);
    if (!fv__data_is_folder(folder)) continue;
    store->class_names[store->class_count] = name;
    TRY(add_class(store, files, folder, store->class_count++));
  }
  return store->class_count ? FV_OK : no_classes(root, n->count);
}

static fv_status fill(fv__store *store, fv__files *files, const char *root, const fv_dataset_options *options) {
  names n;
  TRY(list_folder(&n, root));
  fv_status status = n.count > 65536 ? fail(FV_ERROR_FORMAT, "%s: has more than 65536 entries, no class folders", root)
                                     : add_classes(store, files, root, &n);
  free_names(&n);
  if (!status) status = fv__files_check(files, store, options);
  if (!status) status = fv__store_take_labels(store, files->count);
  if (status) return status;
  for (int64_t i = 0; i < files->count; i++) store->labels[i] = files->entries[i].label;
  return fv__files_give(store, files);
}

static fv_status open_folder(fv__store *store, const fv__data_request *request) {
  const char *root = NULL;
  TRY(choose_root(&root, store, request));
  if (!root) return FV_OK;
  fv__files files = {0};
  fv_status status = fill(store, &files, root, request->options);
  fv__files_clear(&files);
  return status;
}

static int matches(const fv__data_request *request) { return request->is_folder ? 1 : 0; }

const fv__data_source_type fv__data_source_folder = {.name = "folder",
                                                     .matches = matches,
                                                     .open = open_folder,
                                                     .read = fv__files_read,
                                                     .name_sample = fv__files_name,
                                                     .close = fv__files_close};
