/* NumPy's .npz as a file of weights: every small array is read. */
#include "fuzz.h"

extern const fv__format fv__format_npz;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  return list_state(fv__format_npz.open_state, bytes, size);
}
