/* Whole files. See file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"

static fv_status fail_errno(const char *what, const char *path, int error) {
  char reason[128];
  const char *text = strerror_r(error, reason, sizeof reason);
  fv_status code = error == ENOENT || error == ENOTDIR ? FV_ERROR_NOT_FOUND
                   : error == ENOMEM                   ? FV_ERROR_MEMORY
                                                       : FV_ERROR_IO;
  return fail(code, "%s: %s: %s", *path ? path : "the empty name", what, text);
}

/* Fills `bytes`; fewer than expected (the file shrank meanwhile) is an error. */
static fv_status read_all(int file, uint8_t *bytes, size_t size, const char *path) {
  size_t done = 0;
  while (done < size) {
    ssize_t got = read(file, bytes + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read", path, errno);
    if (got == 0) return fail(FV_ERROR_IO, "%s: expected %zu bytes, the file ended after %zu", path, size, done);
    done += (size_t)got;
  }
  return FV_OK;
}

static fv_status read_open(uint8_t **bytes, size_t *size, int file, const char *path, int64_t limit) {
  struct stat about;
  if (fstat(file, &about)) return fail_errno("cannot look at the file", path, errno);
  if (!S_ISREG(about.st_mode))
    return fail(FV_ERROR_IO, "%s: is a %s, not a file", path, S_ISDIR(about.st_mode) ? "folder" : "device or pipe");
  if (about.st_size > limit)
    return fail(FV_ERROR_MEMORY, "%s: has %" PRId64 " bytes, the limit is %" PRId64, path, (int64_t)about.st_size,
                limit);
  size_t length = (size_t)about.st_size;
  uint8_t *buffer = malloc(length + 1);
  if (!buffer) return fail(FV_ERROR_MEMORY, "%s: no memory for %zu bytes", path, length);
  fv_status status = read_all(file, buffer, length, path);
  if (status) {
    free(buffer);
    return status;
  }
  buffer[length] = 0;
  *bytes = buffer;
  *size = length;
  return FV_OK;
}

fv_status fv__file_read(uint8_t **bytes, size_t *size, const char *path, int64_t limit) {
  int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return fail_errno("cannot open", path, errno);
  fv_status status = read_open(bytes, size, file, path, limit);
  close(file);
  return status;
}

static void forget(fv__file_writer *writer) {
  free(writer->target);
  free(writer->temporary);
  *writer = (fv__file_writer){0};
}

/* The folder that a name is in; free it. NULL without memory. */
static char *folder_of(const char *target) {
  const char *slash = strrchr(target, '/');
  return !slash ? strdup(".") : slash == target ? strdup("/") : strndup(target, (size_t)(slash - target));
}

/* The next name beside the target, "TARGET.PID-N.tmp"; false without memory. */
static bool name_temporary(fv__file_writer *writer, int attempt) {
  free(writer->temporary);
  if (asprintf(&writer->temporary, "%s.%ld-%d.tmp", writer->target, (long)getpid(), attempt) >= 0) return true;
  writer->temporary = NULL;
  errno = ENOMEM;
  return false;
}

enum { ATTEMPTS = 1000 };

/* A file without a name in the target's folder, which ends with the process that writes it, however that ends; -1 where
 * the file system has none such or /proc, by which it gets its name, is missing. */
static int open_unnamed(fv__file_writer *writer) {
  char *folder = folder_of(writer->target);
  int file = folder && !access("/proc/self/fd", X_OK) ? open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666) : -1;
  free(folder);
  writer->unnamed = file >= 0;
  return file;
}

/* Gives the file without a name the first temporary one that is free. */
static bool give_name(fv__file_writer *writer) {
  char link[40];
  snprintf(link, sizeof link, "/proc/self/fd/%d", writer->descriptor);
  for (int attempt = 0; attempt < ATTEMPTS && name_temporary(writer, attempt); attempt++) {
    if (!linkat(AT_FDCWD, link, AT_FDCWD, writer->temporary, AT_SYMLINK_FOLLOW)) {
      writer->unnamed = false;
      return true;
    }
    if (errno != EEXIST) break;
  }
  free(writer->temporary); /* another's, or nobody's */
  writer->temporary = NULL;
  return false;
}

/* A fresh file beside the target. */
static int open_temporary(fv__file_writer *writer) {
  int file = open_unnamed(writer);
  for (int attempt = 0; file < 0 && attempt < ATTEMPTS && name_temporary(writer, attempt); attempt++) {
    file = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file < 0 && errno != EEXIST) break;
  }
  return file;
}

/* A file that is replaced keeps its rights. */
static void keep_rights(int file, const struct stat *old) {
  if (fchmod(file, old->st_mode & 07777)) return; /* a file system without rights: then there are none to keep */
}

