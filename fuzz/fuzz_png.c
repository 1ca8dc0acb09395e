/* PNG pictures: the codec alone, from memory. Chunks get the checksum they should have, since changed bytes would
 * otherwise end at the first of them. */
#include "fuzz.h"

#include <zlib.h>

static uint32_t get32(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void mend(uint8_t *bytes, size_t size) {
  for (size_t at = 8; size - at >= 12;) {
    uint32_t length = get32(bytes + at);
    if (length > size - at - 12) return;
    uLong sum = crc32(0, bytes + at + 4, length + 4);
    for (int i = 0; i < 4; i++) bytes[at + 8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
    at += length + 12;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  uint8_t *mended = malloc(size + 1);
  if (!mended || size < 8) {
    free(mended);
    return -1;
  }
  memcpy(mended, bytes, size);
  mend(mended, size);
  int answer = decode_picture(&fv__codec_png, mended, size);
  free(mended);
  return answer;
}
