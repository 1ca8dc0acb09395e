/* Files of torch.save, old form: from the pickles to a flat list of tensors. */
#include "formats/torch/torch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "formats/bytes/cursor.h"
#include "formats/torch/pickle.h"

enum { DEPTH_MAX = 64, NAME_MAX_BYTES = 1024, TENSORS_MAX = 1 << 20, PIECE = 64 << 10 };
static const int64_t BOMB_BYTES = 64 << 20, BOMB_RATIO = 1000;

/* 0x1950a86a20f9469cfc6c, little-endian */
static const uint8_t magic[10] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};

struct fv__torch {
  const fv__source *source;
  fv__arena arena;
  fv__pickle pickle;
  int32_t count, room;
  fv__torch_tensor *tensors;
  int32_t visited; /* values seen while flattening */
};

bool fv__torch_probe_old(const void *bytes, size_t size) {
  const uint8_t *first = bytes;
  return size >= 14 && first[0] == 0x80 && first[2] == 0x8a && first[3] == sizeof magic &&
         !memcmp(first + 4, magic, sizeof magic);
}

bool fv__torch_probe_zip(const void *bytes, size_t size) {
  static const char *const names[] = {"/data.pkl", "/version", "/.format_version", "/byteorder"};
  const uint8_t *first = bytes;
  if (size < 30 || memcmp(first, "PK\3\4", 4)) return false;
  size_t length = (size_t)first[26] | (size_t)first[27] << 8;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t tail = strlen(names[i]);
    if (length >= tail && length <= size - 30 && !memcmp(first + 30 + length - tail, names[i], tail)) return true;
  }
  return false;
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

/* Flattening: one frame per nested container. */
typedef struct frame {
  const fv__pickle_value *container;
  int32_t next;
  size_t name_length; /* of the container's own name */
} frame;

static fv_status add_tensor(fv__torch *file, const char *name, const fv__pickle_value *value) {
  if (file->count == file->room) {
    if (file->count == TENSORS_MAX) return fail(FV_ERROR_FORMAT, "more than %d tensors", TENSORS_MAX);
    int32_t room = file->room ? 2 * file->room : 64;
    fv__torch_tensor *larger = realloc(file->tensors, (size_t)room * sizeof *larger);
    if (!larger) return fail(FV_ERROR_MEMORY, "no memory for %d tensors", room);
    file->tensors = larger;
    file->room = room;
  }
  const fv__pickle_value *storage = value->tensor.storage;
  char *copy;
  size_t size = strlen(name) + 1;
  TRY(fv__pickle_take(&file->pickle, &copy, size));
  memcpy(copy, name, size);
  fv__torch_tensor *tensor = &file->tensors[file->count];
  *tensor = (fv__torch_tensor){.name = copy,
                               .shape = value->tensor.shape,
                               .element = storage->storage.element,
                               .offset = value->tensor.offset,
                               .address = storage->storage.address};
  memcpy(tensor->strides, value->tensor.strides, sizeof tensor->strides);
  TRY(fv_shape_elements(&tensor->count, &tensor->shape));
  tensor->extent = tensor->count > 0;
  for (int32_t i = 0; i < tensor->shape.rank && tensor->count > 0; i++)
    tensor->extent += (tensor->shape.dims[i] - 1) * tensor->strides[i]; /* checked when the tensor was built */
  if (tensor->count > BOMB_BYTES / 4 && tensor->count / BOMB_RATIO > storage->storage.count)
    return fail(FV_ERROR_FORMAT, "%.200s: %lld elements out of a storage of %lld", name, (long long)tensor->count,
                (long long)storage->storage.count);
  if (tensor->count > 0 && tensor->address < 0) return fail(FV_ERROR_FORMAT, "%.200s: its storage is missing", name);
  file->count++;
  return FV_OK;
}

