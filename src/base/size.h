/* Checked arithmetic for sizes that come from files or options: the one place where dimensions are multiplied.
 *
 * Every function returns false on overflow and then leaves the result untouched. Sizes are signed 64-bit; negative
 * operands are refused, so a negative dimension never becomes a large size.
 */
#ifndef FOVEA_BASE_SIZE_H
#define FOVEA_BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool fv__size_multiply(int64_t *result, int64_t a, int64_t b);
bool fv__size_add(int64_t *result, int64_t a, int64_t b);

/* a * b for reports, INT64_MAX when it is larger. Neither is negative. */
int64_t fv__size_product(int64_t a, int64_t b);

/* count elements of `element_size` bytes as a size_t. */
bool fv__size_bytes(size_t *bytes, int64_t count, size_t element_size);

#endif
