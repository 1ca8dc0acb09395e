/* VOC's folders: which annotations, which pictures. */
#include <fovea-tools/voc.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "voc/xml.h"

enum { PATH = 4096, NAME = 256 };
static const int64_t longest = 1 << 24; /* bytes of an annotation or a list */

static bool is_folder(const char *path) {
  struct stat about;
  return !stat(path, &about) && S_ISDIR(about.st_mode);
}

static bool is_file(const char *path) {
  struct stat about;
  return !stat(path, &about) && S_ISREG(about.st_mode);
}

/* The folder of Annotations/: the path, or, of a list FOLDER/ImageSets/Main/LIST.txt, three up; false: neither. */
static bool find_root(char root[PATH], const char *path) {
  char annotations[PATH + 16];
  snprintf(root, PATH, "%s", path);
  for (int up = 0; up < 3 && !is_folder(path); up++) {
    char *slash = strrchr(root, '/');
    if (!slash && up == 2) snprintf(root, PATH, ".");
    if (slash) *slash = '\0';
    if (!slash && up < 2) return false;
  }
  snprintf(annotations, sizeof annotations, "%s/Annotations", root);
  return is_folder(annotations) && (is_folder(path) || is_file(path));
}

bool fv_voc_is_one(const char *path) {
  char root[PATH];
  return find_root(root, path);
}

/* ---- one annotation ---- */

/* Its picture has its name, or the one that it says. */
static void find_picture(char path[2 * PATH], const char *root, const char *name, const char *said) {
  static const char *const endings[] = {"jpg", "jpeg", "JPG", "png", NULL};
  for (int i = 0; endings[i]; i++) {
    snprintf(path, 2 * PATH, "%s/JPEGImages/%s.%s", root, name, endings[i]);
    if (is_file(path)) return;
  }
  if (*said && !strchr(said, '/')) snprintf(path, 2 * PATH, "%s/JPEGImages/%s", root, said);
}

static fv_status add(fv_detection_set *set, const char *root, const char *name, const char *source,
                     const fv__voc_annotation *read) {
  char path[2 * PATH];
  fv_object *objects = calloc((size_t)read->count + 1, sizeof *objects);
  const char **names = calloc((size_t)read->count + 1, sizeof *names);
  fv_status status = objects && names ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for an annotation");
  for (int32_t i = 0; i < read->count && !status; i++) {
    objects[i] = read->objects[i].object;
    names[i] = read->objects[i].class;
  }
  find_picture(path, root, name, read->file);
  if (!status)
    status = fv_detection_set_add(set, &(fv_annotation){.path = path,
                                                        .source = source,
                                                        .height = read->height,
                                                        .width = read->width,
                                                        .count = read->count,
                                                        .objects = objects,
                                                        .class_names = names});
  free(objects);
  free(names);
  return status;
}

/* What is wrong with one file is listed; memory is not its fault. */
static fv_status read_one(fv_detection_set *set, const char *root, const char *name) {
  char source[2 * PATH], message[3 * PATH];
  uint8_t *text;
  size_t size;
  fv__voc_annotation read = {.count = 0};
  snprintf(source, sizeof source, "%s/Annotations/%s.xml", root, name);
  fv_status status = fv__file_read(&text, &size, source, longest);
  if (!status) {
    status = fv__voc_parse(&read, (const char *)text, size);
    if (status) status = note(status, "%s", source);
    free(text);
  }
  if (status && status != FV_ERROR_MEMORY) {
    snprintf(message, sizeof message, "%s", fv_error_message());
    status = fv_detection_set_complain(set, source, message);
  } else if (!status) {
    status = add(set, root, name, source, &read);
  }
  fv__voc_clear(&read);
  return status;
}

/* ---- which ---- */

/* The first word of each line. */
static fv_status read_list(fv_detection_set *set, const char *root, const char *path) {
  uint8_t *text;
  size_t size;
  fv_status status = FV_OK;
  TRY(fv__file_read(&text, &size, path, longest));
  for (const char *line = (const char *)text; *line && !status;) {
    char name[NAME];
    line += strspn(line, " \t\r\n");
    const size_t length = strcspn(line, " \t\r\n");
    if (length >= NAME) status = fail(FV_ERROR_FORMAT, "a name of %zu letters", length);
    snprintf(name, sizeof name, "%.*s", (int)(length < NAME ? length : 0), line);
    if (length && !status) status = read_one(set, root, name);
    line += strcspn(line, "\n");
  }
  free(text);
  return status;
}

static int is_annotation(const struct dirent *entry) {
  return entry->d_name[0] != '.' && fv__text_ends_with(entry->d_name, ".xml") && strlen(entry->d_name) < NAME;
}

static int by_bytes(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static fv_status read_all(fv_detection_set *set, const char *root) {
  char folder[PATH + 16];
  struct dirent **entries;
  fv_status status = FV_OK;
  snprintf(folder, sizeof folder, "%s/Annotations", root);
  const int count = scandir(folder, &entries, is_annotation, by_bytes);
  if (count < 0) return fail(FV_ERROR_IO, "%s: cannot be listed", folder);
  for (int i = 0; i < count; i++) {
    entries[i]->d_name[strlen(entries[i]->d_name) - 4] = '\0';
    if (!status) status = read_one(set, root, entries[i]->d_name);
    free(entries[i]);
  }
  free(entries);
  return status;
}

fv_status fv_voc_open(fv_detection_set **set, const char *path, const fv_detection_set_options *options) {
  char root[PATH];
  *set = NULL;
  if (strlen(path) >= PATH - 64) return fail(FV_ERROR_INVALID, "the path is too long");
  if (!find_root(root, path))
    return fail(is_file(path) || is_folder(path) ? FV_ERROR_FORMAT : FV_ERROR_NOT_FOUND,
                "%s: there are no Annotations/ of Pascal VOC", path);
  TRY(fv_detection_set_create(set));
  fv_status status = is_folder(path) ? read_all(*set, root) : read_list(*set, root, path);
  if (!status) status = fv_detection_set_finish(*set, options);
  if (!status) return FV_OK;
  fv_detection_set_destroy(*set);
  *set = NULL;
  return note(status, "%s", path);
}
