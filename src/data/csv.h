/* Lists of pictures and their classes as text, a row each: RFC 4180 with commas, semicolons or tabs. */
#ifndef FOVEA_DATA_CSV_H
#define FOVEA_DATA_CSV_H

#include <stdint.h>

#include "base/fail.h"

typedef struct fv__csv_row {
  const char *path, *label; /* in the text that was read, NUL-ended */
  int64_t line;             /* from 1 */
} fv__csv_row;

typedef struct fv__csv {
  fv__csv_row *rows; /* owned */
  int64_t count;
  bool has_header;
} fv__csv;

/* Reads a text of `size` bytes, ended by a NUL that does not count, and changes it: rows point into it. `is_there` says
 * of the first path whether such a file exists, which decides whether the first row holds names of columns; NULL: none
 * does. Errors: FV_ERROR_FORMAT names the line; FV_ERROR_MEMORY. On failure it is empty. */
fv_status fv__csv_read(fv__csv *csv, char *text, size_t size, bool (*is_there)(void *context, const char *path),
                       void *context) FV_CHECK;
void fv__csv_clear(fv__csv *csv);

#endif
