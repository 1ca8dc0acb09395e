/* Conversion of foreign elements to float32. */
#include "formats/bytes/element.h"

#include <string.h>

static const struct {
  const char *name;
  uint8_t size;
} facts[] = {
    [FV__FLOAT32] = {"float32", 4},   [FV__FLOAT64] = {"float64", 8}, [FV__FLOAT16] = {"float16", 2},
    [FV__BFLOAT16] = {"bfloat16", 2}, [FV__INT8] = {"int8", 1},       [FV__INT16] = {"int16", 2},
    [FV__INT32] = {"int32", 4},       [FV__INT64] = {"int64", 8},     [FV__UINT8] = {"uint8", 1},
    [FV__UINT16] = {"uint16", 2},     [FV__UINT32] = {"uint32", 4},   [FV__UINT64] = {"uint64", 8},
    [FV__BOOL] = {"bool", 1},
};

size_t fv__element_size(fv__element element) { return facts[element].size; }
const char *fv__element_name(fv__element element) { return facts[element].name; }

static float float_from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* IEEE half: 1 sign, 5 exponent (bias 15), 10 fraction. A subnormal is fraction x 2^-24, exact in float. */
static float float_from_half(uint32_t half) {
  uint32_t sign = (half & 0x8000u) << 16, exponent = (half >> 10) & 31, fraction = half & 1023;
  if (exponent == 0) {
    float magnitude = (float)fraction * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  if (exponent == 31) return float_from_bits(sign | 0x7f800000u | fraction << 13);
  return float_from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

static float float_from_double_bits(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return (float)value;
}

/* One element from its bits, right-aligned in 64. */
static float value_from_bits(uint64_t bits, fv__element element) {
  switch (element) {
  case FV__FLOAT32: return float_from_bits((uint32_t)bits);
  case FV__FLOAT64: return float_from_double_bits(bits);
  case FV__FLOAT16: return float_from_half((uint32_t)bits);
  case FV__BFLOAT16: return float_from_bits((uint32_t)bits << 16);
  case FV__INT8: return (float)(int8_t)(uint8_t)bits;
  case FV__INT16: return (float)(int16_t)(uint16_t)bits;
  case FV__INT32: return (float)(int32_t)(uint32_t)bits;
  case FV__INT64: return (float)(int64_t)bits;
  case FV__BOOL: return bits ? 1.0f : 0.0f;
  case FV__UINT8:
  case FV__UINT16:
  case FV__UINT32:
  case FV__UINT64: return (float)bits;
  }
  return 0.0f;
}

/* The bits of one element, right-aligned in 64. */
static uint64_t bits_of(const uint8_t *bytes, size_t size, bool big_endian) {
  uint64_t bits = 0;
  for (size_t b = 0; b < size; b++) bits |= (uint64_t)bytes[b] << (8 * (big_endian ? size - 1 - b : b));
  return bits;
}

bool fv__element_integer(int64_t *value, const void *bytes, fv__element element, bool big_endian) {
  uint64_t bits = bits_of(bytes, facts[element].size, big_endian);
  switch (element) {
  case FV__INT8: *value = (int8_t)(uint8_t)bits; return true;
  case FV__INT16: *value = (int16_t)(uint16_t)bits; return true;
  case FV__INT32: *value = (int32_t)(uint32_t)bits; return true;
  case FV__UINT64: *value = (int64_t)bits; return bits <= INT64_MAX;
  default: *value = (int64_t)bits; return true;
  }
}

void fv__element_convert(float *values, const void *bytes, size_t count, fv__element element, bool big_endian) {
  const uint8_t *in = bytes;
  size_t size = facts[element].size;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (element == FV__FLOAT32 && !big_endian) {
    if (count && (const void *)values != bytes) memmove(values, bytes, count * sizeof *values);
    return;
  }
#endif
  for (size_t i = 0; i < count; i++, in += size) values[i] = value_from_bits(bits_of(in, size, big_endian), element);
}

uint16_t fv__half_from_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return (uint16_t)(sign | 0x7e00u);
  if (magnitude >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u);
  uint32_t shift = 13, half = 0;
  if (magnitude < 0x38800000u) { /* below 2^-14: the fraction with its leading one, shifted to units of 2^-24 */
    shift = 126 - (magnitude >> 23);
    if (shift > 24) return (uint16_t)sign;
    magnitude = (magnitude & 0x7fffffu) | 0x800000u;
  } else {
    magnitude -= 0x38000000u; /* the bias 127 becomes 15 */
  }
  half = magnitude >> shift;
  uint32_t rest = magnitude & ((1u << shift) - 1), tie = 1u << (shift - 1);
  if (rest > tie || (rest == tie && (half & 1))) half++; /* a carry goes into the exponent, as it should */
  return (uint16_t)(sign | half);
}
