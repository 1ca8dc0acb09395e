/* Safetensors: a head that lists tensors (safetensors/header.h), then their elements. Weights alone, of any network.
 *
 * Read: names may be a model's own ("conv1/kernel", in Keras's layout) or those of PyTorch's modules (torch/modules.c).
 * Written: a model's own names, as the reference writer orders and pads: by element type, then by name; no blanks in
 * the head, which blanks fill to a multiple of eight bytes. So one model gives one file, byte for byte.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "formats/format.h"
#include "formats/safetensors/header.h"
#include "formats/torch/torch.h"

enum { LENGTH_BYTES = 8 };

static int64_t length_of(const uint8_t bytes[LENGTH_BYTES]) {
  uint64_t length = 0;
  for (int i = 0; i < LENGTH_BYTES; i++) length |= (uint64_t)bytes[i] << (8 * i);
  return length > INT64_MAX ? INT64_MAX : (int64_t)length;
}

/* A length that could be one, and a brace behind it, white space perhaps between. */
static bool probe(const uint8_t *bytes, size_t size) {
  if (size <= LENGTH_BYTES || length_of(bytes) < 2) return false;
  size_t i = LENGTH_BYTES;
  while (i < size && bytes[i] && strchr(" \t\r\n", bytes[i])) i++;
  return i < size && bytes[i] == '{';
}

/* Reading. */

static fv_status read_bytes(const fv_state *state, void *bytes, const fv__state_tensor *tensor) {
  return fv__source_read(state->owner, tensor->place, bytes, (size_t)tensor->count * fv__element_size(tensor->element));
}

static const fv__state_reader reader = {.bytes = read_bytes};

static fv_status read_file(fv_state *state, const fv__source *source) {
  uint8_t first[LENGTH_BYTES];
  if (source->size < LENGTH_BYTES)
    return fail(FV_ERROR_FORMAT, "expected the head's length in %d bytes, found %" PRId64, LENGTH_BYTES, source->size);
  TRY(fv__source_read(source, 0, first, sizeof first));
  const int64_t length = length_of(first);
  if (length > FV__SAFETENSORS_HEADER_MAX)
    return fail(FV_ERROR_FORMAT, "a head of %" PRId64 " bytes, the limit is %d", length, FV__SAFETENSORS_HEADER_MAX);
  if (length > source->size - LENGTH_BYTES)
    return fail(FV_ERROR_FORMAT, "a head of %" PRId64 " bytes in a file of %" PRId64, length, source->size);
  char *text = malloc((size_t)length + 1);
  if (!text) return fail(FV_ERROR_MEMORY, "no memory for a head of %" PRId64 " bytes", length);
  fv_status status = fv__source_read(source, LENGTH_BYTES, text, (size_t)length);
  if (!status) status = fv__safetensors_read_header(state, text, (size_t)length, LENGTH_BYTES + length, source->size);
  free(text);
  return status;
}

fv_status fv__safetensors_open(fv_state **state, const fv__source *source) {
  *state = NULL;
  fv_state *fresh;
  TRY(fv__state_create(&fresh, &reader));
  fresh->owner = (void *)source; /* which is only read */
  fv_status status = read_file(fresh, source);
  if (status) {
    fv_state_close(fresh);
    return status;
  }
  *state = fresh;
  return FV_OK;
}

static fv_status load_weights(fv_model *model, const fv__source *source, const fv_weights_options *options) {
  fv_state *state;
  TRY(fv__safetensors_open(&state, source));
  fv_status status = fv__state_load_weights(model, state, options);
  fv_state_close(state);
  return status;
}

/* Writing. */

/* Elements in the order of the reference writer: it compares its list of types, of which these are, from last to first.
 */
static int rank_of(fv__element element) {
  static const uint8_t ranks[] = {
      [FV__BOOL] = 0,     [FV__UINT8] = 1,    [FV__INT8] = 2,   [FV__INT16] = 3,  [FV__UINT16] = 4,
      [FV__FLOAT16] = 5,  [FV__BFLOAT16] = 6, [FV__INT32] = 7,  [FV__UINT32] = 8, [FV__FLOAT32] = 9,
      [FV__FLOAT64] = 10, [FV__INT64] = 11,   [FV__UINT64] = 12};
  return ranks[element];
}

static int compare_written(const void *a, const void *b, void *context) {
  const fv__state_tensor *tensors = context;
  const fv__state_tensor *first = &tensors[*(const int32_t *)a], *second = &tensors[*(const int32_t *)b];
  const int types = rank_of(second->element) - rank_of(first->element);
  return types ? types : strcmp(first->name, second->name);
}