/* Puts "/key" behind the container's name. False for keys that are neither text nor integer. */
static bool extend_name(char *name, size_t length, const fv__pickle_value *key, int32_t index) {
  const char *slash = length ? "/" : "";
  size_t room = NAME_MAX_BYTES - length;
  int used;
  if (!key)
    used = snprintf(name + length, room, "%s%d", slash, index);
  else if (key->kind == FV__PICKLE_INTEGER)
    used = snprintf(name + length, room, "%s%lld", slash, (long long)key->integer);
  else if (key->kind == FV__PICKLE_TEXT)
    used = snprintf(name + length, room, "%s%s", slash, key->text.bytes);
  else
    return false;
  return used >= 0 && (size_t)used < room;
}

/* The next item of the newest frame: its name and value. */
static fv_status next_item(const fv__pickle_value **value, frame *top, char *name) {
  const fv__pickle_value *container = top->container, *key = NULL;
  int32_t index = top->next;
  if (container->kind == FV__PICKLE_DICT) key = container->list.items[top->next++];
  *value = container->list.items[top->next++];
  bool matters =
      (*value)->kind == FV__PICKLE_TENSOR || (*value)->kind == FV__PICKLE_DICT || (*value)->kind == FV__PICKLE_LIST;
  if (matters && !extend_name(name, top->name_length, key, index))
    return fail(FV_ERROR_UNSUPPORTED, "a tensor whose name is no text of up to %d bytes", NAME_MAX_BYTES);
  return FV_OK;
}

