/* Logs of training. */
#include "train/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static fv_status fail_here(const fv__log_file *file, int error) {
  char reason[128];
  return fail(FV_ERROR_IO, "%s: cannot write: %s", file->path, strerror_r(error, reason, sizeof reason));
}

/* Where writing begins, -1 for an error. A pipe or a device has no places: it gets what is new. */
static int64_t place(int descriptor, int64_t from) {
  struct stat about;
  if (fstat(descriptor, &about)) return -1;
  if (!S_ISREG(about.st_mode)) return 0;
  if (from >= 0 && about.st_size > from && ftruncate(descriptor, from)) return -1;
  return lseek(descriptor, 0, SEEK_END);
}

fv_status fv__log_file_open(fv__log_file *file, const char *path, int64_t from) {
  *file = (fv__log_file){.path = path};
  TRY(fv__file_make_folders(path));
  const int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
  if (descriptor < 0) return fail_here(file, errno);
  file->size = place(descriptor, from);
  if (file->size < 0 || !(file->stream = fdopen(descriptor, "w"))) {
    const int error = errno;
    close(descriptor);
    return fail_here(file, error);
  }
  return FV_OK;
}

fv_status fv__log_file_write(fv__log_file *file, const char *text, size_t size) {
  if (!file->stream) return fail(FV_ERROR_STATE, "%s: is not open", file->path);
  if (fwrite(text, 1, size, file->stream) != size || fflush(file->stream)) return fail_here(file, errno);
  file->size += (int64_t)size;
  return FV_OK;
}

fv_status fv__log_file_close(fv__log_file *file) {
  FILE *stream = file->stream;
  file->stream = NULL;
  return stream && fclose(stream) ? fail_here(file, errno) : FV_OK;
}

const char *fv__log_number(char text[FV__LOG_NUMBER], double value) {
  snprintf(text, FV__LOG_NUMBER, isfinite(value) ? "%.7g" : "null", value);
  for (char *c = text; isfinite(value) && *c; c++)
    if (!strchr("+-0123456789e", *c)) *c = '.';
  return text;
}
