/* Reading little-endian fields out of a piece of memory, with every step checked.
 *
 * A cursor never moves past its end: a read that does not fit yields zeros and marks the cursor `spent`, so a parser
 * reads a whole structure and asks once, before it believes any of it.
 */
#ifndef FOVEA_FORMATS_BYTES_CURSOR_H
#define FOVEA_FORMATS_BYTES_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fv__cursor {
  const uint8_t *at, *end;
  bool spent;
} fv__cursor;

fv__cursor fv__cursor_over(const void *bytes, size_t size);

/* The next `width` (1 to 8) bytes as a number. */
uint64_t fv__cursor_number(fv__cursor *cursor, int width);

/* The next `size` bytes, lent, or NULL. */
const uint8_t *fv__cursor_bytes(fv__cursor *cursor, size_t size);
void fv__cursor_skip(fv__cursor *cursor, size_t size);

size_t fv__cursor_left(const fv__cursor *cursor);

#endif
