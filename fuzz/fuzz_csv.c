/* Lists of pictures. */
#include "fuzz.h"

#include "data/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  char *text = malloc(size + 1);
  if (!text) return 0;
  if (size) memcpy(text, bytes, size);
  text[size] = '\0';
  fv__csv csv;
  fv_status status = fv__csv_read(&csv, text, size, NULL, NULL);
  expect_sentence(status);
  if (status && csv.rows) abort();
  int64_t previous = 0;
  for (int64_t i = 0; i < csv.count; i++) {
    const fv__csv_row *row = &csv.rows[i];
    if (!row->path[0] || !row->label[0] || row->line <= previous) abort();
    if (row->path < text || row->label + strlen(row->label) > text + size) abort();
    previous = row->line;
  }
  fv__csv_clear(&csv);
  free(text);
  return 0;
}