static fv_status flatten(fv__torch *file, const fv__pickle_value *root) {
  frame frames[DEPTH_MAX];
  char name[NAME_MAX_BYTES + 1] = "";
  int depth = 0;
  frames[depth++] = (frame){.container = root};
  while (depth > 0) {
    frame *top = &frames[depth - 1];
    if (top->next >= top->container->list.count) {
      depth--;
      continue;
    }
    if (++file->visited > TENSORS_MAX) return fail(FV_ERROR_FORMAT, "more than %d values", TENSORS_MAX);
    const fv__pickle_value *value;
    TRY(next_item(&value, top, name));
    if (value->kind == FV__PICKLE_TENSOR) TRY(add_tensor(file, name, value));
    if (value->kind != FV__PICKLE_DICT && value->kind != FV__PICKLE_LIST) continue;
    if (depth == DEPTH_MAX) return fail(FV_ERROR_FORMAT, "containers nested deeper than %d", DEPTH_MAX);
    frames[depth++] = (frame){.container = value, .name_length = strlen(name)};
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
  const fv__pickle_value *containers[DEPTH_MAX];
  int32_t next[DEPTH_MAX], visited = 0;
  int depth = 0;
  containers[depth] = root;
  next[depth++] = 0;
  while (depth > 0) {
    const fv__pickle_value *top = containers[depth - 1];
    if ((top->kind != FV__PICKLE_DICT && top->kind != FV__PICKLE_LIST) || next[depth - 1] >= top->list.count) {
      depth--;
      continue;
    }
    if (++visited > 2 * TENSORS_MAX) return fail(FV_ERROR_FORMAT, "more than %d values", TENSORS_MAX);
    fv__pickle_value *value = top->list.items[next[depth - 1]++];
    if (value->kind == FV__PICKLE_TENSOR) TRY(collect_storage(table, value->tensor.storage));
    if (value->kind != FV__PICKLE_DICT && value->kind != FV__PICKLE_LIST) continue;
    if (depth == DEPTH_MAX) return fail(FV_ERROR_FORMAT, "containers nested deeper than %d", DEPTH_MAX);
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

static fv_status read_old(fv__torch *file) {
  fv__pickle_value *root;
  TRY(read_head(file));
  TRY(fv__pickle_run(&file->pickle, &root));
  if (root->kind != FV__PICKLE_DICT && root->kind != FV__PICKLE_LIST)
    return fail(FV_ERROR_UNSUPPORTED, "the torch file holds no dict of tensors");
  storage_table table = {0};
  fv_status status = collect_storages(&table, root);
  if (!status) {
    if (table.count) qsort(table.storages, (size_t)table.count, sizeof *table.storages, compare_keys);
    status = place_storages(file, &table);
  }
  free(table.storages);
  return status ? status : flatten(file, root);
}

fv_status fv__torch_open(fv__torch **file, const fv__source *source) {
  *file = NULL;
  uint8_t first[16] = {0};
  size_t size = source->size < 16 ? (size_t)source->size : 16;
  TRY(fv__source_read(source, 0, first, size));
  if (size >= 4 && !memcmp(first, "PK\3\4", 4))
    return fail(FV_ERROR_UNSUPPORTED, "torch's zip form is not read yet; torch.save(..., "
                                      "_use_new_zipfile_serialization=False) writes the one that is");
  if (!fv__torch_probe_old(first, size)) return fail(FV_ERROR_FORMAT, "not a file of torch.save");
  fv__torch *fresh = calloc(1, sizeof *fresh);
  if (!fresh) return fail(FV_ERROR_MEMORY, "no memory for a torch file");
  fresh->source = source;
  fresh->pickle = (fv__pickle){.arena = &fresh->arena,
                               .memory = (64 << 20) + (source->size < INT64_MAX / 8 ? 4 * source->size : source->size),
                               .source = source};
  fv_status status = read_old(fresh);
  if (status) {
    fv__torch_close(fresh);
    return status;
  }
  *file = fresh;
  return FV_OK;
}

void fv__torch_close(fv__torch *file) {
  if (!file) return;
  fv__arena_clear(&file->arena);
  free(file->tensors);
  free(file);
}

int32_t fv__torch_count(const fv__torch *file) { return file->count; }
const fv__torch_tensor *fv__torch_tensor_at(const fv__torch *file, int32_t index) { return &file->tensors[index]; }

const fv__torch_tensor *fv__torch_find(const fv__torch *file, const char *name) {
  for (int32_t i = 0; i < file->count; i++)
    if (!strcmp(file->tensors[i].name, name)) return &file->tensors[i];
  return NULL;
}

static bool is_contiguous(const fv__torch_tensor *tensor) {
  int64_t expected = 1;
  for (int32_t i = tensor->shape.rank - 1; i >= 0; i--) {
    if (tensor->shape.dims[i] != 1 && tensor->strides[i] != expected) return false;
    expected *= tensor->shape.dims[i];
  }
  return true;
}

/* Elements first to first + count of the storage, as floats. */
static fv_status read_piece(const fv__torch *file, float *values, const fv__torch_tensor *tensor, int64_t first,
                            int64_t count) {
  const int64_t size = (int64_t)fv__element_size(tensor->element);
  int64_t address = tensor->address + first * size;
  if (tensor->element == FV__FLOAT32) {
    TRY(fv__source_read(file->source, address, values, (size_t)(count * size)));
    fv__element_convert(values, values, (size_t)count, tensor->element, false);
    return FV_OK;
  }
  uint8_t piece[PIECE];
  while (count > 0) {
    int64_t now = count < PIECE / size ? count : PIECE / size;
    TRY(fv__source_read(file->source, address, piece, (size_t)(now * size)));
    fv__element_convert(values, piece, (size_t)now, tensor->element, false);
    values += now;
    address += now * size;
    count -= now;
  }
  return FV_OK;
}

static void gather(float *values, const float *storage, const fv__torch_tensor *tensor) {
  int64_t at[FV_MAX_RANK] = {0}, place = 0;
  for (int64_t i = 0; i < tensor->count; i++) {
    values[i] = storage[place];
    for (int32_t axis = tensor->shape.rank - 1; axis >= 0; axis--) {
      place += tensor->strides[axis];
      if (++at[axis] < tensor->shape.dims[axis]) break;
      place -= at[axis] * tensor->strides[axis];
      at[axis] = 0;
    }
  }
}

fv_status fv__torch_read(const fv__torch *file, float *values, const fv__torch_tensor *tensor) {
  if (tensor->count == 0) return FV_OK;
  if (is_contiguous(tensor)) return read_piece(file, values, tensor, tensor->offset, tensor->count);
  size_t bytes;
  float *storage = fv__size_bytes(&bytes, tensor->extent, sizeof *storage) ? malloc(bytes) : NULL;
  if (!storage) return fail(FV_ERROR_MEMORY, "no memory for %lld elements", (long long)tensor->extent);
  fv_status status = read_piece(file, storage, tensor, tensor->offset, tensor->extent);
  if (!status) gather(values, storage, tensor);
  free(storage);
  return status;
}
