/* Zip archives, written from front to back, always with the same bytes: members are stored, in the given order, dated
 * 1980-01-01, the first day a zip can name. They are written by functions that are called twice: once for size and
 * checksum, which stand before the bytes, once in earnest.
 */
#ifndef FOVEA_BASE_ZIP_WRITE_H
#define FOVEA_BASE_ZIP_WRITE_H

#include <fovea/error.h>

#include "base/sink.h"

typedef struct fv__zip_member_draft {
  const char *name; /* UTF-8 */
  void (*write)(void *context, fv__sink *sink);
  void *context;
} fv__zip_member_draft;

/* Errors: FV_ERROR_UNSUPPORTED for more than 65535 members or 4 GiB, which this form of the format cannot hold, and for
 * a name that a reader would refuse (zip.h); FV_ERROR_MEMORY. */
fv_status fv__zip_write(fv__sink *sink, const fv__zip_member_draft *members, int32_t count) FV_CHECK;

/* A member that is a text; `context` points at its first character. */
void fv__zip_put_text(void *context, fv__sink *sink);

#endif
