/* Zip archives: every member is found by its name, read whole, and read as a source. */
#include "fuzz.h"

#include "base/zip.h"

enum { BYTES_MAX = 1 << 20 };

static void read_member(fv__zip *zip, int32_t index) {
  char *whole = NULL;
  fv__source member = {.descriptor = -1};
  int32_t found = fv__zip_find(zip, fv__zip_name(zip, index));
  if (found < 0) abort();
  expect_sentence(fv__zip_read(zip, index, &whole, BYTES_MAX));
  free(whole);
  whole = NULL;
  if (!fv__zip_member(&member, zip, index)) expect_sentence(fv__source_read_all(&member, &whole, BYTES_MAX));
  free(whole);
  fv__source_close(&member);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  fv__source source;
  fv__zip *zip;
  fv__source_memory(&source, bytes, size);
  fv_status status = fv__zip_open(&zip, &source);
  expect_sentence(status);
  if (status) return 0;
  for (int32_t i = 0; i < fv__zip_count(zip); i++) read_member(zip, i);
  fv__zip_close(zip);
  return 0;
}
