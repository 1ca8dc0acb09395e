/* Detection sets: pictures as they are added, and what a finished set is. */
#include <fovea/detection_set.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fail.h"
#include "tasks/detection_set.h"

typedef struct named_object {
  fv_object object;
  const char *class;
} named_object;

typedef struct picture {
  const char *path, *source;
  int32_t height, width, count;
  named_object *named;
  fv_object *objects; /* when finished */
} picture;

struct fv_detection_set {
  fv__arena arena;
  picture *pictures;
  int64_t count, room;
  const char **classes;
  int32_t class_count;
  fv_broken_file *broken;
  int64_t broken_count, broken_room;
  fv_dataset *files;
};

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for a detection set"); }

fv_status fv_detection_set_create(fv_detection_set **set) {
  *set = calloc(1, sizeof **set);
  return *set ? FV_OK : no_memory();
}

void fv_detection_set_destroy(fv_detection_set *set) {
  if (!set) return;
  fv_dataset_destroy(set->files);
  fv__arena_clear(&set->arena);
  free(set->pictures);
  free(set->classes);
  free(set->broken);
  free(set);
}

/* Room for one more in a list; false without memory. */
static bool make_room(void **list, int64_t count, int64_t *room, size_t each) {
  if (count < *room) return true;
  const int64_t more = *room ? 2 * *room : 64;
  void *larger = reallocarray(*list, (size_t)more, each);
  if (!larger) return false;
  *list = larger;
  *room = more;
  return true;
}

fv_status fv_detection_set_complain(fv_detection_set *set, const char *name, const char *message) {
  void *list = set->broken;
  if (!make_room(&list, set->broken_count, &set->broken_room, sizeof *set->broken)) return no_memory();
  set->broken = list;
  const fv_broken_file entry = {fv__arena_text(&set->arena, name), fv__arena_text(&set->arena, message)};
  if (!entry.name || !entry.message) return no_memory();
  set->broken[set->broken_count++] = entry;
  return FV_OK;
}

/* ---- adding ---- */

static fv_status read_extents(picture *p) {
  fv_image image;
  TRY(fv_image_read(&image, p->path));
  p->height = image.height;
  p->width = image.width;
  fv_image_destroy(&image);
  return FV_OK;
}

/* Cuts the box to its picture; what is wrong with it, or NULL. */
static const char *settle_box(fv_box *box, const picture *p) {
  const fv_box whole = {0, 0, (float)p->width, (float)p->height};
  if (!isfinite(box->x0) || !isfinite(box->y0) || !isfinite(box->x1) || !isfinite(box->y1))
    return "has a side that is no number";
  if (fv_box_area(box) == 0) return "has no area";
  *box = fv_box_clip(box, &whole);
  return fv_box_area(box) == 0 ? "is outside of its picture" : NULL;
}

static fv_status add_objects(fv_detection_set *set, picture *p, const fv_annotation *a) {
  char text[1024];
  p->named = fv__arena_take(&set->arena, (size_t)a->count * sizeof *p->named + 1);
  if (!p->named) return no_memory();
  for (int32_t i = 0; i < a->count; i++) {
    named_object *to = &p->named[p->count];
    *to = (named_object){a->objects[i], fv__arena_text(&set->arena, a->class_names[i])};
    if (!to->class) return no_memory();
    const fv_box given = to->object.box;
    const char *wrong = *to->class ? settle_box(&to->object.box, p) : "has no class";
    if (wrong) {
      snprintf(text, sizeof text, "%.400s: box %" PRId32 " of class '%.100s' (%g, %g, %g, %g) %s", p->source, i + 1,
               to->class, (double)given.x0, (double)given.y0, (double)given.x1, (double)given.y1, wrong);
      TRY(fv_detection_set_complain(set, p->source, text));
    } else {
      p->count++;
    }
  }
  return FV_OK;
}

