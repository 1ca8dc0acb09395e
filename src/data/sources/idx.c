/* IDX files: pictures in one, their classes in another whose name says so.
 *
 *   train-images-idx3-ubyte   train-labels-idx1-ubyte   t10k-images-idx3-ubyte   t10k-labels-idx1-ubyte
 *
 * also with a dot for the hyphen before "idx", and each with or without .gz. The folder of all four is a set with its
 * set for validation; the name of a file of images, or what it begins with ("mnist/train"), is that set alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/source.h"
#include "data/idx.h"
#include "data/source.h"

enum { PATH_BYTES = 4096 };

/* ---- names */

/* The file whose name begins with `stem` and goes on as files of `what`, "images" or "labels", do; false when none is
 * there. */
static bool find_file(char path[PATH_BYTES], const char *stem, const char *what) {
  static const char marks[] = {'-', '.'};
  static const char *const endings[] = {"", ".gz"};
  const int rank = strcmp(what, "labels") ? 3 : 1;
  for (int i = 0; i < 2; i++)
    for (int k = 0; k < 2; k++) {
      const int length = snprintf(path, PATH_BYTES, "%s-%s%cidx%d-ubyte%s", stem, what, marks[i], rank, endings[k]);
      if (length < PATH_BYTES && fv__data_is_file(path)) return true;
    }
  return false;
}

/* "DIR/train" in a folder, or what was given; false when no images are there. */
static bool find_stem(char stem[PATH_BYTES], const fv__data_request *request, const char *part) {
  char images[PATH_BYTES];
  const char *path = request->path;
  const size_t length = strlen(path);
  const char *slash = length && path[length - 1] == '/' ? "" : "/";
  const int written = request->is_folder ? snprintf(stem, PATH_BYTES, "%s%s%s", path, slash, part)
                                         : snprintf(stem, PATH_BYTES, "%s", path);
  return written < PATH_BYTES && find_file(images, stem, "images");
}

/* Labels of a file of images: "images" becomes "labels" and "idx3" "idx1" in its name, .gz comes or goes. */
static bool find_labels_beside(char labels[PATH_BYTES], const char *images) {
  const char *name = strrchr(images, '/'), *word = strstr(name ? name : images, "images");
  if (!word || strlen(images) + 4 > PATH_BYTES) return false;
  snprintf(labels, PATH_BYTES, "%s", images);
  memcpy(labels + (word - images), "labels", 6);
  char *rank = strstr(labels + (word - images), "idx3");
  if (rank) rank[3] = '1';
  if (fv__data_is_file(labels)) return true;
  const size_t length = strlen(labels);
  if (length > 3 && !strcmp(labels + length - 3, ".gz"))
    labels[length - 3] = '\0';
  else
    memcpy(labels + length, ".gz", 4);
  return fv__data_is_file(labels);
}

/* ---- the source */

typedef struct pair_of_files {
  char images_path[PATH_BYTES], labels_path[PATH_BYTES];
  fv__source images_source;
  fv__idx images;
  int32_t height, width, channels;
} pair_of_files;

static fv_status find_files(pair_of_files *files, bool *is_there, const fv__data_request *request) {
  char stem[PATH_BYTES];
  *is_there = true;
  if (request->is_file && fv__idx_matches(request->head, request->head_bytes)) {
    *is_there = !request->validation;
    if (request->validation) return FV_OK;
    if (strlen(request->path) >= PATH_BYTES)
      return fail(FV_ERROR_INVALID, "%.60s...: the path is too long", request->path);
    snprintf(files->images_path, PATH_BYTES, "%s", request->path);
    if (find_labels_beside(files->labels_path, request->path)) return FV_OK;
    return fail(FV_ERROR_NOT_FOUND,
                "%s: no file of labels beside it; the name of images holds 'images', that of labels 'labels'",
                request->path);
  }
  *is_there = (request->is_folder || !request->validation) &&
              find_stem(stem, request, request->validation ? "t10k" : "train") &&
              find_file(files->images_path, stem, "images");
  if (!*is_there) return FV_OK;
  if (find_file(files->labels_path, stem, "labels")) return FV_OK;
  return fail(FV_ERROR_NOT_FOUND, "%s-labels-idx1-ubyte: no such file", stem);
}

