/* Elements of other programs' tensors, and their conversion to float32.
 *
 * float64 and 64-bit integers are rounded to the nearest float32; float16 and bfloat16 are exact.
 */
#ifndef FOVEA_FORMATS_BYTES_ELEMENT_H
#define FOVEA_FORMATS_BYTES_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum fv__element {
  FV__FLOAT32,
  FV__FLOAT64,
  FV__FLOAT16,
  FV__BFLOAT16,
  FV__INT8,
  FV__INT16,
  FV__INT32,
  FV__INT64,
  FV__UINT8,
  FV__UINT16,
  FV__UINT32,
  FV__UINT64,
  FV__BOOL
} fv__element;

size_t fv__element_size(fv__element element);
const char *fv__element_name(fv__element element); /* "float32" */

/* `count` elements at `bytes` (any alignment), little-endian or `big_endian`, to floats. */
void fv__element_convert(float *values, const void *bytes, size_t count, fv__element element, bool big_endian);

/* One whole number; false when it is beyond 2^63 - 1. `element`: FV__INT8 and those after it. */
bool fv__element_integer(int64_t *value, const void *bytes, fv__element element, bool big_endian);

/* The nearest float16, ties to even; beyond 65520 infinity. */
uint16_t fv__half_from_float(float value);

#endif
