/* Keras's .keras: whole models. */
#include "fuzz.h"

extern const fv__format fv__format_keras_zip;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  return load_model(&fv__format_keras_zip, bytes, size, NULL);
}
