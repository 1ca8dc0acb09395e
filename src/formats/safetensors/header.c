/* From the head's text to the list of tensors. */
#include "formats/safetensors/header.h"

#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/size.h"
#include "base/text.h"
#include "formats/safetensors/json.h"

static const struct {
  const char *word;
  fv__element element;
} types[] = {{"F32", FV__FLOAT32}, {"F16", FV__FLOAT16}, {"BF16", FV__BFLOAT16}, {"F64", FV__FLOAT64},
             {"I64", FV__INT64},   {"I32", FV__INT32},   {"I16", FV__INT16},     {"I8", FV__INT8},
             {"U8", FV__UINT8},    {"U16", FV__UINT16},  {"U32", FV__UINT32},    {"U64", FV__UINT64},
             {"BOOL", FV__BOOL}};

const char *fv__safetensors_word(fv__element element) {
  size_t i = 0;
  while (types[i].element != element) i++;
  return types[i].word;
}

/* One tensor as the head describes it. */
typedef struct description {
  bool has_type, has_shape, has_place;
  fv__element element;
  fv_shape shape;
  int64_t begin, end; /* of its elements, from the head's end */
} description;

static fv_status take_type(fv__json *json, description *d) {
  char *word;
  TRY(fv__json_text(json, &word));
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (!strcmp(types[i].word, word)) {
      d->element = types[i].element;
      return FV_OK;
    }
  return fail(FV_ERROR_UNSUPPORTED,
              "elements of type '%.40s'; F16, BF16, F32, F64, I8 to I64, U8 to U64 and BOOL are "
              "read",
              word);
}

static fv_status take_shape(fv__json *json, description *d) {
  TRY(fv__json_expect(json, '['));
  d->shape = (fv_shape){.rank = 0};
  bool more = !fv__json_take(json, ']');
  while (more) {
    if (d->shape.rank == FV_MAX_RANK) return fail(FV_ERROR_UNSUPPORTED, "more than %d axes", FV_MAX_RANK);
    TRY(fv__json_number(json, &d->shape.dims[d->shape.rank++]));
    TRY(fv__json_more(json, &more, ']'));
  }
  return FV_OK;
}

static fv_status take_place(fv__json *json, description *d) {
  TRY(fv__json_expect(json, '['));
  TRY(fv__json_number(json, &d->begin));
  TRY(fv__json_expect(json, ','));
  TRY(fv__json_number(json, &d->end));
  return fv__json_expect(json, ']');
}

/* Marks what may stand once. */
static fv_status once(bool *seen, const char *key) {
  if (*seen) return fail(FV_ERROR_FORMAT, "'%s' twice", key);
  *seen = true;
  return FV_OK;
}

static fv_status take_field(fv__json *json, description *d) {
  char *key;
  TRY(fv__json_text(json, &key));
  TRY(fv__json_expect(json, ':'));
  if (!strcmp(key, "dtype")) {
    TRY(once(&d->has_type, key));
    return take_type(json, d);
  }
  if (!strcmp(key, "shape")) {
    TRY(once(&d->has_shape, key));
    return take_shape(json, d);
  }
  if (!strcmp(key, "data_offsets")) {
    TRY(once(&d->has_place, key));
    return take_place(json, d);
  }
  return fv__json_skip(json, 2);
}

static fv_status take_description(fv__json *json, description *d) {
  *d = (description){.has_type = false};
  TRY(fv__json_expect(json, '{'));
  bool more = !fv__json_take(json, '}');
  while (more) {
    TRY(take_field(json, d));
    TRY(fv__json_more(json, &more, '}'));
  }
  if (!d->has_type || !d->has_shape || !d->has_place)
    return fail(FV_ERROR_FORMAT, "'%s' is missing", !d->has_type ? "dtype" : !d->has_shape ? "shape" : "data_offsets");
  return FV_OK;
}

