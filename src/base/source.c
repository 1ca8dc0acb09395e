/* Sources over files, memory and ranges. */
#include "base/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"

static fv_status read_file(const fv__source *source, int64_t offset, void *buffer, size_t bytes) {
  uint8_t *out = buffer;
  while (bytes > 0) {
    ssize_t got = pread(source->descriptor, out, bytes, offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(FV_ERROR_IO, "cannot read at byte %lld: %s", (long long)offset, strerror(errno));
    if (got == 0) return fail(FV_ERROR_IO, "the file became shorter while it was read");
    out += got;
    offset += got;
    bytes -= (size_t)got;
  }
  return FV_OK;
}

static void close_file(fv__source *source) { close(source->descriptor); }

fv_status fv__source_open(fv__source *source, const char *path) {
  *source = (fv__source){.descriptor = -1};
  int descriptor;
  do descriptor = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return fail(FV_ERROR_NOT_FOUND, "no such file");
    return fail(FV_ERROR_IO, "cannot open: %s", strerror(errno));
  }
  struct stat facts;
  if (fstat(descriptor, &facts)) {
    int error = errno;
    close(descriptor);
    return fail(FV_ERROR_IO, "cannot look at the file: %s", strerror(error));
  }
  if (!S_ISREG(facts.st_mode)) {
    close(descriptor);
    return fail(FV_ERROR_IO, S_ISDIR(facts.st_mode) ? "expected a file, found a folder" : "expected a regular file");
  }
  *source = (fv__source){.size = facts.st_size, .descriptor = descriptor, .read = read_file, .close = close_file};
  return FV_OK;
}

static fv_status read_memory(const fv__source *source, int64_t offset, void *buffer, size_t bytes) {
  if (bytes > 0) memcpy(buffer, source->bytes + offset, bytes);
  return FV_OK;
}

void fv__source_memory(fv__source *source, const void *bytes, size_t size) {
  *source = (fv__source){.size = (int64_t)size, .descriptor = -1, .bytes = bytes, .read = read_memory};
}

static fv_status read_range(const fv__source *source, int64_t offset, void *buffer, size_t bytes) {
  return fv__source_read(source->parent, source->start + offset, buffer, bytes);
}

fv_status fv__source_range(fv__source *source, const fv__source *parent, int64_t start, int64_t size) {
  *source = (fv__source){.descriptor = -1};
  if (start < 0 || size < 0 || start > parent->size || size > parent->size - start)
    return fail(FV_ERROR_FORMAT, "bytes %lld to %lld expected, the file ends at %lld", (long long)start,
                (long long)start + (long long)size, (long long)parent->size);
  *source = (fv__source){.size = size, .descriptor = -1, .parent = parent, .start = start, .read = read_range};
  return FV_OK;
}

fv_status fv__source_read(const fv__source *source, int64_t offset, void *buffer, size_t bytes) {
  if (offset < 0 || offset > source->size || bytes > (uint64_t)(source->size - offset))
    return fail(FV_ERROR_FORMAT, "%zu bytes expected at byte %lld, the file ends at %lld", bytes, (long long)offset,
                (long long)source->size);
  return source->read(source, offset, buffer, bytes);
}

fv_status fv__source_read_all(const fv__source *source, char **bytes, int64_t limit) {
  *bytes = NULL;
  if (source->size > limit)
    return fail(FV_ERROR_MEMORY, "%lld bytes, the limit is %lld", (long long)source->size, (long long)limit);
  char *all = malloc((size_t)source->size + 1);
  if (!all) return fail(FV_ERROR_MEMORY, "no memory for %lld bytes", (long long)source->size);
  fv_status status = fv__source_read(source, 0, all, (size_t)source->size);
  if (status) {
    free(all);
    return status;
  }
  all[source->size] = '\0';
  *bytes = all;
  return FV_OK;
}

void fv__source_close(fv__source *source) {
  if (source->close) source->close(source);
  *source = (fv__source){.descriptor = -1};
}
