/* COCO's JSON: lists of images, annotations and categories that know each other by numbers.
 *
 *   {"images": [{"id": 1, "file_name": "a.jpg", "height": 480, "width": 640}],
 *    "annotations": [{"image_id": 1, "category_id": 3, "bbox": [x, y, width, height], "area": 34, "iscrowd": 0}],
 *    "categories": [{"id": 3, "name": "cat"}]}
 *
 * Annotations are sorted by image once, so that reading takes n log n.
 */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "tasks/detection_set.h"

enum { PATH = 4096 };
static const int64_t longest = INT64_C(1) << 31; /* bytes */

bool fv__detection_is_coco(const char *path) {
  struct stat about;
  return fv__text_ends_with_ignoring_case(path, ".json") && !stat(path, &about) && S_ISREG(about.st_mode);
}

/* Something with a number, found by it. */
typedef struct numbered {
  int64_t number;
  size_t place; /* in its list */
  const json_t *json;
} numbered;

static int by_number(const void *a, const void *b) {
  const numbered *x = a, *y = b;
  if (x->number != y->number) return x->number < y->number ? -1 : 1;
  return (x->place > y->place) - (x->place < y->place);
}

static fv_status index_list(numbered **list, size_t *count, const json_t *root, const char *name, const char *key) {
  const json_t *array = json_object_get(root, name);
  *list = NULL;
  *count = json_array_size(array);
  if (!json_is_array(array)) return fail(FV_ERROR_FORMAT, "expected a list '%s', as COCO has it", name);
  *list = calloc(*count + 1, sizeof **list);
  if (!*list) return fail(FV_ERROR_MEMORY, "no memory for %zu %s", *count, name);
  for (size_t i = 0; i < *count; i++) {
    const json_t *one = json_array_get(array, i), *number = json_object_get(one, key);
    if (!json_is_integer(number)) return fail(FV_ERROR_FORMAT, "%s[%zu]: expected a whole number '%s'", name, i, key);
    (*list)[i] = (numbered){json_integer_value(number), i, one};
  }
  qsort(*list, *count, sizeof **list, by_number);
  return FV_OK;
}

typedef struct coco {
  fv_detection_set *set;
  const char *path;
  char folder[PATH];
  numbered *images, *annotations, *categories;
  size_t image_count, annotation_count, category_count;
  fv_object *objects; /* of one image */
  const char **names;
} coco;

static const char *class_of(const coco *c, const json_t *annotation) {
  const json_t *number = json_object_get(annotation, "category_id");
  size_t low = 0, high = c->category_count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (c->categories[middle].number < json_integer_value(number))
      low = middle + 1;
    else
      high = middle;
  }
  const bool is_there = low < c->category_count && c->categories[low].number == json_integer_value(number);
  const char *name = is_there ? json_string_value(json_object_get(c->categories[low].json, "name")) : NULL;
  return name ? name : "";
}

static float number_at(const json_t *list, size_t place) {
  const json_t *number = json_array_get(list, place);
  return json_is_number(number) ? (float)json_number_value(number) : (float)NAN;
}

static fv_object object_of(const json_t *annotation) {
  const json_t *box = json_object_get(annotation, "bbox"), *crowd = json_object_get(annotation, "iscrowd");
  const float x = number_at(box, 0), y = number_at(box, 1);
  return (fv_object){.box = {x, y, x + number_at(box, 2), y + number_at(box, 3)},
                     .area = (float)json_number_value(json_object_get(annotation, "area")),
                     .is_crowd = json_is_true(crowd) || json_integer_value(crowd) != 0};
}

static int32_t extent(const json_t *image, const char *name) {
  const json_int_t value = json_integer_value(json_object_get(image, name));
  return value > 0 && value <= FV_IMAGE_MAX_SIDE ? (int32_t)value : 0;
}

/* The image and its annotations, which follow each other from *next on. */
static fv_status add_image(coco *c, const numbered *image, size_t *next) {
  char path[2 * PATH];
  const char *file = json_string_value(json_object_get(image->json, "file_name"));
  int32_t count = 0;
  if (!file) return fail(FV_ERROR_FORMAT, "images[%zu]: expected a 'file_name'", image->place);
  for (; *next < c->annotation_count && c->annotations[*next].number <= image->number; ++*next) {
    if (c->annotations[*next].number < image->number) continue; /* of no image */
    c->objects[count] = object_of(c->annotations[*next].json);
    c->names[count++] = class_of(c, c->annotations[*next].json);
  }
  snprintf(path, sizeof path, "%s%s%s", *file == '/' ? "" : c->folder, *file == '/' ? "" : "/", file);
  return fv_detection_set_add(c->set, &(fv_annotation){.path = path,
                                                       .source = path,
                                                       .height = extent(image->json, "height"),
                                                       .width = extent(image->json, "width"),
                                                       .count = count,
                                                       .objects = c->objects,
                                                       .class_names = c->names});
}

static void find_folder(coco *c, const char *pictures) {
  const char *slash = strrchr(c->path, '/');
  struct stat about;
  char beside[PATH];
  snprintf(beside, sizeof beside, "%.*s", slash ? (int)(slash - c->path) + (slash == c->path) : 1,
           slash ? c->path : ".");
  snprintf(c->folder, sizeof c->folder, "%.4000s/images", beside);
  if (pictures)
    snprintf(c->folder, sizeof c->folder, "%s", pictures);
  else if (stat(c->folder, &about) || !S_ISDIR(about.st_mode))
    memcpy(c->folder, beside, sizeof beside);
}

static fv_status read_lists(coco *c, const json_t *root) {
  TRY(index_list(&c->images, &c->image_count, root, "images", "id"));
  TRY(index_list(&c->annotations, &c->annotation_count, root, "annotations", "image_id"));
  TRY(index_list(&c->categories, &c->category_count, root, "categories", "id"));
  c->objects = calloc(c->annotation_count + 1, sizeof *c->objects);
  c->names = calloc(c->annotation_count + 1, sizeof *c->names);
  if (!c->objects || !c->names) return fail(FV_ERROR_MEMORY, "no memory for %zu annotations", c->annotation_count);
  size_t next = 0;
  for (size_t i = 0; i < c->image_count; i++) TRY(add_image(c, &c->images[i], &next));
  return FV_OK;
}

fv_status fv__detection_read_coco(fv_detection_set *set, const char *path, const char *pictures) {
  uint8_t *bytes;
  size_t size;
  json_error_t error;
  coco c = {.set = set, .path = path};
  TRY(fv__file_read(&bytes, &size, path, longest));
  json_t *root = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error);
  free(bytes);
  if (!root) return fail(FV_ERROR_FORMAT, "line %d: no JSON: %s", error.line, error.text);
  find_folder(&c, pictures);
  fv_status status = read_lists(&c, root);
  free(c.images);
  free(c.annotations);
  free(c.categories);
  free(c.objects);
  free(c.names);
  json_decref(root);
  return status;
}
