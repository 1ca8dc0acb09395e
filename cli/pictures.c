/* A folder stands for the image files directly in it, told by their endings in any capitals, sorted by name. A file is
 * taken whatever it is called. */
#include "pictures.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "command.h"

enum { STDIN_LIMIT = 1 << 28, FIRST_ROOM = 16 };

static int no_memory(void) { return command_error(COMMAND_RESOURCES, "no memory for the list of pictures"); }

static int failed(const char *name, const char *what) { return command_error(COMMAND_BAD_INPUT, "%s: %s", name, what); }

/* Takes `path` and `bytes`, both from malloc; `path` may be NULL without memory. */
static int add(picture_list *list, char *path, void *bytes, size_t size) {
  if (path && list->count == list->room) {
    int32_t room = list->room ? 2 * list->room : FIRST_ROOM;
    fv_picture *grown = reallocarray(list->pictures, (size_t)room, sizeof *grown);
    if (grown) {
      list->pictures = grown;
      list->room = room;
    }
  }
  if (!path || list->count == list->room) {
    free(path);
    free(bytes);
    return no_memory();
  }
  list->pictures[list->count++] = (fv_picture){.path = path, .bytes = bytes, .byte_count = size};
  return COMMAND_OK;
}

static bool has_image_ending(const char *name) {
  static const char *const endings[] = {".jpg", ".jpeg", ".png", ".bmp", ".ppm", ".pgm", ".webp"};
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
    if (!strcasecmp(dot, endings[i])) return true;
  return false;
}

static int is_picture(const struct dirent *entry) { return entry->d_name[0] != '.' && has_image_ending(entry->d_name); }

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static int add_folder(picture_list *list, const char *folder) {
  struct dirent **entries;
  int count = scandir(folder, &entries, is_picture, by_name), status = COMMAND_OK;
  if (count < 0) return failed(folder, strerror(errno));
  if (count == 0) status = failed(folder, "no image files in this folder");
  const char *slash = folder[0] && folder[strlen(folder) - 1] == '/' ? "" : "/";
  for (int i = 0; i < count; i++) {
    char *path = NULL;
    if (status == COMMAND_OK) {
      if (asprintf(&path, "%s%s%s", folder, slash, entries[i]->d_name) < 0) path = NULL;
      status = add(list, path, NULL, 0);
    }
    free(entries[i]);
  }
  free(entries);
  return status;
}

static int add_stdin(picture_list *list) {
  size_t size = 0, room = 1 << 16;
  char *bytes = malloc(room);
  while (bytes) {
    size_t got = fread(bytes + size, 1, room - size, stdin);
    size += got;
    if (!got || size > STDIN_LIMIT) break;
    if (size < room) continue;
    char *grown = realloc(bytes, room *= 2);
    if (!grown) free(bytes);
    bytes = grown;
  }
  if (!bytes) return no_memory();
  const char *problem = ferror(stdin)        ? "cannot be read"
                        : size > STDIN_LIMIT ? "longer than 256 MiB"
                        : size == 0          ? "expected an image, found nothing"
                                             : NULL;
  if (!problem) return add(list, strdup("-"), bytes, size);
  free(bytes);
  return failed("standard input", problem);
}

static int collect(picture_list *list, int count, char **arguments) {
  int from_stdin = 0;
  *list = (picture_list){0};
  for (int i = 0; i < count; i++) from_stdin += !strcmp(arguments[i], "-");
  if (from_stdin > 1) return command_usage("standard input can be read only once");
  for (int i = 0; i < count; i++) {
    struct stat about;
    int status;
    if (!strcmp(arguments[i], "-")) {
      status = add_stdin(list);
    } else if (!stat(arguments[i], &about) && S_ISDIR(about.st_mode)) {
      status = add_folder(list, arguments[i]);
    } else {
      status = add(list, strdup(arguments[i]), NULL, 0);
    }
    if (status == COMMAND_BAD_INPUT) list->status = status; /* reported; the other pictures go on */
    if (status && status != COMMAND_BAD_INPUT) return status;
  }
  return list->count ? COMMAND_OK : list->status;
}

int pictures_collect(picture_list *list, bool upright, int count, char **arguments) {
  int status = collect(list, count, arguments);
  for (int32_t i = 0; i < list->count; i++) list->pictures[i].upright = upright;
  return status;
}

fv_status pictures_read(fv_image *image, const fv_picture *picture) {
  fv_status status = picture->bytes ? fv_image_decode(image, picture->bytes, picture->byte_count, picture->path)
                                    : fv_image_read(image, picture->path);
  return status || !picture->upright ? status : fv_image_upright(image);
}

void pictures_free(picture_list *list) {
  for (int32_t i = 0; i < list->count; i++) {
    free((char *)list->pictures[i].path);
    free((void *)list->pictures[i].bytes);
  }
  free(list->pictures);
}
