/* Arrays in two files of NumPy: x.npy beside y.npy (x_train.npy beside y_train.npy), images.npy beside labels.npy. */
#include <string.h>

#include "data/arrays.h"

/* The path of the labels: "x" at the beginning of the file's name becomes "y", or "images" somewhere in it "labels". */
static fv_status find_labels(const char **labels, fv__store *store) {
  char *path = fv__arena_text(&store->arena, store->path);
  if (!path) return fail(FV_ERROR_MEMORY, "no memory for a path");
  char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *images = strstr(name, "images");
  if (images)
    memcpy(images, "labels", 6);
  else if (*name == 'x' || *name == 'X')
    *name = (char)(*name + 1);
  else
    return fail(FV_ERROR_NOT_FOUND,
                "no labels: expected a file x....npy beside y....npy, or images.npy beside labels.npy");
  *labels = path;
  return FV_OK;
}

static fv_status open_pair(fv__store *store, fv__array *x) {
  const char *labels = NULL;
  fv__array y;
  TRY(find_labels(&labels, store));
  fv_status status = fv__array_open(&y, labels);
  if (status) return note(status, "%s", labels);
  status = fv__arrays_give(store, x, &y, store->path);
  fv__array_close(&y);
  return status;
}

static fv_status open_files(fv__store *store, const fv__data_request *request) {
  if (request->validation) return FV_OK;
  fv__array x;
  fv_status status = fv__array_open(&x, store->path);
  if (!status) {
    status = open_pair(store, &x);
    fv__array_close(&x);
  }
  return status ? note(status, "%s", store->path) : FV_OK;
}

static int matches(const fv__data_request *request) {
  return request->is_file && request->head_bytes >= 6 && !memcmp(request->head, "\x93NUMPY", 6) ? 2 : 0;
}

const fv__data_source_type fv__data_source_npy = {.name = "npy",
                                                  .matches = matches,
                                                  .open = open_files,
                                                  .read = fv__arrays_read,
                                                  .name_sample = fv__arrays_name,
                                                  .close = fv__arrays_close};
