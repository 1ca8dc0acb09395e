/* Outputs, before the work. */
#include "output_path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

enum { PATH_SIZE = 4096 };

static bool is_folder(const char *path) {
  struct stat facts;
  return !stat(path, &facts) && S_ISDIR(facts.st_mode);
}

/* The folder of a path, without what a pattern fills in. False when it is too long. */
static bool folder_of(char folder[PATH_SIZE], const char *path) {
  const size_t length = strcspn(path, "{");
  if (length >= PATH_SIZE) return false;
  memcpy(folder, path, length);
  folder[length] = 0;
  char *slash = strrchr(folder, '/');
  if (!slash)
    snprintf(folder, PATH_SIZE, ".");
  else
    slash[slash == folder] = 0;
  return true;
}

static int refuse(const char *option, const char *path, const char *why, const char *folder) {
  return command_error(COMMAND_FAILURE, "--%s: %s cannot be written: %s%s", option, path, why, folder);
}

int output_path_check(const char *option, const char *path) {
  char folder[PATH_SIZE];
  if (!path) return COMMAND_OK;
  if (is_folder(path)) return refuse(option, path, "it is a folder", "");
  if (!folder_of(folder, path)) return refuse(option, path, "the name is too long", "");
  if (access(path, F_OK) == 0 && access(path, W_OK)) return refuse(option, path, strerror(errno), "");
  while (access(folder, F_OK)) { /* the nearest that is there */
    if (errno != ENOENT) return refuse(option, path, strerror(errno), "");
    char *slash = strrchr(folder, '/');
    if (!slash)
      snprintf(folder, sizeof folder, ".");
    else
      slash[slash == folder] = 0;
  }
  if (!is_folder(folder)) return refuse(option, path, "this is no folder: ", folder);
  return access(folder, W_OK | X_OK) ? refuse(option, path, "nothing can be written to the folder ", folder)
                                     : COMMAND_OK;
}

int output_path_make_folders(const char *option, const char *path) {
  char folder[PATH_SIZE];
  if (!path || !folder_of(folder, path) || is_folder(folder)) return COMMAND_OK;
  for (char *at = folder + 1; *at; at++) {
    if (*at != '/') continue;
    *at = 0;
    const bool failed = mkdir(folder, 0777) && errno != EEXIST;
    *at = '/';
    if (failed) break;
  }
  if (mkdir(folder, 0777) && errno != EEXIST) return refuse(option, path, strerror(errno), "");
  return is_folder(folder) ? COMMAND_OK : refuse(option, path, "this is no folder: ", folder);
}
