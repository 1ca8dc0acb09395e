/* NumPy's .npy: a magic, a Python dictionary as text, the numbers.
 *
 *   "\x93NUMPY" major minor, header length (2 bytes in version 1, 4 in 2 and 3), then
 *   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }  padded with spaces to a multiple of 64, '\n', data
 *
 * The dictionary is read strictly: these three keys once each, in any order, nothing else. Data must fill the rest of
 * the file exactly.
 */
#include "tensor/npy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/file.h"
#include "base/size.h"

enum { HEADER_LIMIT = 1 << 16, MAGIC_BYTES = 8 };

/* ---- numbers: one converter per type of element */

static float from_half(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 1023, bits;
  if (exponent == 31) {
    bits = sign | 0x7f800000u | fraction << 13;
  } else if (exponent) {
    bits = sign | (exponent + 112) << 23 | fraction << 13;
  } else {
    float small = (float)fraction * 0x1p-24f; /* subnormal: fraction / 2^24, exact */
    return sign ? -small : small;
  }
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

#define CONVERTER(name, type, expression)                                                                              \
  static float name(const uint8_t *at) {                                                                               \
    type value;                                                                                                        \
    memcpy(&value, at, sizeof value);                                                                                  \
    return expression;                                                                                                 \
  }
CONVERTER(from_f2, uint16_t, from_half(value))
CONVERTER(from_f4, float, value)
CONVERTER(from_f8, double, (float)value)
CONVERTER(from_b1, uint8_t, value ? 1.0f : 0.0f)
CONVERTER(from_u1, uint8_t, value)
CONVERTER(from_i1, int8_t, value)
CONVERTER(from_u2, uint16_t, value)
CONVERTER(from_i2, int16_t, value)
CONVERTER(from_u4, uint32_t, (float)value)
CONVERTER(from_i4, int32_t, (float)value)
CONVERTER(from_u8, uint64_t, (float)value)
CONVERTER(from_i8, int64_t, (float)value)

typedef struct element {
  const char *name; /* as in the header */
  size_t size;
  float (*convert)(const uint8_t *at);
} element;

static const element elements_known[] = {
    {"<f4", 4, from_f4}, {"<f8", 8, from_f8}, {"|u1", 1, from_u1}, {"<i8", 8, from_i8},
    {"<i4", 4, from_i4}, {"|b1", 1, from_b1}, {"<f2", 2, from_f2}, {"|i1", 1, from_i1},
    {"<u2", 2, from_u2}, {"<i2", 2, from_i2}, {"<u4", 4, from_u4}, {"<u8", 8, from_u8},
};

static fv_status find_element(const element **found, const char *type) {
  for (size_t i = 0; i < sizeof elements_known / sizeof *elements_known; i++)
    if (!strcmp(elements_known[i].name, type)) {
      *found = &elements_known[i];
      return FV_OK;
    }
  if (strchr(type, 'O'))
    return fail(FV_ERROR_UNSUPPORTED, "holds Python objects ('%s'), which fovea never loads; save numbers instead",
                type);
  if (type[0] == '>') return fail(FV_ERROR_UNSUPPORTED, "holds big-endian numbers ('%s'); save them as '<f4'", type);
  return fail(FV_ERROR_UNSUPPORTED, "holds elements of type '%s'; supported are f2, f4, f8, i1 to i8, u1 to u8 and b1",
              type);
}

/* ---- the dictionary */

typedef struct cursor {
  const char *at, *end;
} cursor;

static void skip_space(cursor *c) {
  while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t')) c->at++;
}

static bool take(cursor *c, const char *word) {
  skip_space(c);
  size_t length = strlen(word);
  if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length)) return false;
  c->at += length;
  return true;
}

static fv_status bad_header(const char *expected) {
  return fail(FV_ERROR_FORMAT, "damaged .npy header: expected %s", expected);
}

/* A Python string without escapes, in either kind of quotes. */
static fv_status take_text(cursor *c, char *text, size_t size) {
  skip_space(c);
  if (c->at >= c->end || (*c->at != '\'' && *c->at != '"')) return bad_header("a quoted word");
  char quote = *c->at++;
  size_t used = 0;
  while (c->at < c->end && *c->at != quote) {
    if (used + 1 >= size || *c->at == '\\') return bad_header("a short quoted word");
    text[used++] = *c->at++;
  }
  if (c->at >= c->end) return bad_header("a closing quote");
  c->at++;
  text[used] = '\0';
  return FV_OK;
}

