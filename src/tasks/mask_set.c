/* Mask sets: pairs of files, what their masks have, and parts of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "tasks/folder.h"
#include "tasks/mask_key.h"

enum { PATH = 4096 };
static const int64_t longest_names = 1 << 20;

typedef struct masked {
  const char *picture, *mask;
} masked;

struct fv_mask_set {
  fv__arena arena;
  masked *pairs;
  int64_t count;
  fv_mask_key key;
  const char **names;
  int64_t pixels[256];
  fv_broken_file *broken;
  int64_t broken_count, broken_room;
  fv_dataset *files;
};

static fv_status no_memory(void) { return fail(FV_ERROR_MEMORY, "no memory for a set of masks"); }

void fv_mask_set_destroy(fv_mask_set *set) {
  if (!set) return;
  fv_dataset_destroy(set->files);
  fv__arena_clear(&set->arena);
  free(set->pairs);
  free(set->broken);
  free(set);
}

static fv_status complain(fv_mask_set *set, const char *name, const char *message) {
  if (set->broken_count == set->broken_room) {
    const int64_t room = set->broken_room ? 2 * set->broken_room : 16;
    fv_broken_file *more = reallocarray(set->broken, (size_t)room, sizeof *more);
    if (!more) return no_memory();
    set->broken = more;
    set->broken_room = room;
  }
  const fv_broken_file entry = {fv__arena_text(&set->arena, name), fv__arena_text(&set->arena, message)};
  if (!entry.name || !entry.message) return no_memory();
  set->broken[set->broken_count++] = entry;
  return FV_OK;
}

/* ---- where pictures and masks are ---- */

static bool find_inside(char found[PATH], const char *folder, const char *const *names) {
  for (int i = 0; names[i]; i++) {
    snprintf(found, PATH, "%.4000s/%s", folder, names[i]);
    if (fv__is_folder(found)) return true;
  }
  return false;
}

static fv_status find_folders(char pictures[PATH], char masks[PATH], const char *path, const char *given) {
  static const char *const of_pictures[] = {"images", "image", NULL};
  static const char *const of_masks[] = {"masks", "mask", "labels", "label", "annotations", NULL};
  size_t length = strlen(path);
  if (!fv__is_folder(path))
    return fail(fv__is_file(path) ? FV_ERROR_FORMAT : FV_ERROR_NOT_FOUND, "is no folder of pictures with masks");
  while (length > 1 && path[length - 1] == '/') length--;
  if (!find_inside(pictures, path, of_pictures)) snprintf(pictures, PATH, "%.*s", (int)length, path);
  if (given) {
    snprintf(masks, PATH, "%s", given);
    return fv__is_folder(given) ? FV_OK : fail(FV_ERROR_NOT_FOUND, "%s: is no folder of masks", given);
  }
  if (find_inside(masks, path, of_masks)) return FV_OK;
  snprintf(masks, PATH, "%.*sannot", (int)(length < 4000 ? length : 4000), path);
  if (fv__is_folder(masks)) return FV_OK;
  return fail(FV_ERROR_NOT_FOUND, "has no folder masks/ beside images/; say where the masks are");
}

/* The mask of a picture is mostly the one after that of the picture before, `*next`: both are in the order of bytes. */
static const char *mask_of(const char *picture, struct dirent *const *masks, int count, int *next) {
  const int length = fv__stem_length(picture);
  for (int i = 0; i < count; i++) {
    const char *mask = masks[(*next + i) % count]->d_name;
    if (fv__stem_length(mask) != length || memcmp(mask, picture, (size_t)length) != 0) continue;
    *next = (*next + i + 1) % count;
    return mask;
  }
  return NULL;
}

static fv_status add_pair(fv_mask_set *set, const char *pictures, const char *picture, const char *masks,
                          const char *mask) {
  char path[2 * PATH], message[2 * PATH + 100];
  snprintf(path, sizeof path, "%s/%s", pictures, picture);
  if (!mask) {
    snprintf(message, sizeof message, "%.4000s: there is no mask of this name in %.4000s", path, masks);
    return complain(set, path, message);
  }
  masked *pair = &set->pairs[set->count++];
  pair->picture = fv__arena_text(&set->arena, path);
  snprintf(path, sizeof path, "%s/%s", masks, mask);
  pair->mask = fv__arena_text(&set->arena, path);
  return pair->picture && pair->mask ? FV_OK : no_memory();
}

static void free_entries(struct dirent **entries, int count) {
  for (int i = 0; i < count; i++) free(entries[i]);
  if (count) free(entries);
}

