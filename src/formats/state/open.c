/* States as users see them: opened by path or of a model, read, written as .npy. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/size.h"
#include "formats/format.h"
#include "formats/state/state.h"
#include "tensor/npy.h"

int32_t fv_state_count(const fv_state *state) { return state->count; }

fv_state_tensor fv_state_tensor_at(const fv_state *state, int32_t index) {
  if (index < 0 || index >= state->count) return (fv_state_tensor){.name = NULL};
  const fv__state_tensor *tensor = &state->tensors[index];
  return (fv_state_tensor){tensor->name, fv__element_name(tensor->element), tensor->shape, tensor->count};
}

/* Models. */

static fv_status read_weight(const fv_state *state, void *bytes, const fv__state_tensor *tensor) {
  const float *values = fv_model_weight_data(state->owner, (int32_t)tensor->place);
  if (!values) return fail(FV_ERROR_MEMORY, "no memory for %lld numbers", (long long)tensor->count);
  memcpy(bytes, values, (size_t)tensor->count * sizeof *values);
  return FV_OK;
}

static void destroy_model(fv_state *state) { fv_model_destroy(state->owner); }

static const fv__state_reader lent_model = {.bytes = read_weight};
static const fv__state_reader own_model = {.bytes = read_weight, .close = destroy_model};

static fv_status list_weights(fv_state *state, fv_model *model) {
  state->owner = model;
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    fv_weight_info weight = fv_model_weight(model, i);
    TRY(fv__state_add(state, weight.path, &weight.shape, FV__FLOAT32, i));
  }
  return fv__state_finish(state);
}

fv_status fv_state_open_model(fv_state **state, fv_model *model) {
  fv_state *fresh;
  *state = NULL;
  TRY(fv__state_create(&fresh, &lent_model));
  fv_status status = list_weights(fresh, model);
  if (status)
    fv_state_close(fresh);
  else
    *state = fresh;
  return status;
}

/* The model's, which the state ends. */
static fv_status open_own_model(fv_state **state, fv_model *model) {
  fv_status status = fv_state_open_model(state, model);
  if (status)
    fv_model_destroy(model);
  else
    (*state)->reader = &own_model;
  return status;
}

/* Files. */

/* A state whose elements are read from `source`, which it takes over. */
static fv_status open_stored(fv_state **state, const fv__format *format, fv__source *source) {
  if (!format->open_state)
    return fail(FV_ERROR_UNSUPPORTED, "the tensors of this format (%s) cannot be listed without their network",
                format->facts.name);
  return format->open_state(state, source);
}

static fv_status open_source(fv_state **state, fv__source *source) {
  static const fv_model_load_options options = {.without_weights = false};
  const fv__format *format;
  TRY(fv__format_find(&format, source));
  if (format->load) {
    fv_model *model;
    fv_status status = format->load(&model, source, &options);
    if (!status) return open_own_model(state, model);
    if (!format->open_state || (status != FV_ERROR_UNSUPPORTED && status != FV_ERROR_NUMBERS)) return status;
  }
  return open_stored(state, format, source);
}

fv_status fv_state_open(fv_state **state, const char *path) {
  *state = NULL;
  fv__source *source = malloc(sizeof *source);
  if (!source) return fail(FV_ERROR_MEMORY, "%s: no memory to open a file", path);
  fv_status status = fv__source_open(source, path);
  if (!status) status = open_source(state, source);
  if (status) {
    fv__source_close(source);
    free(source);
    return note(status, "%s", path);
  }
  (*state)->source = source;
  return FV_OK;
}

/* Numbers. */

static fv_status check_index(const fv_state *state, int32_t index) {
  if (index >= 0 && index < state->count) return FV_OK;
  return fail(FV_ERROR_INVALID, "tensor %d of %d", index, state->count);
}

fv_status fv_state_read(fv_tensor *tensor, const fv_state *state, int32_t index) {
  *tensor = (fv_tensor){.data = NULL};
  TRY(check_index(state, index));
  TRY(fv_tensor_create(tensor, &state->tensors[index].shape));
  fv_status status = fv__state_read(state, tensor->data, &state->tensors[index]);
  if (!status) return FV_OK;
  fv_tensor_destroy(tensor);
  return note(status, "%s", state->tensors[index].name);
}

/* NumPy's word for an element; NULL: it has none. */
static const char *numpy_word(fv__element element) {
  static const char *const words[] = {
      [FV__FLOAT32] = "<f4", [FV__FLOAT64] = "<f8", [FV__FLOAT16] = "<f2", [FV__INT8] = "|i1",   [FV__INT16] = "<i2",
      [FV__INT32] = "<i4",   [FV__INT64] = "<i8",   [FV__UINT8] = "|u1",   [FV__UINT16] = "<u2", [FV__UINT32] = "<u4",
      [FV__UINT64] = "<u8",  [FV__BOOL] = "|b1",    [FV__BFLOAT16] = NULL};
  return words[element];
}

static fv_status write_exact(const char *path, const fv_state *state, const fv__state_tensor *tensor) {
  const size_t size = fv__element_size(tensor->element);
  size_t needed;
  void *bytes = fv__size_bytes(&needed, tensor->count, size) ? malloc(needed + 1) : NULL;
  if (!bytes) return fail(FV_ERROR_MEMORY, "no memory for %lld numbers", (long long)tensor->count);
  fv_status status = fv__state_bytes(state, bytes, tensor);
  if (!status) status = fv__npy_write(path, numpy_word(tensor->element), &tensor->shape, bytes, tensor->count, size);
  free(bytes);
  return status;
}

fv_status fv_state_write_npy(const char *path, const fv_state *state, int32_t index) {
  TRY(check_index(state, index));
  const fv__state_tensor *tensor = &state->tensors[index];
  if (fv__state_is_exact(state) && numpy_word(tensor->element)) return write_exact(path, state, tensor);
  fv_tensor numbers;
  TRY(fv_state_read(&numbers, state, index));
  fv_status status = fv_npy_write(path, &numbers);
  fv_tensor_destroy(&numbers);
  return status;
}
