/* Pictures of a folder. */
#include "tasks/folder.h"

#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

bool fv__is_folder(const char *path) {
  struct stat about;
  return !stat(path, &about) && S_ISDIR(about.st_mode);
}

bool fv__is_file(const char *path) {
  struct stat about;
  return !stat(path, &about) && S_ISREG(about.st_mode);
}

static int is_picture(const struct dirent *entry) {
  static const char *const endings[] = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".pgm", NULL};
  for (int i = 0; endings[i] && entry->d_name[0] != '.'; i++)
    if (fv__text_ends_with_ignoring_case(entry->d_name, endings[i])) return 1;
  return 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

fv_status fv__folder_pictures(struct dirent ***entries, int *count, const char *folder) {
  *count = scandir(folder, entries, is_picture, by_bytes);
  if (*count >= 0) return FV_OK;
  *count = 0;
  return fail(FV_ERROR_IO, "%s: cannot be listed", folder);
}

int fv__stem_length(const char *name) {
  const char *dot = strrchr(name, '.');
  return dot ? (int)(dot - name) : (int)strlen(name);
}