static fv_status collect(fv_mask_set *set, const char *path, const char *given) {
  char pictures[PATH], masks[PATH];
  struct dirent **files = NULL, **mask_files = NULL;
  int count = 0, mask_count = 0, next = 0;
  TRY(find_folders(pictures, masks, path, given));
  fv_status status = fv__folder_pictures(&files, &count, pictures);
  if (!status) status = fv__folder_pictures(&mask_files, &mask_count, masks);
  set->pairs = calloc((size_t)count + 1, sizeof *set->pairs);
  if (!status && !set->pairs) status = no_memory();
  for (int i = 0; i < count && !status; i++)
    status = add_pair(set, pictures, files[i]->d_name, masks, mask_of(files[i]->d_name, mask_files, mask_count, &next));
  free_entries(files, count);
  free_entries(mask_files, mask_count);
  if (status || set->count) return status;
  return fail(FV_ERROR_FORMAT, count ? "none of the %d pictures has a mask" : "the folder has no pictures", count);
}

/* ---- pictures ---- */

/* Those that cannot be read go, and are listed. */
static fv_status open_pictures(fv_mask_set *set, const fv_dataset_options *options) {
  static const char *const one_class[] = {"picture"};
  char name[2 * PATH];
  const char **paths = malloc(((size_t)set->count + 1) * sizeof *paths);
  if (!paths) return no_memory();
  for (int64_t i = 0; i < set->count; i++) paths[i] = set->pairs[i].picture;
  fv_status status = fv_dataset_of_files(
      &set->files, &(fv_dataset_list){.count = set->count, .paths = paths, .class_names = one_class, .class_count = 1},
      options);
  free(paths);
  if (status) return status;
  int64_t kept = 0;
  for (int64_t i = 0; i < set->count && kept < fv_dataset_count(set->files); i++)
    if (!strcmp(set->pairs[i].picture, fv_dataset_name(name, sizeof name, set->files, kept)))
      set->pairs[kept++] = set->pairs[i];
  set->count = kept;
  for (int64_t i = 0; i < fv_dataset_broken_count(set->files); i++) {
    const fv_broken_file broken = fv_dataset_broken(set->files, i);
    TRY(complain(set, broken.name, broken.message));
  }
  return FV_OK;
}

/* ---- masks ---- */

static fv_status learn_key(fv_mask_set *set, const char *path, const fv_mask_set_options *o) {
  char file[PATH];
  uint8_t *text = NULL;
  size_t size;
  fv__census *census = calloc(1, sizeof *census);
  if (!census) return no_memory();
  fv_status status = FV_OK;
  for (int64_t i = 0; i < set->count && !status; i++) {
    fv_image image;
    if (fv_image_read_indices(&image, set->pairs[i].mask)) continue; /* said later */
    status = fv__census_add(census, &image);
    if (status) status = note(status, "%s", set->pairs[i].mask);
    fv_image_destroy(&image);
  }
  snprintf(file, sizeof file, "%.4000s/classes.txt", path);
  const char *names = o->class_names ? o->class_names : fv__is_file(file) ? file : NULL;
  if (!status && names) status = fv__file_read(&text, &size, names, longest_names);
  if (!status) {
    status = fv__mask_key_learn(&set->key, &set->names, &set->arena, census, (char *)text, o->ignore);
    if (status && names) status = note(status, "%s", names);
  }
  free(text);
  free(census);
  return status;
}

static fv_status adopt_key(fv_mask_set *set, const fv_mask_set_options *o) {
  set->key = *o->key;
  set->names = fv__arena_take(&set->arena, ((size_t)o->key->count + 1) * sizeof *set->names);
  if (!set->names) return no_memory();
  for (int32_t i = 0; i < o->key->count; i++)
    if (!(set->names[i] = fv__arena_text(&set->arena, o->names && o->names[i] ? o->names[i] : ""))) return no_memory();
  return FV_OK;
}

/* Pixels of each class; masks that are none go, and are listed. */
static fv_status count_pixels(fv_mask_set *set) {
  int64_t kept = 0;
  for (int64_t i = 0; i < set->count; i++) {
    fv_image classes;
    const fv_status status = fv_mask_read(&classes, set->pairs[i].mask, &set->key);
    if (status == FV_ERROR_MEMORY) return status;
    if (status) {
      TRY(complain(set, set->pairs[i].mask, fv_error_message()));
      continue;
    }
    const int64_t pixels = (int64_t)classes.height * classes.width;
    for (int64_t k = 0; k < pixels; k++) set->pixels[classes.pixels[k]]++;
    fv_image_destroy(&classes);
    set->pairs[kept++] = set->pairs[i];
  }
  set->count = kept;
  if (kept) return FV_OK;
  return fail(FV_ERROR_FORMAT, "no mask can be read; the last: %s", set->broken[set->broken_count - 1].message);
}

