/* YOLO's folders: beside each picture a text of boxes in parts of the picture. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "tasks/detection_set.h"
#include "tasks/folder.h"

enum { PATH = 4096, NUMBERS = 5, WORD = 64 };
static const int64_t longest = 1 << 24;

typedef struct yolo {
  fv_detection_set *set;
  char pictures[PATH], labels[PATH];
  char *names; /* the lines of classes.txt, each ended by NUL */
  const char **classes;
  int32_t class_count;
  fv_object *objects; /* of one picture */
  const char **object_names;
  int32_t object_room;
} yolo;

/* ---- names of classes ---- */

static fv_status read_names(yolo *y, const char *folder) {
  char path[PATH + 16];
  size_t size;
  snprintf(path, sizeof path, "%s/classes.txt", folder);
  if (!fv__is_file(path)) snprintf(path, sizeof path, "%.4000s/../classes.txt", folder);
  uint8_t *bytes;
  fv_status status = fv__file_read(&bytes, &size, path, longest);
  if (status) return note(status, "the names of classes, one a line, are expected in classes.txt");
  y->names = (char *)bytes;
  y->classes = calloc(size + 1, sizeof *y->classes);
  if (!y->classes) return fail(FV_ERROR_MEMORY, "no memory for names of classes");
  for (char *line = y->names; line && *line;) {
    char *end = strchr(line, '\n'), *next = end ? end + 1 : NULL;
    if (end) *end = '\0';
    line[strcspn(line, "\r")] = '\0';
    if (*line) y->classes[y->class_count++] = line;
    line = next;
  }
  return FV_OK;
}

/* ---- one picture ---- */

/* Five numbers of a line; false where there are none. */
static bool read_line(double numbers[NUMBERS], const char *line, size_t length) {
  char word[WORD];
  const char *end = line + length;
  for (int i = 0; i < NUMBERS; i++) {
    while (line < end && (*line == ' ' || *line == '\t')) line++;
    size_t letters = 0;
    while (line + letters < end && !strchr(" \t\r", line[letters])) letters++;
    if (!letters || letters >= WORD) return false;
    memcpy(word, line, letters);
    word[letters] = '\0';
    if (!fv__text_to_double(word, &numbers[i])) return false;
    line += letters;
  }
  return true;
}

static fv_status room_for(yolo *y, int32_t count) {
  if (count < y->object_room) return FV_OK;
  const int32_t room = y->object_room ? 2 * y->object_room : 64;
  fv_object *objects = reallocarray(y->objects, (size_t)room, sizeof *objects);
  if (objects) y->objects = objects;
  const char **names = reallocarray(y->object_names, (size_t)room, sizeof *names);
  if (names) y->object_names = names;
  if (!objects || !names) return fail(FV_ERROR_MEMORY, "no memory for %d boxes", (int)room);
  y->object_room = room;
  return FV_OK;
}

/* Boxes of a text, in pixels. */
static fv_status read_boxes(yolo *y, fv_annotation *a, const char *text) {
  char message[PATH + 200];
  int32_t number = 0;
  for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    const size_t length = strcspn(line, "\r\n");
    double n[NUMBERS];
    number++;
    if (strspn(line, " \t\r") >= length) continue;
    const bool is_box = read_line(n, line, length) && n[0] >= 0 && n[0] < y->class_count && n[0] == (int32_t)n[0];
    if (!is_box) {
      snprintf(message, sizeof message, "%.4000s: line %" PRId32 " is no class of 0 to %" PRId32 " and four numbers",
               a->source, number, y->class_count - 1);
      TRY(fv_detection_set_complain(y->set, a->source, message));
      continue;
    }
    TRY(room_for(y, a->count));
    y->objects[a->count] =
        (fv_object){.box = {(float)((n[1] - n[3] / 2) * a->width), (float)((n[2] - n[4] / 2) * a->height),
                            (float)((n[1] + n[3] / 2) * a->width), (float)((n[2] + n[4] / 2) * a->height)}};
    y->object_names[a->count++] = y->classes[(int32_t)n[0]];
  }
  a->objects = y->objects;
  a->class_names = y->object_names;
  return FV_OK;
}

/* A picture without a text has no objects. */
static fv_status add_picture(yolo *y, const char *file) {
  char path[2 * PATH], label[2 * PATH];
  snprintf(path, sizeof path, "%s/%s", y->pictures, file);
  snprintf(label, sizeof label, "%s/%.*s.txt", y->labels, fv__stem_length(file), file);
  fv_image image;
  if (fv_image_read(&image, path)) return fv_detection_set_complain(y->set, path, fv_error_message());
  fv_annotation a = {.path = path, .source = label, .height = image.height, .width = image.width};
  fv_image_destroy(&image);
  if (!fv__is_file(label)) return fv_detection_set_add(y->set, &a);
  uint8_t *bytes;
  size_t size;
  if (fv__file_read(&bytes, &size, label, longest)) return fv_detection_set_complain(y->set, label, fv_error_message());
  fv_status status = read_boxes(y, &a, (const char *)bytes);
  free(bytes);
  return status ? status : fv_detection_set_add(y->set, &a);
}

/* ---- the folder ---- */

static fv_status read_folder(yolo *y, const char *path) {
  TRY(read_names(y, path));
  struct dirent **entries;
  int count;
  TRY(fv__folder_pictures(&entries, &count, y->pictures));
  fv_status status = FV_OK;
  for (int i = 0; i < count; i++) {
    if (!status) status = add_picture(y, entries[i]->d_name);
    free(entries[i]);
  }
  free(entries);
  return status;
}

fv_status fv__detection_read_yolo(fv_detection_set *set, const char *path) {
  yolo y = {.set = set};
  if (!fv__is_folder(path))
    return fail(fv__is_file(path) ? FV_ERROR_FORMAT : FV_ERROR_NOT_FOUND,
                "is no detection set; expected COCO's .json or a folder with classes.txt");
  snprintf(y.pictures, sizeof y.pictures, "%.4000s/images", path);
  snprintf(y.labels, sizeof y.labels, "%.4000s/labels", path);
  if (!fv__is_folder(y.pictures)) snprintf(y.pictures, sizeof y.pictures, "%s", path);
  if (!fv__is_folder(y.labels)) memcpy(y.labels, y.pictures, sizeof y.labels);
  fv_status status = read_folder(&y, path);
  free(y.names);
  free(y.classes);
  free(y.objects);
  free(y.object_names);
  return status;
}
