/* Safetensors: every small tensor is read. */
#include "fuzz.h"

#include "formats/safetensors/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) { return list_state(fv__safetensors_open, bytes, size); }
