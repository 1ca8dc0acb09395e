/* Sinks. See sink.h. */
#include "base/sink.h"

#include <zlib.h>

enum { CHECKSUM_BYTES = 1 << 30 }; /* zlib counts in unsigned int */

void fv__sink_put(fv__sink *sink, const void *bytes, size_t size) {
  sink->size += (int64_t)size;
  if (sink->stream && size) fwrite(bytes, 1, size, sink->stream);
  for (const unsigned char *at = bytes; sink->is_checked && size;) {
    size_t piece = size < CHECKSUM_BYTES ? size : CHECKSUM_BYTES;
    sink->checksum = (uint32_t)crc32(sink->checksum, at, (unsigned)piece);
    at += piece;
    size -= piece;
  }
}

void fv__sink_number(fv__sink *sink, uint64_t number, int width) {
  unsigned char bytes[8];
  for (int i = 0; i < width; i++) bytes[i] = (unsigned char)(number >> 8 * i);
  fv__sink_put(sink, bytes, (size_t)width);
}

void fv__sink_zeros(fv__sink *sink, size_t count) {
  static const unsigned char zeros[64];
  for (; count > sizeof zeros; count -= sizeof zeros) fv__sink_put(sink, zeros, sizeof zeros);
  fv__sink_put(sink, zeros, count);
}
