/* PyTorch's files of tensors: every small tensor is read. */
#include "fuzz.h"

#include "formats/torch/torch.h"

enum { NUMBERS_MAX = 1 << 18 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  fv__source source;
  fv__torch *file;
  fv__source_memory(&source, bytes, size);
  fv_status status = fv__torch_open(&file, &source);
  expect_sentence(status);
  if (status) return 0;
  for (int32_t i = 0; i < fv__torch_count(file); i++) {
    const fv__torch_tensor *tensor = fv__torch_tensor_at(file, i);
    if (tensor->count > NUMBERS_MAX || !fv__torch_find(file, tensor->name)) continue;
    float *values = malloc((size_t)tensor->count * sizeof *values + 1);
    if (values && !fv__torch_read(file, values, tensor)) touch(values, tensor->count);
    free(values);
  }
  fv__torch_close(file);
  return 0;
}
