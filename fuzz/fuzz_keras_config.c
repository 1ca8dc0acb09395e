/* Configurations of Keras, as all versions; the length chooses which. What can be built is planned. */
#include "fuzz.h"

#include "formats/keras/keras.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  fv_model *model = NULL;
  fv__keras_network network = {.json = NULL};
  fv_status status = fv__keras_build(
      &model, &network, &(fv__keras_text){(const char *)bytes, size, 1 + (int)(size % 3), size / 3 % 2 == 1});
  expect_sentence(status);
  if (!status) use_model(model);
  fv_model_destroy(model);
  fv__keras_network_free(&network);
  return 0;
}
