/* PyTorch's files of tensors, both forms: every small tensor is read. */
#include "fuzz.h"

#include "formats/torch/torch.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) { return list_state(fv__torch_open, bytes, size); }
