/* Classes: numbers from names, names for numbers, and one set's classes for another. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/size.h"
#include "base/text.h"
#include "data/dataset.h"

enum { CLASSES_MAX = 65536, NAMES_FILE_MAX = 16 << 20 };

/* ---- paths */

char *fv__store_join(fv__store *store, const char *folder, const char *name) {
  const size_t head = strlen(folder), tail = strlen(name);
  const bool slash = head && folder[head - 1] != '/';
  char *path = fv__arena_take(&store->arena, head + slash + tail + 1);
  if (!path) return NULL;
  memcpy(path, folder, head);
  if (slash) path[head] = '/';
  memcpy(path + head + slash, name, tail + 1);
  return path;
}

char *fv__store_folder_of(fv__store *store, const char *path) {
  const char *slash = strrchr(path, '/');
  if (!slash) return fv__arena_text(&store->arena, ".");
  const size_t length = slash == path ? 1 : (size_t)(slash - path);
  char *folder = fv__arena_take(&store->arena, length + 1);
  if (folder) memcpy(folder, path, length);
  return folder;
}

bool fv__data_is_file(const char *path) {
  struct stat facts;
  return !stat(path, &facts) && S_ISREG(facts.st_mode);
}

bool fv__data_is_folder(const char *path) {
  struct stat facts;
  return !stat(path, &facts) && S_ISDIR(facts.st_mode);
}

/* ---- numbers for names */

