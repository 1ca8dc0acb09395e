/* Datatypes and dataspaces.
 *
 *   datatype   class (low 4 bits) and version, 3 bytes of class bits, size; then properties of the class:
 *     0 integer  bit offset, precision;  bits: 0 byte order, 3 signed
 *     1 float    bit offset, precision, exponent's place and width, fraction's place and width, bias;  bits: 0, 6 order
 *     3 string   bits 0..3: ended by NUL, or padded with NUL or blanks
 *     9 variable length  bits 0..3: 1 for strings
 *   dataspace  version, rank, flags; version 1: 5 reserved, version 2: kind (0 scalar, 1 simple, 2 null); extents
 */
#include "formats/hdf5/parse.h"

#include "base/size.h"

static const char *const class_names[16] = {
    "integer",     "float",           "time",  "string",   "bit field", "opaque",   "compound", "reference",
    "enumeration", "variable-length", "array", "class 11", "class 12",  "class 13", "class 14", "class 15"};

static fv_status parse_integer(fv__hdf5_type *type, uint64_t bits, fv__cursor *at) {
  uint64_t offset = fv__cursor_number(at, 2), precision = fv__cursor_number(at, 2);
  if (at->spent) return fail(FV_ERROR_FORMAT, "an HDF5 datatype ends early");
  bool is_signed = bits & 8;
  switch (type->size) {
  case 1: type->element = is_signed ? FV__INT8 : FV__UINT8; break;
  case 2: type->element = is_signed ? FV__INT16 : FV__UINT16; break;
  case 4: type->element = is_signed ? FV__INT32 : FV__UINT32; break;
  case 8: type->element = is_signed ? FV__INT64 : FV__UINT64; break;
  default: return fail(FV_ERROR_UNSUPPORTED, "HDF5 integers of %u bytes; 1, 2, 4 and 8 are read", type->size);
  }
  if (offset != 0 || precision != 8 * (uint64_t)type->size)
    return fail(FV_ERROR_UNSUPPORTED, "HDF5 integers of %d bits in %u bytes", (int)precision, type->size);
  return FV_OK;
}

typedef struct float_layout {
  uint8_t size, exponent_place, exponent_width, fraction_width;
  uint32_t bias;
  fv__element element;
} float_layout;

static const float_layout floats[] = {{4, 23, 8, 23, 127, FV__FLOAT32},
                                      {8, 52, 11, 52, 1023, FV__FLOAT64},
                                      {2, 10, 5, 10, 15, FV__FLOAT16},
                                      {2, 7, 8, 7, 127, FV__BFLOAT16}};

static fv_status parse_float(fv__hdf5_type *type, uint64_t bits, fv__cursor *at) {
  uint64_t offset = fv__cursor_number(at, 2), precision = fv__cursor_number(at, 2);
  uint64_t exponent_place = fv__cursor_number(at, 1), exponent_width = fv__cursor_number(at, 1);
  uint64_t fraction_place = fv__cursor_number(at, 1), fraction_width = fv__cursor_number(at, 1);
  uint64_t bias = fv__cursor_number(at, 4);
  if (at->spent) return fail(FV_ERROR_FORMAT, "an HDF5 datatype ends early");
  if (bits & 0x40) return fail(FV_ERROR_UNSUPPORTED, "HDF5 floats of VAX byte order");
  for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++) {
    const float_layout *known = &floats[i];
    if (known->size == type->size && offset == 0 && precision == 8 * (uint64_t)type->size &&
        exponent_place == known->exponent_place && exponent_width == known->exponent_width && fraction_place == 0 &&
        fraction_width == known->fraction_width && bias == known->bias) {
      type->element = known->element;
      return FV_OK;
    }
  }
  return fail(FV_ERROR_UNSUPPORTED, "HDF5 floats of %u bytes with %d exponent bits", type->size, (int)exponent_width);
}

fv_status fv__hdf5_type_parse(fv__hdf5_type *type, fv__cursor at) {
  uint64_t first = fv__cursor_number(&at, 1), bits = fv__cursor_number(&at, 3);
  *type = (fv__hdf5_type){.size = (uint32_t)fv__cursor_number(&at, 4)};
  if (at.spent) return fail(FV_ERROR_FORMAT, "an HDF5 datatype ends early");
  int class = (int)(first & 15), version = (int)(first >> 4);
  if (version < 1 || version > 3)
    return fail(FV_ERROR_UNSUPPORTED, "HDF5 datatype version %d; 1 to 3 are read", version);
  if (type->size == 0) return fail(FV_ERROR_FORMAT, "an HDF5 datatype of no bytes");
  type->big_endian = bits & 1;
  switch (class) {
  case 0: return parse_integer(type, bits, &at);
  case 1: return parse_float(type, bits, &at);
  case 3: type->class = FV__HDF5_TEXT; return FV_OK;
  case 5:
    if (type->size != 2) break;
    type->class = FV__HDF5_OPAQUE2;
    return FV_OK;
  case 9:
    if ((bits & 15) != 1 || type->size != 16) break;
    type->class = FV__HDF5_LONG_TEXT;
    return FV_OK;
  default: break;
  }
  return fail(FV_ERROR_UNSUPPORTED, "HDF5 %s values", class_names[class]);
}

fv_status fv__hdf5_space_parse(fv_shape *shape, int64_t *count, fv__cursor at) {
  uint64_t version = fv__cursor_number(&at, 1), rank = fv__cursor_number(&at, 1);
  fv__cursor_skip(&at, 1);
  uint64_t kind = 1;
  if (version == 1)
    fv__cursor_skip(&at, 5);
  else if (version == 2)
    kind = fv__cursor_number(&at, 1);
  else
    return fail(FV_ERROR_UNSUPPORTED, "HDF5 dataspace version %d; 1 and 2 are read", (int)version);
  if (rank > FV_MAX_RANK) return fail(FV_ERROR_UNSUPPORTED, "%d axes; at most %d are read", (int)rank, FV_MAX_RANK);
  if (kind == 2) {
    *shape = (fv_shape){.rank = 1};
    *count = 0;
    return FV_OK;
  }
  *shape = (fv_shape){.rank = (int32_t)rank};
  for (int32_t i = 0; i < shape->rank; i++) {
    shape->dims[i] = fv__hdf5_address(&at);
    if (shape->dims[i] < 0) return fail(FV_ERROR_FORMAT, "an HDF5 extent beyond 2^63");
  }
  if (at.spent) return fail(FV_ERROR_FORMAT, "an HDF5 dataspace ends early");
  return fv_shape_elements(count, shape);
}
