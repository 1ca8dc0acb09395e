/* IDX files, packed and plain. */
#include "fuzz.h"

#include "data/idx.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  enum { NUMBERS_MAX = 1 << 20 };
  fv__source source;
  fv__idx idx;
  fv__source_memory(&source, bytes, size);
  fv_status status = fv__idx_open(&idx, &source);
  expect_sentence(status);
  int64_t count = 1;
  for (int i = 0; !status && i < idx.rank; i++) {
    if (idx.dims[i] < 1) abort();
    count *= idx.dims[i];
  }
  if (!status && count > NUMBERS_MAX) count = NUMBERS_MAX;
  uint8_t *numbers = status ? NULL : malloc((size_t)count);
  if (numbers && fv__idx_read(numbers, &idx, 0, count)) abort(); /* what it declares is there */
  free(numbers);
  fv__idx_close(&idx);
  return 0;
}