fv_status fv__store_take_labels(fv__store *store, int64_t count) {
  size_t bytes;
  if (fv__size_bytes(&bytes, count + 1, sizeof *store->labels)) store->labels = malloc(bytes);
  if (!store->labels) return fail(FV_ERROR_MEMORY, "no memory for the labels of %lld samples", (long long)count);
  store->count = count;
  return FV_OK;
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* A whole number of at most 18 digits. */
static bool is_whole(const char *text, int64_t *number) {
  const size_t length = strlen(text);
  if (!length || length > 18 || strspn(text, "0123456789") != length) return false;
  *number = strtoll(text, NULL, 10);
  return true;
}

/* "1" and "01" are two classes. */
static int by_number(const void *a, const void *b) {
  int64_t x = 0, y = 0;
  is_whole(*(const char *const *)a, &x);
  is_whole(*(const char *const *)b, &y);
  return x != y ? (x > y) - (x < y) : by_bytes(a, b);
}

static int64_t drop_repeated(const char **names, int64_t count) {
  int64_t kept = 0;
  for (int64_t i = 0; i < count; i++)
    if (!kept || strcmp(names[kept - 1], names[i])) names[kept++] = names[i];
  return kept;
}

static int32_t find_name(const char *const *names, int32_t count, const char *name) {
  for (int32_t low = 0, high = count; low < high;) {
    const int32_t middle = low + (high - low) / 2, order = strcmp(name, names[middle]);
    if (!order) return middle;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return -1;
}

/* Labels by the names' order of bytes; then, when all are numbers, in the order of those. */
static fv_status number(fv__store *store, const char **sorted, const char *const *names, int64_t count) {
  const char **unique = fv__arena_copy(&store->arena, sorted, (size_t)store->class_count * sizeof *sorted);
  int32_t *places = malloc((size_t)store->class_count * sizeof *places);
  if (!unique || !places) {
    free(places);
    return fail(FV_ERROR_MEMORY, "no memory for %d classes", (int)store->class_count);
  }
  store->class_names = unique;
  int64_t value;
  bool all_whole = true;
  for (int32_t c = 0; c < store->class_count; c++) all_whole = all_whole && is_whole(unique[c], &value);
  if (all_whole) qsort(unique, (size_t)store->class_count, sizeof *unique, by_number);
  for (int32_t c = 0; c < store->class_count; c++) places[find_name(sorted, store->class_count, unique[c])] = c;
  for (int64_t i = 0; i < count; i++) store->labels[i] = places[find_name(sorted, store->class_count, names[i])];
  free(places);
  return FV_OK;
}

fv_status fv__store_number_classes(fv__store *store, const char *const *names, int64_t count) {
  TRY(fv__store_take_labels(store, count));
  if (!count) return FV_OK;
  const char **sorted = malloc((size_t)count * sizeof *sorted);
  if (!sorted) return fail(FV_ERROR_MEMORY, "no memory for the classes of %lld samples", (long long)count);
  memcpy(sorted, names, (size_t)count * sizeof *sorted);
  qsort(sorted, (size_t)count, sizeof *sorted, by_bytes);
  const int64_t unique = drop_repeated(sorted, count);
  fv_status status;
  if (unique > CLASSES_MAX) {
    status = fail(FV_ERROR_FORMAT, "has %lld classes; the limit is %d", (long long)unique, CLASSES_MAX);
  } else {
    store->class_count = (int32_t)unique;
    status = number(store, sorted, names, count);
  }
  free(sorted);
  return status;
}

fv_status fv__store_numbered(fv__store *store) {
  int32_t most = 0;
  for (int64_t i = 0; i < store->count; i++) {
    if (store->labels[i] < 0 || store->labels[i] >= CLASSES_MAX)
      return fail(FV_ERROR_FORMAT, "class number %d of sample %lld is none of 0 to %d", (int)store->labels[i],
                  (long long)i, CLASSES_MAX - 1);
    if (store->labels[i] > most) most = store->labels[i];
  }
  store->class_count = most + 1;
  store->is_numbered = true;
  return FV_OK;
}

/* ---- names for numbers */

static const char *const fashion[] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                      "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
enum { FASHION_CLASSES = 10 };

static bool is_fashion(const fv__store *store) {
  if (store->class_count > FASHION_CLASSES || strcmp(store->type->name, "idx")) return false;
  for (const char *at = store->path; *at; at++) {
    char word[8] = "";
    strncpy(word, at, 7);
    if (fv__text_equal_ignoring_case(word, "fashion")) return true;
  }
  return false;
}

/* Cuts a text into lines in place, into `names` where it is not NULL; blank lines at the end count for nothing. */
static int32_t cut_lines(const char **names, int32_t most, char *text) {
  int32_t count = 0;
  for (char *line = text; line && *line && count < most;) {
    char *end = line + strcspn(line, "\r\n");
    char *next = *end ? end + strspn(end, "\r\n") : NULL;
    *end = '\0';
    names[count++] = line;
    line = next;
  }
  return count;
}

static fv_status names_from_file(fv__store *store, const char **names, int32_t most, const char *path) {
  uint8_t *bytes;
  size_t size;
  TRY(fv__file_read(&bytes, &size, path, NAMES_FILE_MAX));
  char *text = fv__arena_copy(&store->arena, bytes, size + 1);
  free(bytes);
  if (!text) return fail(FV_ERROR_MEMORY, "no memory for class names");
  const int32_t count = cut_lines(names, most, text);
  if (count < store->class_count)
    return fail(FV_ERROR_INVALID, "%s: expected %d class names or more, found %d", path, (int)store->class_count,
                (int)count);
  store->class_count = count;
  return FV_OK;
}

fv_status fv__store_name_classes(fv__store *store, const fv_dataset_options *options) {
  const int32_t most = options->class_names ? CLASSES_MAX : is_fashion(store) ? FASHION_CLASSES : store->class_count;
  const char **names = fv__arena_take(&store->arena, (size_t)most * sizeof *names);
  if (!names) return fail(FV_ERROR_MEMORY, "no memory for %d class names", (int)most);
  store->class_names = names;
  if (options->class_names) return names_from_file(store, names, most, options->class_names);
  if (is_fashion(store)) {
    memcpy(names, fashion, sizeof fashion);
    store->class_count = FASHION_CLASSES;
    return FV_OK;
  }
  for (int32_t c = 0; c < most; c++) {
    char text[16];
    snprintf(text, sizeof text, "%d", (int)c);
    if (!(names[c] = fv__arena_text(&store->arena, text)))
      return fail(FV_ERROR_MEMORY, "no memory for %d class names", (int)most);
  }
  return FV_OK;
}

/* ---- classes from elsewhere */

typedef struct adoption {
  const char *const *names;
  int32_t count;
} adoption;

static int32_t class_of(const adoption *given, const char *name) {
  for (int32_t c = 0; c < given->count; c++)
    if (!strcmp(given->names[c], name)) return c;
  return -1;
}

/* Where each class goes; -1: nowhere. Classes that are numbers alone keep their numbers. */
static void place_classes(int32_t *places, const fv__store *store, const adoption *given) {
  for (int32_t c = 0; c < store->class_count; c++) {
    places[c] = class_of(given, store->class_names[c]);
    if (places[c] < 0 && store->is_numbered && c < given->count) places[c] = c;
  }
}

static fv_status refuse_class(const fv__store *store, const char *name, const adoption *given) {
  char list[160] = "";
  size_t used = 0;
  for (int32_t c = 0; c < given->count && used + 1 < sizeof list; c++)
    used += (size_t)snprintf(list + used, sizeof list - used, c ? ", %s" : "%s", given->names[c]);
  return fail(FV_ERROR_INVALID, "%s: class '%s' is none of those that are expected: %s%s", store->path, name, list,
              used >= sizeof list ? " ..." : "");
}

static fv_status relabel(fv__store *store, const int32_t *places, const adoption *given) {
  for (int64_t i = 0; i < store->count; i++) {
    const int32_t place = places[store->labels[i]];
    if (place < 0) return refuse_class(store, store->class_names[store->labels[i]], given);
    store->labels[i] = place;
  }
  return FV_OK;
}

static fv_status copy_names(fv__store *store, const adoption *given) {
  const char **names = fv__arena_take(&store->arena, (size_t)given->count * sizeof *names);
  for (int32_t c = 0; names && c < given->count; c++)
    if (!(names[c] = fv__arena_text(&store->arena, given->names[c]))) names = NULL;
  if (!names) return fail(FV_ERROR_MEMORY, "no memory for %d class names", (int)given->count);
  store->class_names = names;
  store->class_count = given->count;
  return FV_OK;
}

fv_status fv__store_adopt_classes(fv__store *store, const char *const *names, int32_t count) {
  const adoption given = {names, count};
  int32_t *places = malloc((size_t)store->class_count * sizeof *places);
  if (!places) return fail(FV_ERROR_MEMORY, "no memory for %d classes", (int)store->class_count);
  place_classes(places, store, &given);
  fv_status status = relabel(store, places, &given);
  free(places);
  return status ? status : copy_names(store, &given);
}
