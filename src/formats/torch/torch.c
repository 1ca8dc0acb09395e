/* Files of torch.save: from the object in the pickle to a flat list of tensors, and their elements. */
#include "formats/torch/torch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "formats/torch/file.h"

enum { NAME_MAX_BYTES = 1024 };
static const int64_t BOMB_BYTES = 64 << 20, BOMB_RATIO = 1000;

/* Flattening: one frame per nested container. */
typedef struct frame {
  const fv__pickle_value *container;
  int32_t next;
  size_t name_length; /* of the container's own name */
} frame;

static fv_status add_layout(fv__torch *file, const fv_state *state, const fv__pickle_value *value) {
  const int32_t index = state->count - 1;
  if (index >= file->room) {
    int32_t room = file->room ? 2 * file->room : 64;
    fv__torch_layout *larger = reallocarray(file->layouts, (size_t)room, sizeof *larger);
    if (!larger) return fail(FV_ERROR_MEMORY, "no memory for %d tensors", room);
    file->layouts = larger;
    file->room = room;
  }
  fv__torch_layout layout = {.storage = value->tensor.storage, .offset = value->tensor.offset};
  memcpy(layout.strides, value->tensor.strides, sizeof layout.strides);
  layout.extent = state->tensors[index].count > 0;
  for (int32_t i = 0; i < value->tensor.shape.rank && layout.extent > 0; i++)
    layout.extent += (value->tensor.shape.dims[i] - 1) * layout.strides[i]; /* checked when the tensor was built */
  file->layouts[index] = layout;
  return FV_OK;
}

