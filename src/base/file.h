/* Whole files: reading one into memory, writing one so that it appears complete or not at all.
 *
 * Reading takes regular files only, so a named pipe cannot hang a run. Writing goes to a temporary file in the same
 * folder, without a name where the file system can so that a killed process leaves nothing, which is brought to the
 * disk (fsync) and then renamed over the target: whatever ends the process, the target's name stands for the whole old
 * file or the whole new one. A file that is replaced keeps its rights; a target that is a device or a pipe
 * (/dev/stdout) is written directly.
 */
#ifndef FOVEA_BASE_FILE_H
#define FOVEA_BASE_FILE_H

#include <stdint.h>
#include <stdio.h>

#include <fovea/error.h>

/* Reads all of `path` into fresh memory (free() it); a file longer than `limit` bytes is refused. The memory is one
 * byte longer and ends in NUL, which `size` does not count. */
fv_status fv__file_read(uint8_t **bytes, size_t *size, const char *path, int64_t limit) FV_CHECK;

/* Stays where it is between begin and the end: the stream points at it. */
typedef struct fv__file_writer {
  FILE *stream;     /* write here; errors may be left to commit */
  const char *path; /* as given to begin, which the caller keeps; for messages */
  char *target;     /* the name it gets: `path` with links followed; NULL when the target is written directly */
  char *temporary;  /* the name it has meanwhile; NULL when the target is written directly */
  bool unnamed;     /* it has no name meanwhile */
  int descriptor;
  int error; /* errno of the first write that failed */
} fv__file_writer;

fv_status fv__file_write_begin(fv__file_writer *writer, const char *path) FV_CHECK;
/* Ends the writer either way; commit fails when any byte could not be written, and says why. */
fv_status fv__file_write_commit(fv__file_writer *writer) FV_CHECK;
void fv__file_write_cancel(fv__file_writer *writer);

/* Makes the folders above `path` that are missing, from the outermost. */
fv_status fv__file_make_folders(const char *path) FV_CHECK;

/* Begin, write, commit. */
fv_status fv__file_write(const char *path, const void *bytes, size_t size) FV_CHECK;

#endif