/* A head that grows; `size` counts on when there is no memory, so it is looked at once. */
typedef struct head {
  FILE *stream;
  char *text;
  size_t size;
} head;

static void put_text(FILE *stream, const char *text) {
  static const char named[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
  putc('"', stream);
  for (const char *c = text; *c; c++) {
    const char *name = strchr(named, *c);
    if (name)
      fprintf(stream, "\\%c", names[name - named]);
    else if ((unsigned char)*c < 0x20)
      fprintf(stream, "\\u%04x", (unsigned)*c);
    else
      putc(*c, stream);
  }
  putc('"', stream);
}

static void put_tensor(FILE *stream, const fv__state_tensor *tensor, int64_t begin, int64_t bytes) {
  put_text(stream, tensor->name);
  fprintf(stream, ":{\"dtype\":\"%s\",\"shape\":[", fv__safetensors_word(tensor->element));
  for (int32_t i = 0; i < tensor->shape.rank; i++) fprintf(stream, "%s%" PRId64, i ? "," : "", tensor->shape.dims[i]);
  fprintf(stream, "],\"data_offsets\":[%" PRId64 ",%" PRId64 "]}", begin, begin + bytes);
}

/* The head's text in new memory, filled to a multiple of eight bytes. */
static fv_status make_head(head *h, const fv_state *state, const int32_t *order) {
  int64_t at = 0;
  h->stream = open_memstream(&h->text, &h->size);
  if (!h->stream) return fail(FV_ERROR_MEMORY, "no memory for a head");
  putc('{', h->stream);
  for (int32_t i = 0; i < state->count; i++) {
    const fv__state_tensor *tensor = &state->tensors[order[i]];
    const int64_t bytes = tensor->count * (int64_t)fv__element_size(tensor->element); /* as many as are in memory */
    if (i) putc(',', h->stream);
    put_tensor(h->stream, tensor, at, bytes);
    at += bytes;
  }
  putc('}', h->stream);
  fflush(h->stream);
  for (size_t size = h->size; size % LENGTH_BYTES; size++) putc(' ', h->stream);
  const bool is_whole = !ferror(h->stream);
  if (fclose(h->stream) || !is_whole || !h->text) return fail(FV_ERROR_MEMORY, "no memory for a head");
  if (h->size > FV__SAFETENSORS_HEADER_MAX)
    return fail(FV_ERROR_UNSUPPORTED, "a head of %zu bytes, the format's limit is %d", h->size,
                FV__SAFETENSORS_HEADER_MAX);
  return FV_OK;
}

static fv_status write_tensor(FILE *stream, const fv_state *state, const fv__state_tensor *tensor) {
  const size_t size = (size_t)tensor->count * fv__element_size(tensor->element);
  void *bytes = malloc(size + 1);
  if (!bytes) return fail(FV_ERROR_MEMORY, "no memory for %" PRId64 " numbers", tensor->count);
  fv_status status = fv__state_bytes(state, bytes, tensor);
  if (!status) fwrite(bytes, 1, size, stream);
  free(bytes);
  return status ? note(status, "%s", tensor->name) : FV_OK;
}

static fv_status write_all(FILE *stream, const fv_state *state, const int32_t *order) {
  head h = {.text = NULL};
  fv_status status = make_head(&h, state, order);
  for (int i = 0; i < LENGTH_BYTES && !status; i++) putc((int)((uint64_t)h.size >> (8 * i) & 255), stream);
  if (!status) fwrite(h.text, 1, h.size, stream);
  free(h.text);
  for (int32_t i = 0; i < state->count && !status; i++) status = write_tensor(stream, state, &state->tensors[order[i]]);
  return status;
}

fv_status fv__safetensors_write(FILE *stream, const fv_state *state) {
  int32_t *order = calloc((size_t)state->count + 1, sizeof *order);
  if (!order) return fail(FV_ERROR_MEMORY, "no memory for %d tensors", state->count);
  for (int32_t i = 0; i < state->count; i++) order[i] = i;
  if (state->count) qsort_r(order, (size_t)state->count, sizeof *order, compare_written, state->tensors);
  fv_status status = write_all(stream, state, order);
  free(order);
  return status;
}

static fv_status save(const fv__save *save, FILE *stream) {
  fv_state *state;
  TRY(fv__save_float32(save));
  TRY(fv_state_open_model(&state, (fv_model *)save->model)); /* which is only read */
  fv_status status = fv__safetensors_write(stream, state);
  fv_state_close(state);
  return status;
}

const fv__format fv__format_safetensors = {
    .facts = {"safetensors", ".safetensors", "weights alone: a list of tensors, safe to open"},
    .probe = probe,
    .load_weights_with = load_weights,
    .open_state = fv__safetensors_open,
    .save = save,
};
