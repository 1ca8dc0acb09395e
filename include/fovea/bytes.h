/* Files of bytes: what a program made in memory, written so that it appears complete or not at all. */
#ifndef FOVEA_BYTES_H
#define FOVEA_BYTES_H

#include <fovea/error.h>

FV_BEGIN_DECLARATIONS

/* Writes `size` bytes to `path` through a temporary file of the same folder, renamed at the end; a device such as
 * /dev/stdout is written directly. `bytes` may be NULL when size is 0. Errors: FV_ERROR_NOT_FOUND for a folder that is
 * not there, FV_ERROR_IO, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_bytes_write(const char *path, const void *bytes, size_t size);

FV_END_DECLARATIONS

#endif