static fv_status add_tensor(fv_state *state, const char *name, const fv__pickle_value *value) {
  fv__torch *file = state->owner;
  fv__pickle_value *storage = value->tensor.storage;
  TRY(fv__state_add(state, name, &value->tensor.shape, value->tensor.element, state->count));
  TRY(add_layout(file, state, value));
  const int64_t count = state->tensors[state->count - 1].count;
  if (count > BOMB_BYTES / 4 && count / BOMB_RATIO > storage->storage.count)
    return fail(FV_ERROR_FORMAT, "%.200s: %lld elements out of a storage of %lld", name, (long long)count,
                (long long)storage->storage.count);
  if (file->zip && storage->storage.address < 0) {
    fv_status status = fv__torch_place_member(file, storage);
    if (status) return note(status, "%.200s", name);
  }
  if (count > 0 && storage->storage.address < 0) return fail(FV_ERROR_FORMAT, "%.200s: its storage is missing", name);
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

static fv_status flatten(fv_state *state, const fv__pickle_value *root) {
  fv__torch *file = state->owner;
  frame frames[FV__TORCH_DEPTH_MAX];
  char name[NAME_MAX_BYTES + 1] = "";
  int depth = 0;
  frames[depth++] = (frame){.container = root};
  while (depth > 0) {
    frame *top = &frames[depth - 1];
    if (top->next >= top->container->list.count) {
      depth--;
      continue;
    }
    if (++file->visited > FV__TORCH_VALUES_MAX)
      return fail(FV_ERROR_FORMAT, "more than %d values", FV__TORCH_VALUES_MAX);
    const fv__pickle_value *value;
    TRY(next_item(&value, top, name));
    if (value->kind == FV__PICKLE_TENSOR) TRY(add_tensor(state, name, value));
    if (value->kind != FV__PICKLE_DICT && value->kind != FV__PICKLE_LIST) continue;
    if (depth == FV__TORCH_DEPTH_MAX)
      return fail(FV_ERROR_FORMAT, "containers nested deeper than %d", FV__TORCH_DEPTH_MAX);
    frames[depth++] = (frame){.container = value, .name_length = strlen(name)};
  }
  return FV_OK;
}

/* Elements. */

/* Elements first to first + count of a storage. */
static fv_status read_storage(const fv__torch *file, void *bytes, const fv__pickle_value *storage, int64_t size,
                              int64_t first, int64_t count) {
  const int64_t address = storage->storage.address;
  if (!file->zip) return fv__source_read(file->source, address + first * size, bytes, (size_t)(count * size));
  fv__source member;
  TRY(fv__zip_member(&member, file->zip, (int32_t)address));
  fv_status status = fv__source_read(&member, first * size, bytes, (size_t)(count * size));
  fv__source_close(&member);
  return status;
}

static bool is_contiguous(const fv__torch_layout *layout, const fv_shape *shape) {
  int64_t expected = 1;
  for (int32_t i = shape->rank - 1; i >= 0; i--) {
    if (shape->dims[i] != 1 && layout->strides[i] != expected) return false;
    expected *= shape->dims[i];
  }
  return true;
}

/* From the strides' order to rows. */
static void gather(uint8_t *out, const uint8_t *in, const fv__state_tensor *tensor, const fv__torch_layout *layout) {
  int64_t at[FV_MAX_RANK] = {0}, place = 0;
  const size_t size = fv__element_size(tensor->element);
  for (int64_t i = 0; i < tensor->count; i++, out += size) {
    memcpy(out, in + (size_t)place * size, size);
    for (int32_t axis = tensor->shape.rank - 1; axis >= 0; axis--) {
      place += layout->strides[axis];
      if (++at[axis] < tensor->shape.dims[axis]) break;
      place -= at[axis] * layout->strides[axis];
      at[axis] = 0;
    }
  }
}

static fv_status read_bytes(const fv_state *state, void *bytes, const fv__state_tensor *tensor) {
  const fv__torch *file = state->owner;
  const fv__torch_layout *layout = &file->layouts[tensor->place];
  const int64_t size = (int64_t)fv__element_size(tensor->element);
  if (is_contiguous(layout, &tensor->shape))
    return read_storage(file, bytes, layout->storage, size, layout->offset, tensor->count);
  size_t needed;
  uint8_t *used = fv__size_bytes(&needed, layout->extent, (size_t)size) ? malloc(needed) : NULL;
  if (!used) return fail(FV_ERROR_MEMORY, "no memory for %lld elements", (long long)layout->extent);
  fv_status status = read_storage(file, used, layout->storage, size, layout->offset, layout->extent);
  if (!status) gather(bytes, used, tensor, layout);
  free(used);
  return status;
}

/* Opening and closing. */

static void close_file(fv_state *state) {
  fv__torch *file = state->owner;
  fv__zip_close(file->zip);
  fv__arena_clear(&file->arena);
  free(file->layouts);
  free(file);
}

static const fv__state_reader reader = {.bytes = read_bytes, .close = close_file};

static fv_status read_file(fv_state *state) {
  fv__torch *file = state->owner;
  uint8_t first[16] = {0};
  const size_t size = file->source->size < 16 ? (size_t)file->source->size : 16;
  const fv__pickle_value *root;
  TRY(fv__source_read(file->source, 0, first, size));
  if (size >= 4 && !memcmp(first, "PK\3\4", 4))
    TRY(fv__torch_read_zip(file, &root));
  else if (fv__torch_probe_old(first, size))
    TRY(fv__torch_read_old(file, &root));
  else
    return fail(FV_ERROR_FORMAT, "not a file of torch.save");
  if (root->kind != FV__PICKLE_DICT && root->kind != FV__PICKLE_LIST)
    return fail(FV_ERROR_UNSUPPORTED, "the torch file holds no dict of tensors");
  TRY(flatten(state, root));
  return fv__state_finish(state);
}

fv_status fv__torch_open(fv_state **state, const fv__source *source) {
  *state = NULL;
  fv_state *fresh;
  TRY(fv__state_create(&fresh, &reader));
  fv__torch *file = fresh->owner = calloc(1, sizeof *file);
  fv_status status = FV_OK;
  if (!file) status = fail(FV_ERROR_MEMORY, "no memory for a torch file");
  if (!status) {
    file->source = source;
    file->pickle = (fv__pickle){.arena = &file->arena,
                                .memory = (64 << 20) + (source->size < INT64_MAX / 8 ? 4 * source->size : source->size),
                                .source = source};
    status = read_file(fresh);
  }
  if (status) {
    fv_state_close(fresh);
    return status;
  }
  *state = fresh;
  return FV_OK;
}
