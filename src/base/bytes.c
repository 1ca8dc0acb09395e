/* The public door to base/file.h's writing. */
#include <fovea/bytes.h>

#include "base/file.h"

fv_status fv_bytes_write(const char *path, const void *bytes, size_t size) { return fv__file_write(path, bytes, size); }