/* Elements times their size are the bytes between begin and end. */
static fv_status check_bytes(const description *d) {
  int64_t count, expected;
  TRY(fv_shape_elements(&count, &d->shape));
  if (d->end < d->begin || !fv__size_multiply(&expected, count, (int64_t)fv__element_size(d->element)) ||
      expected != d->end - d->begin) {
    char text[128];
    return fail(FV_ERROR_FORMAT, "shape %s of %s does not fill bytes %lld to %lld",
                fv_shape_text(text, sizeof text, &d->shape), fv__element_name(d->element), (long long)d->begin,
                (long long)d->end);
  }
  return FV_OK;
}

static fv_status take_tensor(fv_state *state, fv__json *json, const char *name) {
  description d;
  fv_status status = take_description(json, &d);
  if (!status) status = check_bytes(&d);
  if (status) return note(status, "%.200s", name);
  return fv__state_add(state, name, &d.shape, d.element, d.begin);
}

/* Facts beside the tensors, texts named by texts: checked and forgotten. */
static fv_status take_facts(fv__json *json) {
  if (fv__json_take_null(json)) return FV_OK;
  TRY(fv__json_expect(json, '{'));
  bool more = !fv__json_take(json, '}');
  while (more) {
    char *text;
    TRY(fv__json_text(json, &text));
    TRY(fv__json_expect(json, ':'));
    TRY(fv__json_text(json, &text));
    TRY(fv__json_more(json, &more, '}'));
  }
  return FV_OK;
}

static fv_status take_all(fv_state *state, fv__json *json) {
  bool has_facts = false;
  TRY(fv__json_expect(json, '{'));
  bool more = !fv__json_take(json, '}');
  while (more) {
    char *name;
    TRY(fv__json_text(json, &name));
    TRY(fv__json_expect(json, ':'));
    if (!strcmp(name, "__metadata__")) {
      TRY(once(&has_facts, name));
      fv_status status = take_facts(json);
      if (status) return note(status, "__metadata__");
    } else {
      TRY(take_tensor(state, json, name));
    }
    TRY(fv__json_more(json, &more, '}'));
  }
  return fv__json_finish(json);
}

/* Places. */

static int64_t bytes_of(const fv__state_tensor *tensor) {
  return tensor->count * (int64_t)fv__element_size(tensor->element); /* as far as begin and end are apart */
}

static int compare_places(const void *a, const void *b, void *context) {
  const fv__state_tensor *tensors = context;
  const fv__state_tensor *first = &tensors[*(const int32_t *)a], *second = &tensors[*(const int32_t *)b];
  if (first->place != second->place) return first->place < second->place ? -1 : 1;
  int64_t more = bytes_of(first) - bytes_of(second);
  return more < 0 ? -1 : more > 0;
}

/* Tensors follow each other from 0 to `size`. */
static fv_status check_order(const fv_state *state, const int32_t *order, int64_t size) {
  int64_t at = 0;
  for (int32_t i = 0; i < state->count; i++) {
    const fv__state_tensor *tensor = &state->tensors[order[i]];
    if (tensor->place != at)
      return fail(FV_ERROR_FORMAT, "%.200s: begins at byte %lld, the one before it ends at %lld", tensor->name,
                  (long long)tensor->place, (long long)at);
    at += bytes_of(tensor);
  }
  if (at != size)
    return fail(FV_ERROR_FORMAT, "the tensors take %lld bytes, the file has %lld for them", (long long)at,
                (long long)size);
  return FV_OK;
}

static fv_status check_places(const fv_state *state, int64_t size) {
  int32_t *order = calloc((size_t)state->count + 1, sizeof *order);
  if (!order) return fail(FV_ERROR_MEMORY, "no memory for %d tensors", state->count);
  for (int32_t i = 0; i < state->count; i++) order[i] = i;
  if (state->count) qsort_r(order, (size_t)state->count, sizeof *order, compare_places, state->tensors);
  fv_status status = check_order(state, order, size);
  free(order);
  return status;
}

fv_status fv__safetensors_read_header(fv_state *state, char *text, size_t size, int64_t data, int64_t end) {
  if (!fv__text_is_utf8(text, size)) return fail(FV_ERROR_FORMAT, "the head is not UTF-8");
  fv__json json = {text, text + size, text};
  TRY(take_all(state, &json));
  TRY(check_places(state, end - data));
  for (int32_t i = 0; i < state->count; i++) state->tensors[i].place += data;
  return fv__state_finish(state);
}
