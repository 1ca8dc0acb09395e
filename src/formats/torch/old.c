/* The old form of torch.save: pickles in a row, then the storages, each as a count of elements and the elements. */
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "formats/bytes/cursor.h"
#include "formats/torch/file.h"

/* 0x1950a86a20f9469cfc6c, little-endian */
static const uint8_t magic[10] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};

bool fv__torch_probe_old(const void *bytes, size_t size) {
  const uint8_t *first = bytes;
  return size >= 14 && first[0] == 0x80 && first[2] == 0x8a && first[3] == sizeof magic &&
         !memcmp(first + 4, magic, sizeof magic);
}

static fv_status read_head(fv__torch *file) {
  fv__pickle_value *value;
  TRY(fv__pickle_run(&file->pickle, &value));
  if (value->kind != FV__PICKLE_LARGE || value->text.length != sizeof magic ||
      memcmp(value->text.bytes, magic, sizeof magic))
    return fail(FV_ERROR_FORMAT, "not a file of torch.save");
  TRY(fv__pickle_run(&file->pickle, &value));
  if (value->kind != FV__PICKLE_INTEGER || value->integer != 1001)
    return fail(FV_ERROR_UNSUPPORTED, "a torch protocol other than 1001");
  TRY(fv__pickle_run(&file->pickle, &value));
  if (value->kind != FV__PICKLE_DICT) return fail(FV_ERROR_FORMAT, "torch's facts about the machine are no dict");
  for (int32_t i = 0; i < value->list.count; i += 2) {
    const fv__pickle_value *key = value->list.items[i], *fact = value->list.items[i + 1];
    if (key->kind == FV__PICKLE_TEXT && !strcmp(key->text.bytes, "little_endian") && fact->kind == FV__PICKLE_BOOL &&
        !fact->integer)
      return fail(FV_ERROR_UNSUPPORTED, "a torch file of a big-endian machine");
  }
  return FV_OK;
}

/* Storages of the object, found by walking its tensors: the same key is one storage. */
typedef struct storage_table {
  fv__pickle_value **storages;
  int32_t count, room;
} storage_table;

static int compare_keys(const void *a, const void *b) {
  const fv__pickle_value *const *first = a, *const *second = b;
  return strcmp((*first)->storage.key, (*second)->storage.key);
}

static fv_status collect_storage(storage_table *table, fv__pickle_value *storage) {
  if (table->count == table->room) {
    int32_t room = table->room ? 2 * table->room : 64;
    fv__pickle_value **larger = realloc(table->storages, (size_t)room * sizeof *larger);
    if (!larger) return fail(FV_ERROR_MEMORY, "no memory for torch storages");
    table->storages = larger;
    table->room = room;
  }
  table->storages[table->count++] = storage;
  return FV_OK;
}

static fv_status collect_storages(storage_table *table, const fv__pickle_value *root) {
  const fv__pickle_value *containers[FV__TORCH_DEPTH_MAX];
  int32_t next[FV__TORCH_DEPTH_MAX], visited = 0;
  int depth = 0;
  containers[depth] = root;
  next[depth++] = 0;
  while (depth > 0) {
    const fv__pickle_value *top = containers[depth - 1];
    if ((top->kind != FV__PICKLE_DICT && top->kind != FV__PICKLE_LIST) || next[depth - 1] >= top->list.count) {
      depth--;
      continue;
    }
    if (++visited > 2 * FV__TORCH_VALUES_MAX) return fail(FV_ERROR_FORMAT, "more than %d values", FV__TORCH_VALUES_MAX);
    fv__pickle_value *value = top->list.items[next[depth - 1]++];
    if (value->kind == FV__PICKLE_TENSOR) TRY(collect_storage(table, value->tensor.storage));
    if (value->kind != FV__PICKLE_DICT && value->kind != FV__PICKLE_LIST) continue;
    if (depth == FV__TORCH_DEPTH_MAX)
      return fail(FV_ERROR_FORMAT, "containers nested deeper than %d", FV__TORCH_DEPTH_MAX);
    containers[depth] = value;
    next[depth++] = 0;
  }
  return FV_OK;
}

/* Gives every pickled storage of this key its place; they must agree with the file about count and type. */
static fv_status place_storage(const storage_table *table, const char *key, int64_t count, int64_t address,
                               int64_t *bytes) {
  fv__pickle_value wanted = {.kind = FV__PICKLE_STORAGE}, *wanted_pointer = &wanted;
  wanted.storage.key = key;
  fv__pickle_value **found =
      table->count ? bsearch(&wanted_pointer, table->storages, (size_t)table->count, sizeof *found, compare_keys)
                   : NULL;
  if (!found) return fail(FV_ERROR_FORMAT, "a storage '%.100s' that no tensor uses", key);
  while (found > table->storages && !compare_keys(found - 1, found)) found--;
  const fv__element element = (*found)->storage.element;
  if (!fv__size_multiply(bytes, count, (int64_t)fv__element_size(element)))
    return fail(FV_ERROR_FORMAT, "a storage of %lld elements", (long long)count);
  for (; found < table->storages + table->count && !strcmp((*found)->storage.key, key); found++) {
    if ((*found)->storage.count != count || (*found)->storage.element != element)
      return fail(FV_ERROR_FORMAT, "storage '%.100s': expected %lld elements, found %lld", key,
                  (long long)(*found)->storage.count, (long long)count);
    (*found)->storage.address = address;
  }
  return FV_OK;
}

static fv_status place_storages(fv__torch *file, const storage_table *table) {
  fv__pickle_value *keys;
  TRY(fv__pickle_run(&file->pickle, &keys));
  if (keys->kind != FV__PICKLE_LIST) return fail(FV_ERROR_FORMAT, "torch's list of storages is none");
  int64_t position = file->pickle.position;
  for (int32_t i = 0; i < keys->list.count; i++) {
    const fv__pickle_value *key = keys->list.items[i];
    if (key->kind != FV__PICKLE_TEXT) return fail(FV_ERROR_FORMAT, "a storage key that is no text");
    uint8_t head[8];
    TRY(fv__source_read(file->source, position, head, sizeof head));
    fv__cursor at = fv__cursor_over(head, sizeof head);
    uint64_t count = fv__cursor_number(&at, 8);
    if (count > INT64_MAX) return fail(FV_ERROR_FORMAT, "a storage of a negative number of elements");
    position += 8;
    int64_t bytes;
    TRY(place_storage(table, key->text.bytes, (int64_t)count, position, &bytes));
    if (bytes > file->source->size - position)
      return fail(FV_ERROR_FORMAT, "the file is cut: storage '%.100s' expected %lld bytes, found %lld", key->text.bytes,
                  (long long)bytes, (long long)(file->source->size - position));
    position += bytes;
  }
  return FV_OK;
}

fv_status fv__torch_read_old(fv__torch *file, const fv__pickle_value **root) {
  fv__pickle_value *object;
  *root = NULL;
  TRY(read_head(file));
  TRY(fv__pickle_run(&file->pickle, &object));
  storage_table table = {0};
  fv_status status = collect_storages(&table, object);
  if (!status) {
    if (table.count) qsort(table.storages, (size_t)table.count, sizeof *table.storages, compare_keys);
    status = place_storages(file, &table);
  }
  free(table.storages);
  *root = object;
  return status;
}
