/* The list of tensors of a state, and their elements through the reader. */
#include "formats/state/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/size.h"

enum { TENSORS_MAX = 1 << 20 };

fv_status fv__state_create(fv_state **state, const fv__state_reader *reader) {
  *state = calloc(1, sizeof **state);
  if (!*state) return fail(FV_ERROR_MEMORY, "no memory for a list of tensors");
  (*state)->reader = reader;
  return FV_OK;
}

void fv_state_close(fv_state *state) {
  if (!state) return;
  if (state->reader->close && state->owner) state->reader->close(state);
  if (state->source) fv__source_close(state->source);
  free(state->source);
  fv__arena_clear(&state->arena);
  free(state->tensors);
  free(state->by_name);
  free(state);
}

static fv_status grow(fv_state *state) {
  if (state->count < state->room) return FV_OK;
  if (state->count == TENSORS_MAX) return fail(FV_ERROR_FORMAT, "more than %d tensors", TENSORS_MAX);
  int32_t room = state->room ? 2 * state->room : 64;
  fv__state_tensor *larger = reallocarray(state->tensors, (size_t)room, sizeof *larger);
  if (!larger) return fail(FV_ERROR_MEMORY, "no memory for %d tensors", room);
  state->tensors = larger;
  state->room = room;
  return FV_OK;
}

fv_status fv__state_add(fv_state *state, const char *name, const fv_shape *shape, fv__element element, int64_t place) {
  fv__state_tensor tensor = {.shape = *shape, .element = element, .place = place};
  fv_status status = fv_shape_elements(&tensor.count, shape);
  if (status) return note(status, "%.200s", name);
  TRY(grow(state));
  tensor.name = fv__arena_text(&state->arena, name);
  if (!tensor.name) return fail(FV_ERROR_MEMORY, "no memory for names of tensors");
  state->tensors[state->count++] = tensor;
  return FV_OK;
}

static int compare_names(const void *a, const void *b, void *context) {
  const fv__state_tensor *tensors = context;
  return strcmp(tensors[*(const int32_t *)a].name, tensors[*(const int32_t *)b].name);
}

fv_status fv__state_finish(fv_state *state) {
  state->by_name = calloc((size_t)state->count + 1, sizeof *state->by_name);
  if (!state->by_name) return fail(FV_ERROR_MEMORY, "no memory for names of tensors");
  for (int32_t i = 0; i < state->count; i++) state->by_name[i] = i;
  if (state->count)
    qsort_r(state->by_name, (size_t)state->count, sizeof *state->by_name, compare_names, state->tensors);
  for (int32_t i = 1; i < state->count; i++)
    if (!compare_names(&state->by_name[i - 1], &state->by_name[i], state->tensors))
      return fail(FV_ERROR_FORMAT, "two tensors are called '%.200s'", state->tensors[state->by_name[i]].name);
  return FV_OK;
}

int32_t fv__state_count(const fv_state *state) { return state->count; }
const fv__state_tensor *fv__state_tensor_at(const fv_state *state, int32_t index) { return &state->tensors[index]; }

int32_t fv_state_find(const fv_state *state, const char *name) {
  int32_t low = 0, high = state->count;
  while (low < high) {
    int32_t middle = low + (high - low) / 2, index = state->by_name[middle];
    int order = strcmp(state->tensors[index].name, name);
    if (order == 0) return index;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return -1;
}

const fv__state_tensor *fv__state_find(const fv_state *state, const char *name) {
  int32_t index = fv_state_find(state, name);
  return index < 0 ? NULL : &state->tensors[index];
}

/* Elements of up to four bytes are read behind the floats that they become: the last of them end where the floats end,
 * so a float never overwrites an element that is still to come. */
static fv_status read_in_place(const fv_state *state, float *values, const fv__state_tensor *tensor, size_t size) {
  uint8_t *bytes = (uint8_t *)values + (size_t)tensor->count * (sizeof *values - size);
  TRY(state->reader->bytes(state, bytes, tensor));
  fv__element_convert(values, bytes, (size_t)tensor->count, tensor->element, false);
  return FV_OK;
}

fv_status fv__state_read(const fv_state *state, float *values, const fv__state_tensor *tensor) {
  size_t size = fv__element_size(tensor->element), needed;
  if (tensor->count == 0) return FV_OK;
  if (state->reader->floats) return state->reader->floats(state, values, tensor);
  if (size <= sizeof *values) return read_in_place(state, values, tensor, size);
  void *bytes = fv__size_bytes(&needed, tensor->count, size) ? malloc(needed) : NULL;
  if (!bytes) return fail(FV_ERROR_MEMORY, "no memory for %lld numbers", (long long)tensor->count);
  fv_status status = state->reader->bytes(state, bytes, tensor);
  if (!status) fv__element_convert(values, bytes, (size_t)tensor->count, tensor->element, false);
  free(bytes);
  return status;
}

bool fv__state_is_exact(const fv_state *state) { return state->reader->bytes != NULL; }

fv_status fv__state_bytes(const fv_state *state, void *bytes, const fv__state_tensor *tensor) {
  if (tensor->count == 0) return FV_OK;
  if (!state->reader->bytes) return state->reader->floats(state, bytes, tensor);
  return state->reader->bytes(state, bytes, tensor);
}
