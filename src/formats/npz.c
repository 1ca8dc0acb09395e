/* NumPy's .npz: a zip of arrays, called like the weights they are: a model's own names ("conv1/kernel", in its own
 * layout) or those of PyTorch's modules. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/size.h"
#include "base/text.h"
#include "base/zip.h"
#include "base/zip_write.h"
#include "formats/format.h"
#include "formats/state/state.h"
#include "tensor/npy.h"

enum { HEAD_BYTES = 1 << 16 };
static const int64_t MEMBER_BYTES_MAX = INT64_C(1) << 40;

static bool probe(const uint8_t *bytes, size_t size) { return fv__zip_first_ends_with(bytes, size, ".npy"); }

static const struct {
  const char *word;
  fv__element element;
} types[] = {{"<f4", FV__FLOAT32}, {"<f8", FV__FLOAT64}, {"<f2", FV__FLOAT16}, {"|i1", FV__INT8},
             {"<i2", FV__INT16},   {"<i4", FV__INT32},   {"<i8", FV__INT64},   {"|u1", FV__UINT8},
             {"<u2", FV__UINT16},  {"<u4", FV__UINT32},  {"<u8", FV__UINT64},  {"|b1", FV__BOOL}};

static fv_status find_element(fv__element *element, const char *word) {
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (!strcmp(types[i].word, word)) {
      *element = types[i].element;
      return FV_OK;
    }
  return fail(FV_ERROR_UNSUPPORTED,
              "elements of type '%s'; little-endian f2, f4, f8, i1 to i8, u1 to u8 and b1 are read", word);
}

/* Reading. */

/* Fortran's order, the first axis running fastest, into rows. */
static void turn(uint8_t *out, const uint8_t *in, const fv__state_tensor *tensor) {
  const size_t size = fv__element_size(tensor->element);
  int64_t strides[FV_MAX_RANK], at[FV_MAX_RANK] = {0}, place = 0, step = 1;
  for (int32_t i = 0; i < tensor->shape.rank; i++) {
    strides[i] = step;
    step *= tensor->shape.dims[i]; /* at most the elements, which are counted */
  }
  for (int64_t i = 0; i < tensor->count; i++, out += size) {
    memcpy(out, in + (size_t)place * size, size);
    for (int32_t axis = tensor->shape.rank - 1; axis >= 0; axis--) {
      place += strides[axis];
      if (++at[axis] < tensor->shape.dims[axis]) break;
      place -= at[axis] * strides[axis];
      at[axis] = 0;
    }
  }
}

/* The head is read again: what was listed must still be there. */
static fv_status read_bytes(const fv_state *state, void *bytes, const fv__state_tensor *tensor) {
  fv__zip *zip = state->owner;
  fv__npy_header header;
  char *member;
  const size_t size = (size_t)tensor->count * fv__element_size(tensor->element);
  const size_t all = (size_t)fv__zip_size(zip, (int32_t)tensor->place);
  TRY(fv__zip_read(zip, (int32_t)tensor->place, &member, MEMBER_BYTES_MAX));
  fv_status status = fv__npy_read_header(&header, (const uint8_t *)member, all);
  if (!status && (header.data_offset > all || all - header.data_offset != size))
    status = fail(FV_ERROR_IO, "the file has changed meanwhile");
  if (!status && header.fortran_order && tensor->shape.rank > 1)
    turn(bytes, (const uint8_t *)member + header.data_offset, tensor);
  else if (!status)
    memcpy(bytes, member + header.data_offset, size);
  free(member);
  return status;
}

static void close_zip(fv_state *state) { fv__zip_close(state->owner); }

static const fv__state_reader reader = {.bytes = read_bytes, .close = close_zip};

/* Opening. */

static fv_status read_head(fv__npy_header *header, fv__zip *zip, int32_t index) {
  fv__source member;
  TRY(fv__zip_member(&member, zip, index));
  const size_t size = member.size < HEAD_BYTES + 16 ? (size_t)member.size : HEAD_BYTES + 16;
  uint8_t *bytes = malloc(size + 1);
  fv_status status = bytes ? fv__source_read(&member, 0, bytes, size) : fail(FV_ERROR_MEMORY, "no memory for a head");
  if (!status) status = fv__npy_read_header(header, bytes, size);
  free(bytes);
  fv__source_close(&member);
  return status;
}

