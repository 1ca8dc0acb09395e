/* Checked arithmetic, over the compiler's overflow builtins. */
#include "base/size.h"

bool fv__size_multiply(int64_t *result, int64_t a, int64_t b) {
  int64_t product;
  if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product)) return false;
  *result = product;
  return true;
}

bool fv__size_add(int64_t *result, int64_t a, int64_t b) {
  int64_t sum;
  if (a < 0 || b < 0 || __builtin_add_overflow(a, b, &sum)) return false;
  *result = sum;
  return true;
}

int64_t fv__size_product(int64_t a, int64_t b) {
  int64_t product;
  return fv__size_multiply(&product, a, b) ? product : INT64_MAX;
}

bool fv__size_bytes(size_t *bytes, int64_t count, size_t element_size) {
  size_t product;
  if (count < 0 || __builtin_mul_overflow((size_t)count, element_size, &product)) return false;
  *bytes = product;
  return true;
}
