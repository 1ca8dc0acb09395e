/* Opening beneath a folder. */
#include "serve/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static fv_status fail_here(fv_status status, const char *path, const char *why) {
  char sentence[480];
  snprintf(sentence, sizeof sentence, "%.300s: %s", path, why);
  return fv_error_set(status, sentence);
}

fv_status fv__folder_open(fv__folder *folder, const char *path) {
  char reason[100];
  folder->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder->descriptor >= 0) return FV_OK;
  return fail_here(errno == ENOENT ? FV_ERROR_NOT_FOUND : FV_ERROR_IO, path, strerror_r(errno, reason, sizeof reason));
}

void fv__folder_close(fv__folder *folder) {
  if (folder->descriptor >= 0) close(folder->descriptor);
  folder->descriptor = -1;
}

/* For kernels without openat2 (before 5.6): part by part, no part a link or "..". */
static int open_by_parts(int folder, const char *path, int flags) {
  char part[256];
  int at = dup(folder);
  while (at >= 0) {
    const size_t size = strcspn(path, "/");
    const bool is_last = !path[size];
    if (!size || size >= sizeof part || (size == 2 && !strncmp(path, "..", 2))) {
      close(at);
      errno = ENOENT;
      return -1;
    }
    memcpy(part, path, size);
    part[size] = '\0';
    const int next = openat(at, part, (is_last ? flags : O_PATH | O_DIRECTORY | O_CLOEXEC) | O_NOFOLLOW);
    close(at);
    if (is_last) return next;
    at = next;
    path += size + 1;
  }
  return -1;
}

static int open_beneath(const fv__folder *folder, const char *path, int flags) {
  struct open_how how = {.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK),
                         .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  const long opened = syscall(SYS_openat2, folder->descriptor, path, &how, sizeof how);
  if (opened >= 0 || errno != ENOSYS) return (int)opened;
  return open_by_parts(folder->descriptor, path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

fv_status fv__folder_file(int *descriptor, fv__file_facts *facts, const fv__folder *folder, const char *path) {
  struct stat about;
  *descriptor = open_beneath(folder, path, O_RDONLY);
  if (*descriptor < 0) return fail_here(FV_ERROR_NOT_FOUND, path, "there is no such file in the folder");
  if (!fstat(*descriptor, &about) && S_ISREG(about.st_mode)) {
    *facts = (fv__file_facts){about.st_size, (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec};
    return FV_OK;
  }
  close(*descriptor);
  *descriptor = -1;
  return fail_here(FV_ERROR_NOT_FOUND, path, "there is no such file in the folder");
}

fv_status fv__folder_list(DIR **list, const fv__folder *folder, const char *path) {
  const int descriptor = open_beneath(folder, path[0] ? path : ".", O_RDONLY | O_DIRECTORY);
  *list = descriptor < 0 ? NULL : fdopendir(descriptor);
  if (*list) return FV_OK;
  if (descriptor >= 0) close(descriptor);
  return fail_here(FV_ERROR_NOT_FOUND, path, "there is no such folder");
}
