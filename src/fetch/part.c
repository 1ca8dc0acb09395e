/* The file that grows until it is whole. A lock keeps two processes from writing into one. */
#include "fetch/part.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SENTENCE = 512 };

fv_status fv__fetch_fail(fv_status status, const char *format, ...) {
  char sentence[SENTENCE];
  va_list list;
  va_start(list, format);
  vsnprintf(sentence, sizeof sentence, format, list);
  va_end(list);
  return fv_error_set(status, sentence);
}

fv_status fv__fetch_fail_system(const char *path, const char *what, int error) {
  char reason[128];
  const char *text = strerror_r(error, reason, sizeof reason);
  fv_status status = error == ENOENT || error == ENOTDIR                     ? FV_ERROR_NOT_FOUND
                     : error == ENOMEM || error == ENOSPC || error == EDQUOT ? FV_ERROR_MEMORY
                                                                             : FV_ERROR_IO;
  return fv__fetch_fail(status, "%s: %s: %c%s", path, what, tolower((unsigned char)*text), *text ? text + 1 : "");
}

/* Makes the folders above `path`, from the outermost. */
static fv_status make_folders(const char *path) {
  char *folder = strdup(path);
  if (!folder) return fv__fetch_fail(FV_ERROR_MEMORY, "%s: no memory for its name", path);
  fv_status status = FV_OK;
  for (char *slash = strchr(folder + 1, '/'); slash && !status; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    struct stat about;
    if (stat(folder, &about) && mkdir(folder, 0777) && errno != EEXIST)
      status = fv__fetch_fail_system(folder, "cannot make the folder", errno);
    *slash = '/';
  }
  free(folder);
  return status;
}

/* Locked, and still the file of that name: another process may have given it its final one meanwhile. */
static fv_status lock(fv__part *part) {
  struct stat mine, named;
  if (fstat(part->file, &mine)) return fv__fetch_fail_system(part->path, "cannot look at the file", errno);
  if (!S_ISREG(mine.st_mode)) return fv__fetch_fail(FV_ERROR_IO, "%s: is not a file", part->path);
  if (flock(part->file, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
    return fv__fetch_fail(FV_ERROR_STATE, "%s: another process is fetching it", part->path);
  if (lstat(part->path, &named) || named.st_ino != mine.st_ino || named.st_dev != mine.st_dev)
    return fv__fetch_fail(FV_ERROR_STATE, "%s: another process has just fetched it", part->target);
  if (fstat(part->file, &mine)) return fv__fetch_fail_system(part->path, "cannot look at the file", errno);
  part->size = mine.st_size;
  return FV_OK;
}

fv_status fv__part_open(fv__part *part, const char *target) {
  *part = (fv__part){.target = target, .file = -1};
  fv_status status = make_folders(target);
  if (status) return status;
  if (asprintf(&part->path, "%s.part", target) < 0) {
    part->path = NULL;
    return fv__fetch_fail(FV_ERROR_MEMORY, "%s: no memory for its name", target);
  }
  part->file = open(part->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0666);
  status = part->file < 0 ? fv__fetch_fail_system(part->path, "cannot write", errno) : lock(part);
  if (!status) return FV_OK;
  if (part->file >= 0) close(part->file);
  free(part->path);
  return status;
}

fv_status fv__part_put(fv__part *part, const void *bytes, size_t size) {
  const char *at = bytes;
  while (size) {
    ssize_t put = pwrite(part->file, at, size, (off_t)part->size);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return fv__fetch_fail_system(part->path, "cannot write", put < 0 ? errno : EIO);
    at += put;
    size -= (size_t)put;
    part->size += put;
  }
  return FV_OK;
}

fv_status fv__part_restart(fv__part *part) {
  if (ftruncate(part->file, 0)) return fv__fetch_fail_system(part->path, "cannot write", errno);
  part->size = 0;
  return FV_OK;
}

/* So that the new name survives a crash. File systems that cannot are left alone: the file is there and whole. */
static void sync_folder(const char *path) {
  const char *slash = strrchr(path, '/');
  char *folder = !slash ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
  int file = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  free(folder);
  if (file < 0) return;
  fsync(file);
  close(file);
}

fv_status fv__part_commit(fv__part *part) {
  if (fsync(part->file) && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
    return fv__fetch_fail_system(part->path, "cannot write", errno);
  if (rename(part->path, part->target)) return fv__fetch_fail_system(part->target, "cannot write", errno);
  sync_folder(part->target);
  free(part->path);
  part->path = NULL;
  return FV_OK;
}

void fv__part_close(fv__part *part, bool keep) {
  if (part->path && (!keep || !part->size)) unlink(part->path);
  close(part->file);
  free(part->path);
}
