/* .npy arrays. */
#include "fuzz.h"

#include "tensor/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  fv_tensor tensor = {.data = NULL};
  int64_t count;
  fv_status status = fv__npy_decode(&tensor, bytes, size);
  expect_sentence(status);
  if (!status && !fv_shape_elements(&count, &tensor.shape)) touch(tensor.data, count);
  fv_tensor_destroy(&tensor);
  return 0;
}