static fv_status take_number(cursor *c, int64_t *number) {
  skip_space(c);
  const char *start = c->at;
  int64_t value = 0;
  for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++)
    if (!fv__size_multiply(&value, value, 10) || !fv__size_add(&value, value, *c->at - '0'))
      return fail(FV_ERROR_FORMAT, "damaged .npy header: a dimension is too large");
  if (c->at == start) return bad_header("a dimension");
  take(c, "L"); /* Python 2 wrote 3L */
  *number = value;
  return FV_OK;
}

static fv_status take_shape(cursor *c, fv_shape *shape) {
  *shape = (fv_shape){0};
  if (!take(c, "(")) return bad_header("a tuple for 'shape'");
  while (!take(c, ")")) {
    if (shape->rank == FV_MAX_RANK) return fail(FV_ERROR_UNSUPPORTED, "has more than %d axes", FV_MAX_RANK);
    TRY(take_number(c, &shape->dims[shape->rank++]));
    if (take(c, ",")) continue;
    if (!take(c, ")")) return bad_header("',' or ')' in 'shape'");
    break;
  }
  return FV_OK;
}

/* 'descr' of a structured array is a list: named as what it is. */
static fv_status take_type(cursor *c, char *type, size_t size) {
  skip_space(c);
  if (c->at < c->end && *c->at == '[') return fail(FV_ERROR_UNSUPPORTED, "holds records; save one array of numbers");
  return take_text(c, type, size);
}

static fv_status parse_dictionary(fv__npy_header *h, cursor c) {
  bool seen[3] = {false};
  static const char *const keys[3] = {"descr", "fortran_order", "shape"};
  if (!take(&c, "{")) return bad_header("'{'");
  while (!take(&c, "}")) {
    char key[16];
    TRY(take_text(&c, key, sizeof key));
    int which = 0;
    while (which < 3 && strcmp(keys[which], key)) which++;
    if (which == 3) return fail(FV_ERROR_FORMAT, "damaged .npy header: unknown key '%s'", key);
    if (seen[which]) return fail(FV_ERROR_FORMAT, "damaged .npy header: key '%s' twice", key);
    seen[which] = true;
    if (!take(&c, ":")) return bad_header("':'");
    if (which == 0) TRY(take_type(&c, h->type, sizeof h->type));
    if (which == 1) {
      h->fortran_order = take(&c, "True");
      if (!h->fortran_order && !take(&c, "False")) return bad_header("True or False");
    }
    if (which == 2) TRY(take_shape(&c, &h->shape));
    if (take(&c, ",")) continue;
    if (!take(&c, "}")) return bad_header("',' or '}'");
    break;
  }
  skip_space(&c);
  if (c.at != c.end) return bad_header("nothing after '}'");
  for (int i = 0; i < 3; i++)
    if (!seen[i]) return fail(FV_ERROR_FORMAT, "damaged .npy header: '%s' is missing", keys[i]);
  return FV_OK;
}

fv_status fv__npy_read_header(fv__npy_header *h, const uint8_t *bytes, size_t size) {
  *h = (fv__npy_header){0};
  if (size < MAGIC_BYTES + 2 || memcmp(bytes, "\x93NUMPY", 6)) return fail(FV_ERROR_FORMAT, "is not a .npy file");
  int version = bytes[6];
  if (version < 1 || version > 3) return fail(FV_ERROR_UNSUPPORTED, "is .npy version %d; known are 1 to 3", version);
  size_t field = version == 1 ? 2 : 4, length = 0;
  if (size < MAGIC_BYTES + field) return fail(FV_ERROR_FORMAT, "truncated: a .npy file of %zu bytes", size);
  for (size_t i = 0; i < field; i++) length |= (size_t)bytes[MAGIC_BYTES + i] << 8 * i;
  if (length > HEADER_LIMIT)
    return fail(FV_ERROR_FORMAT, "a .npy header of %zu bytes; the limit is %d", length, HEADER_LIMIT);
  if (length > size - MAGIC_BYTES - field)
    return fail(FV_ERROR_FORMAT, "truncated: the header has %zu bytes, the file %zu", length, size);
  h->data_offset = MAGIC_BYTES + field + length;
  const char *text = (const char *)bytes + MAGIC_BYTES + field;
  return parse_dictionary(h, (cursor){text, text + length});
}

/* ---- data */

/* Fortran order: the first axis runs fastest in the file. Walks the file in order and keeps the place in row-major
 * order with one counter per axis. */
static void convert_fortran(fv_tensor *tensor, const uint8_t *from, const element *type, int64_t count) {
  int64_t stride[FV_MAX_RANK], index[FV_MAX_RANK] = {0}, place = 0;
  const fv_shape *shape = &tensor->shape;
  for (int32_t axis = shape->rank - 1, step = 0; axis >= 0; axis--, step++)
    stride[axis] = step ? stride[axis + 1] * shape->dims[axis + 1] : 1;
  for (int64_t i = 0; i < count; i++, from += type->size) {
    tensor->data[place] = type->convert(from);
    for (int32_t axis = 0; axis < shape->rank; axis++) {
      place += stride[axis];
      if (++index[axis] < shape->dims[axis]) break;
      place -= stride[axis] * shape->dims[axis];
      index[axis] = 0;
    }
  }
}

