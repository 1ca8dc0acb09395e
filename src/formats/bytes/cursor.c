/* A cursor over little-endian bytes. */
#include "formats/bytes/cursor.h"

fv__cursor fv__cursor_over(const void *bytes, size_t size) {
  const uint8_t *first = bytes;
  return (fv__cursor){.at = first, .end = size ? first + size : first};
}

size_t fv__cursor_left(const fv__cursor *cursor) { return (size_t)(cursor->end - cursor->at); }

const uint8_t *fv__cursor_bytes(fv__cursor *cursor, size_t size) {
  if (cursor->spent || size > fv__cursor_left(cursor)) {
    cursor->spent = true;
    return NULL;
  }
  const uint8_t *bytes = cursor->at;
  if (size) cursor->at += size;
  return bytes;
}

void fv__cursor_skip(fv__cursor *cursor, size_t size) { (void)fv__cursor_bytes(cursor, size); }

uint64_t fv__cursor_number(fv__cursor *cursor, int width) {
  const uint8_t *bytes = fv__cursor_bytes(cursor, (size_t)width);
  uint64_t number = 0;
  for (int i = 0; bytes && i < width; i++) number |= (uint64_t)bytes[i] << (8 * i);
  return number;
}
