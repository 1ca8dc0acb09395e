/* Logs of training: files that grow line by line, each line on its way to the disk before the next step. After a
 * restart what was written behind the last backup is cut off, so that a resumed training leaves the log of an
 * undisturbed one. */
#ifndef FOVEA_TRAIN_LOG_FILE_H
#define FOVEA_TRAIN_LOG_FILE_H

#include <stdint.h>
#include <stdio.h>

#include "base/fail.h"

typedef struct fv__log_file {
  FILE *stream; /* NULL: closed */
  const char *path;
  int64_t size; /* so far */
} fv__log_file;

/* Opens `path`, which is lent until the end, for writing at `from`: 0 makes it empty, a larger place cuts off what is
 * behind it, and -1 is its end. Missing folders and the file are made. */
fv_status fv__log_file_open(fv__log_file *file, const char *path, int64_t from) FV_CHECK;

fv_status fv__log_file_write(fv__log_file *file, const char *text, size_t size) FV_CHECK;
fv_status fv__log_file_close(fv__log_file *file) FV_CHECK; /* fine when closed */

/* Seven digits with '.', as JSON has them; "null" for what is not finite. */
enum { FV__LOG_NUMBER = 32 };
const char *fv__log_number(char text[FV__LOG_NUMBER], double value);

#endif
