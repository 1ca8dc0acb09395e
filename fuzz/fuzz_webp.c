/* WebP pictures. A few bytes may honestly stand for 16383 x 16383 pixels of one colour: those above 4 million are left
 * out, since they take longer and more memory than a fuzzer's limits allow, not more than fovea's. */
#include "fuzz.h"

#include <webp/decode.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  int width = 0, height = 0;
  if (WebPGetInfo(bytes, size, &width, &height) && (int64_t)width * height > 4000000) return -1;
  return decode_picture(&fv__codec_webp, bytes, size);
}