fv_status fv_detection_set_add(fv_detection_set *set, const fv_annotation *a) {
  void *list = set->pictures;
  if (set->files) return fail(FV_ERROR_STATE, "the detection set is finished");
  if (!make_room(&list, set->count, &set->room, sizeof *set->pictures)) return no_memory();
  set->pictures = list;
  picture p = {.path = fv__arena_text(&set->arena, a->path),
               .source = fv__arena_text(&set->arena, a->source ? a->source : a->path),
               .height = a->height,
               .width = a->width};
  if (!p.path || !p.source) return no_memory();
  if ((p.height < 1 || p.width < 1) && read_extents(&p))
    return fv_detection_set_complain(set, p.path, fv_error_message());
  TRY(add_objects(set, &p, a));
  set->pictures[set->count++] = p;
  return FV_OK;
}

/* ---- finishing ---- */

static int by_bytes(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* Whether a name is among those apart by commas. */
static bool is_listed(const char *names, const char *name) {
  const size_t length = strlen(name);
  for (const char *at = names; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
    at += strspn(at, " ");
    if (!strncmp(at, name, length) && (at[length] == ',' || at[length] == '\0' || at[length] == ' ')) return true;
  }
  return false;
}

static void keep_classes(fv_detection_set *set, const char *names) {
  for (int64_t i = 0; i < set->count; i++) {
    picture *p = &set->pictures[i];
    int32_t kept = 0;
    for (int32_t k = 0; k < p->count; k++)
      if (is_listed(names, p->named[k].class)) p->named[kept++] = p->named[k];
    p->count = kept;
  }
}

static void keep_single(fv_detection_set *set) {
  int64_t kept = 0;
  for (int64_t i = 0; i < set->count; i++)
    if (set->pictures[i].count == 1) set->pictures[kept++] = set->pictures[i];
  set->count = kept;
}

static fv_status collect_classes(fv_detection_set *set) {
  int64_t total = 0;
  for (int64_t i = 0; i < set->count; i++) total += set->pictures[i].count;
  set->classes = malloc(((size_t)total + 1) * sizeof *set->classes);
  if (!set->classes) return no_memory();
  int64_t count = 0, distinct = 0;
  for (int64_t i = 0; i < set->count; i++)
    for (int32_t k = 0; k < set->pictures[i].count; k++) set->classes[count++] = set->pictures[i].named[k].class;
  qsort(set->classes, (size_t)count, sizeof *set->classes, by_bytes);
  for (int64_t i = 0; i < count; i++)
    if (!distinct || strcmp(set->classes[distinct - 1], set->classes[i])) set->classes[distinct++] = set->classes[i];
  set->class_count = (int32_t)distinct;
  return distinct ? FV_OK : fail(FV_ERROR_FORMAT, "there is no object in the set");
}

static fv_status adopt_classes(fv_detection_set *set, const char *const *names, int32_t count) {
  set->classes = malloc(((size_t)count + 1) * sizeof *set->classes);
  if (!set->classes) return no_memory();
  for (int32_t i = 0; i < count; i++)
    if (!(set->classes[i] = fv__arena_text(&set->arena, names[i]))) return no_memory();
  set->class_count = count;
  return FV_OK;
}

/* -1: it is none of them. */
static int32_t class_of(const fv_detection_set *set, const char *name) {
  for (int32_t i = 0; i < set->class_count; i++)
    if (!strcmp(set->classes[i], name)) return i;
  return -1;
}

static fv_status number_objects(fv_detection_set *set, picture *p, bool only_named) {
  int32_t kept = 0;
  p->objects = fv__arena_take(&set->arena, (size_t)p->count * sizeof *p->objects + 1);
  if (!p->objects) return no_memory();
  for (int32_t k = 0; k < p->count; k++) {
    const int32_t class = class_of(set, p->named[k].class);
    if (class < 0 && !only_named)
      return fail(FV_ERROR_INVALID, "%s: class '%.100s' is not one of the %" PRId32 " that there are", p->source,
                  p->named[k].class, set->class_count);
    if (class < 0) continue;
    p->objects[kept] = p->named[k].object;
    p->objects[kept++].class_index = class;
  }
  p->count = kept;
  return FV_OK;
}

/* Pictures that cannot be read go, and are listed. */
static fv_status open_pictures(fv_detection_set *set, const fv_dataset_options *options) {
  static const char *const one_class[] = {"picture"};
  char name[4096];
  const char **paths = malloc(((size_t)set->count + 1) * sizeof *paths);
  if (!paths) return no_memory();
  for (int64_t i = 0; i < set->count; i++) paths[i] = set->pictures[i].path;
  fv_status status = fv_dataset_of_files(
      &set->files, &(fv_dataset_list){.count = set->count, .paths = paths, .class_names = one_class, .class_count = 1},
      options);
  free(paths);
  if (status) return status;
  int64_t kept = 0;
  for (int64_t i = 0; i < set->count && kept < fv_dataset_count(set->files); i++)
    if (!strcmp(set->pictures[i].path, fv_dataset_name(name, sizeof name, set->files, kept)))
      set->pictures[kept++] = set->pictures[i];
  set->count = kept;
  for (int64_t i = 0; i < fv_dataset_broken_count(set->files); i++) {
    const fv_broken_file broken = fv_dataset_broken(set->files, i);
    TRY(fv_detection_set_complain(set, broken.name, broken.message));
  }
  return kept == fv_dataset_count(set->files) ? FV_OK : fail(FV_ERROR_STATE, "a picture is listed twice");
}

fv_status fv_detection_set_finish(fv_detection_set *set, const fv_detection_set_options *options) {
  static const fv_detection_set_options none = {.pictures = NULL};
  const fv_detection_set_options *o = options ? options : &none;
  if (set->files) return fail(FV_ERROR_STATE, "the detection set is finished");
  if (o->classes) keep_classes(set, o->classes);
  TRY(o->names ? adopt_classes(set, o->names, o->name_count) : collect_classes(set));
  for (int64_t i = 0; i < set->count; i++) TRY(number_objects(set, &set->pictures[i], o->only_named));
  if (o->single) keep_single(set);
  if (!set->count)
    return fail(FV_ERROR_FORMAT, "the set has no pictures%s", o->single ? " with exactly one object" : "");
  return open_pictures(set, o->files);
}

/* ---- what there is ---- */

const fv_dataset *fv_detection_set_pictures(const fv_detection_set *set) { return set->files; }
int64_t fv_detection_set_count(const fv_detection_set *set) { return set->count; }
int32_t fv_detection_set_class_count(const fv_detection_set *set) { return set->class_count; }
int64_t fv_detection_set_broken_count(const fv_detection_set *set) { return set->broken_count; }

fv_annotated fv_detection_set_at(const fv_detection_set *set, int64_t picture_number) {
  if (picture_number < 0 || picture_number >= set->count) return (fv_annotated){.path = NULL};
  const picture *p = &set->pictures[picture_number];
  return (fv_annotated){p->path, p->height, p->width, p->count, p->objects};
}

int64_t fv_detection_set_objects(const fv_detection_set *set) {
  int64_t total = 0;
  for (int64_t i = 0; i < set->count; i++) total += set->pictures[i].count;
  return total;
}

const char *const *fv_detection_set_class_names(const fv_detection_set *set) { return set->classes; }

const char *fv_detection_set_class_name(const fv_detection_set *set, int32_t class_index) {
  return class_index >= 0 && class_index < set->class_count ? set->classes[class_index] : "";
}

fv_broken_file fv_detection_set_broken(const fv_detection_set *set, int64_t index) {
  return index >= 0 && index < set->broken_count ? set->broken[index] : (fv_broken_file){NULL, NULL};
}

/* ---- opening ---- */

fv_status fv_detection_set_open(fv_detection_set **set, const char *path, const fv_detection_set_options *options) {
  TRY(fv_detection_set_create(set));
  fv_status status = fv__detection_is_coco(path)
                         ? fv__detection_read_coco(*set, path, options ? options->pictures : NULL)
                         : fv__detection_read_yolo(*set, path);
  if (!status) status = fv_detection_set_finish(*set, options);
  if (!status) return FV_OK;
  fv_detection_set_destroy(*set);
  *set = NULL;
  return note(status, "%s", path);
}
