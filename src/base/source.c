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

/* Opens for reading without waiting for a pipe's writer; -1 with errno. */
static int open_at(int folder, const char *name, int flags) {
  int descriptor;
  do descriptor = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
  while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

static fv_status cannot_open(int error) {
  if (error == ENOENT || error == ENOTDIR) return fail(FV_ERROR_NOT_FOUND, "no such file");
  return fail(FV_ERROR_IO, "cannot open: %s", strerror(error));
}

/* Makes a source of an open file, or closes it. */
static fv_status adopt(fv__source *source, int descriptor, const char *path) {
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
  *source = (fv__source){
      .size = facts.st_size, .descriptor = descriptor, .path = path, .read = read_file, .close = close_file};
  return FV_OK;
}

fv_status fv__source_open(fv__source *source, const char *path) {
  *source = (fv__source){.descriptor = -1};
  int descriptor = open_at(AT_FDCWD, path, 0);
  return descriptor < 0 ? cannot_open(errno) : adopt(source, descriptor, path);
}

static fv_status open_in_folder(fv__source *source, int folder, const char *name) {
  int descriptor = open_at(folder, name, O_NOFOLLOW);
  if (descriptor < 0 && errno == ELOOP) return fail(FV_ERROR_FORMAT, "expected a regular file, found a link");
  return descriptor < 0 ? cannot_open(errno) : adopt(source, descriptor, NULL);
}

fv_status fv__source_open_beside(fv__source *source, const fv__source *origin, const char *name) {
  *source = (fv__source){.descriptor = -1};
  if (!*name || strpbrk(name, "/\\") || !strcmp(name, ".") || !strcmp(name, ".."))
    return fail(FV_ERROR_FORMAT, "expected the name of a file in the same folder");
  if (!origin->path) return fail(FV_ERROR_UNSUPPORTED, "a file beside one that is in no folder");
  char *folder_path = realpath(origin->path, NULL); /* also of a link, and of a descriptor's name in /proc */
  if (!folder_path) return cannot_open(errno);
  strrchr(folder_path, '/')[1] = '\0';
  int folder = open_at(AT_FDCWD, folder_path, O_DIRECTORY);
  fv_status status = folder < 0 ? cannot_open(errno) : open_in_folder(source, folder, name);
  if (folder >= 0) close(folder);
  free(folder_path);
  return status;
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