static fv_status check_size(const fv__npy_header *header, fv__element element, int64_t size) {
  int64_t count, expected;
  TRY(fv_shape_elements(&count, &header->shape));
  if (!fv__size_multiply(&expected, count, (int64_t)fv__element_size(element)) ||
      expected != size - (int64_t)header->data_offset)
    return fail(FV_ERROR_FORMAT, "expected %" PRId64 " elements of %zu bytes, found %" PRId64 " bytes", count,
                fv__element_size(element), size - (int64_t)header->data_offset);
  return FV_OK;
}

static fv_status add_array(fv_state *state, int32_t index) {
  fv__zip *zip = state->owner;
  fv__npy_header header;
  fv__element element = FV__FLOAT32;
  const char *member = fv__zip_name(zip, index);
  fv_status status = read_head(&header, zip, index);
  if (!status) status = find_element(&element, header.type);
  if (!status) status = check_size(&header, element, fv__zip_size(zip, index));
  if (status) return note(status, "%.200s", member);
  char *name = strndup(member, strlen(member) - strlen(".npy"));
  if (!name) return fail(FV_ERROR_MEMORY, "no memory for names of tensors");
  status = fv__state_add(state, name, &header.shape, element, index);
  free(name);
  return status;
}

static fv_status list_arrays(fv_state *state, const fv__source *source) {
  fv__zip *zip;
  TRY(fv__zip_open(&zip, source));
  state->owner = zip;
  for (int32_t i = 0; i < fv__zip_count(zip); i++)
    if (fv__text_ends_with(fv__zip_name(zip, i), ".npy")) TRY(add_array(state, i));
  return fv__state_finish(state);
}

static fv_status open_state(fv_state **state, const fv__source *source) {
  fv_state *fresh;
  *state = NULL;
  TRY(fv__state_create(&fresh, &reader));
  fv_status status = list_arrays(fresh, source);
  if (status)
    fv_state_close(fresh);
  else
    *state = fresh;
  return status;
}

static fv_status load_weights(fv_model *model, const fv__source *source, const fv_weights_options *options) {
  fv_state *state;
  TRY(open_state(&state, source));
  fv_status status = fv__state_load_weights(model, state, options);
  fv_state_close(state);
  return status;
}

/* Writing. */

struct array {
  const fv__save *save;
  int32_t weight;
  char *name;
};

static void write_array(void *context, fv__sink *sink) {
  const struct array *array = context;
  fv_weight_info weight = fv_model_weight(array->save->model, array->weight);
  char head[FV__NPY_HEADER_BYTES];
  int64_t count = 1;
  for (int32_t i = 0; i < weight.shape.rank; i++) count *= weight.shape.dims[i]; /* as many as are in memory */
  fv__sink_put(sink, head, fv__npy_make_header(head, "<f4", &weight.shape));
  fv__sink_put(sink, fv__save_weight(array->save, array->weight), (size_t)count * sizeof(float));
}

static fv_status write_all(struct array *arrays, fv__zip_member_draft *members, const fv__save *save, FILE *stream) {
  int32_t count = fv_model_weight_count(save->model);
  for (int32_t i = 0; i < count; i++) {
    arrays[i] = (struct array){save, i, NULL};
    if (asprintf(&arrays[i].name, "%s.npy", fv_model_weight(save->model, i).path) < 0) {
      arrays[i].name = NULL;
      return fail(FV_ERROR_MEMORY, "no memory for names");
    }
    members[i] = (fv__zip_member_draft){arrays[i].name, write_array, &arrays[i]};
  }
  return fv__zip_write(&(fv__sink){.stream = stream}, members, count);
}

static fv_status save(const fv__save *save, FILE *stream) {
  size_t count = (size_t)fv_model_weight_count(save->model);
  TRY(fv__save_float32(save));
  struct array *arrays = calloc(count + 1, sizeof *arrays);
  fv__zip_member_draft *members = calloc(count + 1, sizeof *members);
  fv_status status = arrays && members ? write_all(arrays, members, save, stream)
                                       : fail(FV_ERROR_MEMORY, "no memory for %zu arrays", count);
  for (size_t i = 0; arrays && i < count; i++) free(arrays[i].name);
  free(arrays);
  free(members);
  return status;
}

const fv__format fv__format_npz = {
    .facts = {"npz", ".npz", "weights alone: NumPy's archive of arrays"},
    .probe = probe,
    .load_weights_with = load_weights,
    .open_state = open_state,
    .save = save,
};
