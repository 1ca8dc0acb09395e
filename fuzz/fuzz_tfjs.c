/* TensorFlow.js: model.json, with the shards of the plain model of the tests beside it. */
#include "fuzz.h"

extern const fv__format fv__format_tfjs;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  return load_model(&fv__format_tfjs, bytes, size, FOVEA_SOURCE_DIR "/tests/golden/tfjs/plain/model.json");
}