static fv_status fill(fv_mask_set *set, const char *path, const fv_mask_set_options *o) {
  TRY(collect(set, path, o->masks));
  TRY(o->key ? adopt_key(set, o) : learn_key(set, path, o));
  TRY(count_pixels(set));
  return open_pictures(set, o->files);
}

fv_status fv_mask_set_open(fv_mask_set **set, const char *path, const fv_mask_set_options *options) {
  static const fv_mask_set_options none = {.masks = NULL};
  *set = calloc(1, sizeof **set);
  if (!*set) return no_memory();
  fv_status status = fill(*set, path, options ? options : &none);
  if (!status) return FV_OK;
  fv_mask_set_destroy(*set);
  *set = NULL;
  return note(status, "%s", path);
}

/* ---- parts ---- */

static int by_picture(const void *a, const void *b) {
  return strcmp(((const masked *)a)->picture, ((const masked *)b)->picture);
}

/* The pairs of a part's pictures; the part owns `files` then. */
static fv_status take_part(fv_mask_set **part, const fv_mask_set *set, fv_dataset *files) {
  char name[2 * PATH];
  fv_mask_set *made = *part = calloc(1, sizeof **part);
  if (!made) {
    fv_dataset_destroy(files);
    return no_memory();
  }
  made->files = files;
  TRY(adopt_key(made, &(fv_mask_set_options){.key = &set->key, .names = set->names}));
  memcpy(made->pixels, set->pixels, sizeof made->pixels);
  made->pairs = calloc((size_t)fv_dataset_count(files) + 1, sizeof *made->pairs);
  if (!made->pairs) return no_memory();
  for (int64_t i = 0; i < fv_dataset_count(files); i++) {
    const masked wanted = {.picture = fv_dataset_name(name, sizeof name, files, i)};
    const masked *found = bsearch(&wanted, set->pairs, (size_t)set->count, sizeof *set->pairs, by_picture);
    if (!found) return fail(FV_ERROR_STATE, "%s: is not in the set", name);
    masked *pair = &made->pairs[made->count++];
    *pair = (masked){fv__arena_text(&made->arena, found->picture), fv__arena_text(&made->arena, found->mask)};
    if (!pair->picture || !pair->mask) return no_memory();
  }
  return FV_OK;
}

fv_status fv_mask_set_split(fv_mask_set **training, fv_mask_set **validation, const fv_mask_set *set,
                            const fv_dataset_split_options *options) {
  fv_dataset *files[2];
  *training = *validation = NULL;
  TRY(fv_dataset_split(&files[0], &files[1], set->files, options));
  fv_status status = take_part(training, set, files[0]);
  if (status)
    fv_dataset_destroy(files[1]);
  else
    status = take_part(validation, set, files[1]);
  if (!status) return FV_OK;
  fv_mask_set_destroy(*training);
  fv_mask_set_destroy(*validation);
  *training = *validation = NULL;
  return status;
}

/* ---- what there is ---- */

const fv_dataset *fv_mask_set_pictures(const fv_mask_set *set) { return set->files; }
int64_t fv_mask_set_count(const fv_mask_set *set) { return set->count; }
const fv_mask_key *fv_mask_set_key(const fv_mask_set *set) { return &set->key; }
const char *const *fv_mask_set_class_names(const fv_mask_set *set) { return set->names; }
int64_t fv_mask_set_broken_count(const fv_mask_set *set) { return set->broken_count; }

const char *fv_mask_set_picture(const fv_mask_set *set, int64_t index) {
  return index >= 0 && index < set->count ? set->pairs[index].picture : "";
}

const char *fv_mask_set_mask(const fv_mask_set *set, int64_t index) {
  return index >= 0 && index < set->count ? set->pairs[index].mask : "";
}

int64_t fv_mask_set_pixels(const fv_mask_set *set, int32_t class_index) {
  return class_index >= 0 && class_index < 256 ? set->pixels[class_index] : 0;
}

static int by_size(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

void fv_mask_set_weights(float *weights, const fv_mask_set *set) {
  int64_t sorted[256];
  int32_t present = 0;
  for (int32_t i = 0; i < set->key.count; i++)
    if (set->pixels[i]) sorted[present++] = set->pixels[i];
  qsort(sorted, (size_t)present, sizeof *sorted, by_size);
  const double median = !present ? 0 : ((double)sorted[present / 2] + (double)sorted[(present - 1) / 2]) / 2;
  for (int32_t i = 0; i < set->key.count; i++)
    weights[i] = set->pixels[i] ? (float)(median / (double)set->pixels[i]) : 0;
}

fv_broken_file fv_mask_set_broken(const fv_mask_set *set, int64_t index) {
  return index >= 0 && index < set->broken_count ? set->broken[index] : (fv_broken_file){NULL, NULL};
}
