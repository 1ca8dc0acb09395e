/* Darknet: a .cfg, whose weights are those of a network of the tests; or a .weights for that network. */
#include "fuzz.h"

#include <fovea/file.h>

#include "formats/darknet/darknet.h"

#define NETWORK FOVEA_SOURCE_DIR "/tests/golden/darknet/yolo.cfg"

extern const fv__format fv__format_darknet;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  static fv_model *model;
  fv__source source;
  if (!fv__darknet_probe_weights(bytes, size)) return load_model(&fv__format_darknet, bytes, size, NETWORK);
  if (!model && fv_model_load(&model, NETWORK, NULL)) abort();
  fv__source_memory(&source, bytes, size);
  expect_sentence(fv__format_darknet.load_weights(model, &source));
  return 0;
}
