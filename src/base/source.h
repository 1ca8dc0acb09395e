/* Sources: where the bytes of a file come from.
 *
 * A source is a sequence of `size` bytes that can be read at any offset: a regular file, a piece of memory, or a range
 * of another source (a stored member of a zip, say). Reading never moves anything, so one source serves many readers.
 * Every read is checked against the size; nothing is mapped, so a file that shrinks meanwhile is an error and no
 * signal.
 *
 * Messages do not name the file: whoever knows the name adds it with note().
 */
#ifndef FOVEA_BASE_SOURCE_H
#define FOVEA_BASE_SOURCE_H

#include <fovea/error.h>

typedef struct fv__source fv__source;
struct fv__source {
  int64_t size;             /* bytes, fixed when opened */
  int descriptor;           /* of a file, else -1 */
  const char *path;         /* of a file: as it was opened, lent; else NULL */
  const uint8_t *bytes;     /* of memory, else NULL; lent */
  const fv__source *parent; /* of a range, else NULL; lent */
  int64_t start;            /* of a range in its parent */
  fv_status (*read)(const fv__source *source, int64_t offset, void *buffer, size_t bytes); /* offset and bytes fit */
  void (*close)(fv__source *source);
  void *owner; /* what a source of another room reads from */
};

/* Opens a regular file for reading. Errors: FV_ERROR_NOT_FOUND, FV_ERROR_IO (also for folders, pipes and devices).
 * End it with fv__source_close. */
fv_status fv__source_open(fv__source *source, const char *path) FV_CHECK;

/* Opens a regular file in the folder of `origin`, by its plain name: no other folder can be reached, links are not
 * followed. Errors: FV_ERROR_FORMAT for a name with a folder in it or a link, FV_ERROR_UNSUPPORTED when `origin` has no
 * folder, and those of fv__source_open. End it with fv__source_close. */
fv_status fv__source_open_beside(fv__source *source, const fv__source *origin, const char *name) FV_CHECK;

/* `size` bytes of memory that stay the caller's. */
void fv__source_memory(fv__source *source, const void *bytes, size_t size);

/* Bytes [start, start + size) of `parent`, which must outlive the range. Errors: FV_ERROR_FORMAT outside the parent. */
fv_status fv__source_range(fv__source *source, const fv__source *parent, int64_t start, int64_t size) FV_CHECK;

/* Reads exactly `bytes` bytes. Errors: FV_ERROR_FORMAT beyond the end, FV_ERROR_IO. */
fv_status fv__source_read(const fv__source *source, int64_t offset, void *buffer, size_t bytes) FV_CHECK;

/* Reads all of it into new memory, ended by an uncounted NUL; free() it. Errors: FV_ERROR_MEMORY above `limit` bytes.
 */
fv_status fv__source_read_all(const fv__source *source, char **bytes, int64_t limit) FV_CHECK;

/* Ends a source; a zeroed or closed one is fine. */
void fv__source_close(fv__source *source);

#endif