static void convert_in_order(float *numbers, const uint8_t *from, const element *type, int64_t count) {
  if (type->convert == from_f4)
    memcpy(numbers, from, (size_t)count * sizeof(float));
  else
    for (int64_t i = 0; i < count; i++) numbers[i] = type->convert(from + (size_t)i * type->size);
}

static void convert(fv_tensor *tensor, const uint8_t *from, const element *type, int64_t count, bool fortran_order) {
  if (count == 0) return;
  if (fortran_order && tensor->shape.rank > 1)
    convert_fortran(tensor, from, type, count);
  else
    convert_in_order(tensor->data, from, type, count);
}

fv_status fv__npy_element_bytes(size_t *bytes, const char *type) {
  const element *found = NULL;
  TRY(find_element(&found, type));
  *bytes = found->size;
  return FV_OK;
}

void fv__npy_convert(float *numbers, const uint8_t *elements, const char *type, int64_t count) {
  const element *found = NULL;
  if (count && !find_element(&found, type)) convert_in_order(numbers, elements, found, count);
}

fv_status fv__npy_decode(fv_tensor *tensor, const uint8_t *bytes, size_t size) {
  *tensor = (fv_tensor){0};
  fv__npy_header h;
  TRY(fv__npy_read_header(&h, bytes, size));
  const element *type = NULL;
  TRY(find_element(&type, h.type));
  int64_t count;
  TRY(fv_shape_elements(&count, &h.shape));
  size_t expected, found = size - h.data_offset;
  char shape[128];
  fv_shape_text(shape, sizeof shape, &h.shape);
  if (!fv__size_bytes(&expected, count, type->size) || expected != found)
    return fail(FV_ERROR_FORMAT, "shape %s of '%s' expected %" PRId64 " elements of %zu bytes, found %zu bytes", shape,
                h.type, count, type->size, found);
  TRY(fv_tensor_create(tensor, &h.shape));
  convert(tensor, bytes + h.data_offset, type, count, h.fortran_order);
  return FV_OK;
}

fv_status fv_npy_read(fv_tensor *tensor, const char *path) {
  *tensor = (fv_tensor){0};
  uint8_t *bytes;
  size_t size;
  TRY(fv__file_read(&bytes, &size, path, INT64_C(1) << 40));
  fv_status status = fv__npy_decode(tensor, bytes, size);
  free(bytes);
  return status ? note(status, "%s", path) : FV_OK;
}

/* ---- writing */

size_t fv__npy_make_header(char text[FV__NPY_HEADER_BYTES], const char *type, const fv_shape *shape) {
  char dims[FV_MAX_RANK * 22 + 4];
  size_t used = 0;
  dims[0] = '\0';
  for (int32_t i = 0; i < shape->rank; i++)
    used += (size_t)snprintf(dims + used, sizeof dims - used, "%s%" PRId64, i ? ", " : "", shape->dims[i]);
  if (shape->rank == 1) snprintf(dims + used, sizeof dims - used, ",");
  int length = snprintf(text, FV__NPY_HEADER_BYTES, "%-10s{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", "",
                        type, dims);
  size_t total = ((size_t)length + 1 + 63) / 64 * 64;
  memset(text + length, ' ', total - (size_t)length);
  text[total - 1] = '\n';
  memcpy(text, "\x93NUMPY\x01\x00", MAGIC_BYTES);
  text[8] = (char)((total - 10) & 255);
  text[9] = (char)((total - 10) >> 8);
  return total;
}

fv_status fv__npy_write(const char *path, const char *type, const fv_shape *shape, const void *elements, int64_t count,
                        size_t size) {
  char text[FV__NPY_HEADER_BYTES];
  size_t header_bytes = fv__npy_make_header(text, type, shape);
  fv__file_writer writer;
  TRY(fv__file_write_begin(&writer, path));
  fwrite(text, 1, header_bytes, writer.stream);
  if (count) fwrite(elements, size, (size_t)count, writer.stream);
  return fv__file_write_commit(&writer);
}

fv_status fv_npy_write(const char *path, const fv_tensor *tensor) {
  int64_t count;
  TRY(fv_shape_elements(&count, &tensor->shape));
  return fv__npy_write(path, "<f4", &tensor->shape, tensor->data, count, sizeof(float));
}