static fv_status check_images(pair_of_files *files) {
  const fv__idx *images = &files->images;
  const int64_t channels = images->rank == 4 ? images->dims[3] : 1;
  if (images->rank < 3) return fail(FV_ERROR_FORMAT, "expected images, 3 or 4 axes, found %d", images->rank);
  if (channels != 1 && channels != 3 && channels != 4)
    return fail(FV_ERROR_UNSUPPORTED, "expected 1, 3 or 4 channels, found %lld", (long long)channels);
  if (images->dims[1] > FV_IMAGE_MAX_SIDE || images->dims[2] > FV_IMAGE_MAX_SIDE)
    return fail(FV_ERROR_UNSUPPORTED, "expected sides of at most %d, found %lld x %lld", FV_IMAGE_MAX_SIDE,
                (long long)images->dims[1], (long long)images->dims[2]);
  files->height = (int32_t)images->dims[1];
  files->width = (int32_t)images->dims[2];
  files->channels = (int32_t)channels;
  return FV_OK;
}

static fv_status open_images(pair_of_files *files) {
  fv_status status = fv__source_open(&files->images_source, files->images_path);
  if (!status) status = fv__idx_open(&files->images, &files->images_source);
  if (!status) status = check_images(files);
  return status ? note(status, "%s", files->images_path) : FV_OK;
}

static fv_status take_labels(fv__store *store, const fv__idx *labels, int64_t expected) {
  if (labels->rank != 1) return fail(FV_ERROR_FORMAT, "expected labels, 1 axis, found %d", labels->rank);
  if (labels->dims[0] != expected)
    return fail(FV_ERROR_FORMAT, "expected %lld labels, one an image, found %lld", (long long)expected,
                (long long)labels->dims[0]);
  uint8_t *bytes = malloc((size_t)expected);
  if (!bytes) return fail(FV_ERROR_MEMORY, "no memory for %lld labels", (long long)expected);
  fv_status status = fv__idx_read(bytes, labels, 0, expected);
  if (!status) status = fv__store_take_labels(store, expected);
  for (int64_t i = 0; !status && i < expected; i++) store->labels[i] = bytes[i];
  free(bytes);
  return status;
}

static fv_status read_labels(fv__store *store, const pair_of_files *files) {
  fv__source source;
  fv__idx labels = {0};
  fv_status status = fv__source_open(&source, files->labels_path);
  if (!status) status = fv__idx_open(&labels, &source);
  if (!status) status = take_labels(store, &labels, files->images.dims[0]);
  fv__idx_close(&labels);
  fv__source_close(&source);
  return status ? note(status, "%s", files->labels_path) : FV_OK;
}

static fv_status open_pair(fv__store *store, const fv__data_request *request) {
  pair_of_files *files = fv__arena_take(&store->arena, sizeof *files);
  bool is_there;
  if (!files) return fail(FV_ERROR_MEMORY, "no memory for a data set");
  TRY(find_files(files, &is_there, request));
  if (!is_there) return FV_OK;
  files->images_source.descriptor = -1;
  store->own = files;
  TRY(open_images(files));
  TRY(read_labels(store, files));
  store->shape = (fv_shape){3, {files->height, files->width, files->channels}};
  return fv__store_numbered(store);
}

static fv_status read_sample(fv_sample *sample, const fv__store *store, int64_t index) {
  const pair_of_files *files = store->own;
  const int64_t bytes = (int64_t)files->height * files->width * files->channels;
  TRY(fv_image_create(&sample->image, files->height, files->width, files->channels));
  fv_status status = fv__idx_read(sample->image.pixels, &files->images, index * bytes, bytes);
  return status ? note(status, "%s", files->images_path) : FV_OK;
}

static void name_sample(char *text, size_t size, const fv__store *store, int64_t index) {
  const pair_of_files *files = store->own;
  snprintf(text, size, "%s[%lld]", files->images_path, (long long)index);
}

static void close_pair(fv__store *store) {
  pair_of_files *files = store->own;
  fv__idx_close(&files->images);
  fv__source_close(&files->images_source);
}

static int matches(const fv__data_request *request) {
  char stem[PATH_BYTES];
  if (request->is_file) return fv__idx_matches(request->head, request->head_bytes) ? 2 : 0;
  return find_stem(stem, request, "train") ? 2 : 0;
}

const fv__data_source_type fv__data_source_idx = {.name = "idx",
                                                  .matches = matches,
                                                  .open = open_pair,
                                                  .read = read_sample,
                                                  .name_sample = name_sample,
                                                  .close = close_pair};