/* The folder of the target, so that the new name survives a crash. File systems that cannot are left alone: the file is
 * there and whole. */
static void sync_folder(const char *target) {
  char *folder = folder_of(target);
  int file = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  free(folder);
  if (file < 0) return;
  while (fsync(file) && errno == EINTR)
    ;
  close(file);
}

/* All bytes on the disk, before the new file takes the old one's name. A failed fsync is not tried again: the kernel
 * may have dropped the pages. */
static int sync_file(int file) {
  int failed;
  while ((failed = fsync(file)) && errno == EINTR)
    ;
  return failed && errno != EINVAL && errno != EROFS && errno != ENOTSUP ? -1 : 0;
}

/* The stream's own writing and closing. A stdio stream forgets why a write failed; this one keeps it. */
static ssize_t write_some(void *cookie, const char *bytes, size_t size) {
  fv__file_writer *writer = cookie;
  size_t done = 0;
  while (done < size) {
    ssize_t put = write(writer->descriptor, bytes + done, size - done);
    if (put > 0) {
      done += (size_t)put;
    } else if (put == 0 || errno != EINTR) {
      if (!writer->error) writer->error = put == 0 ? EIO : errno;
      break;
    }
  }
  return (ssize_t)done;
}

static int close_descriptor(void *cookie) {
  fv__file_writer *writer = cookie;
  int failed = close(writer->descriptor);
  if (failed && !writer->error) writer->error = errno;
  return failed;
}

fv_status fv__file_write_begin(fv__file_writer *writer, const char *path) {
  *writer = (fv__file_writer){.path = path};
  struct stat about;
  bool there = stat(path, &about) == 0;
  const bool directly = there && !S_ISREG(about.st_mode); /* a pipe's name by realpath, "/dev/fd/pipe:[7]", is none */
  if (!directly) {
    writer->target = there ? realpath(path, NULL) : strdup(path); /* through a link: the file itself is replaced */
    if (!writer->target) return fail_errno("cannot write", path, errno);
  }
  int file = directly ? open(path, O_WRONLY | O_CLOEXEC) : open_temporary(writer);
  if (file < 0) {
    int error = errno;
    forget(writer);
    return fail_errno("cannot write", path, error);
  }
  if (there && (writer->temporary || writer->unnamed)) keep_rights(file, &about);
  writer->descriptor = file;
  writer->stream = fopencookie(writer, "wb", (cookie_io_functions_t){.write = write_some, .close = close_descriptor});
  if (!writer->stream) {
    close(file);
    if (writer->temporary) unlink(writer->temporary);
    forget(writer);
    return fail(FV_ERROR_MEMORY, "%s: no memory to write", path);
  }
  return FV_OK;
}

fv_status fv__file_write_commit(fv__file_writer *writer) {
  bool broken = fflush(writer->stream) || ferror(writer->stream);
  bool renamed = writer->temporary || writer->unnamed;
  if (!broken && renamed && (sync_file(writer->descriptor) || (writer->unnamed && !give_name(writer)))) {
    writer->error = errno;
    broken = true;
  }
  if (fclose(writer->stream)) broken = true;
  fv_status status = FV_OK;
  if (broken)
    status = fail_errno("cannot write", writer->path, writer->error ? writer->error : EIO);
  else if (writer->temporary && rename(writer->temporary, writer->target))
    status = fail_errno("cannot write", writer->path, errno);
  if (status && writer->temporary) unlink(writer->temporary);
  if (!status && writer->temporary) sync_folder(writer->target);
  forget(writer);
  return status;
}

void fv__file_write_cancel(fv__file_writer *writer) {
  if (writer->stream) fclose(writer->stream);
  if (writer->temporary) unlink(writer->temporary);
  forget(writer);
}

fv_status fv__file_write(const char *path, const void *bytes, size_t size) {
  fv__file_writer writer;
  TRY(fv__file_write_begin(&writer, path));
  fwrite(bytes, 1, size, writer.stream);
  return fv__file_write_commit(&writer);
}

fv_status fv__file_make_folders(const char *path) {
  char *folder = strdup(path);
  if (!folder) return fail(FV_ERROR_MEMORY, "%s: no memory for its name", path);
  fv_status status = FV_OK;
  for (char *slash = *folder ? strchr(folder + 1, '/') : NULL; slash && !status; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    struct stat about;
    if (stat(folder, &about) && mkdir(folder, 0777) && errno != EEXIST)
      status = fail_errno("cannot make the folder", folder, errno);
    *slash = '/';
  }
  free(folder);
  return status;
}
