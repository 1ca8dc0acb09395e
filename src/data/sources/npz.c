/* Arrays in one archive of NumPy: x and y, x_train and y_train with x_test and y_test, or images and labels. */
#include <stdlib.h>
#include <string.h>

#include "base/source.h"
#include "base/zip.h"
#include "data/arrays.h"

static const int64_t SMALL = INT64_C(64) << 20;
enum { PACKED_MOST = 4 }; /* times the archive that may be unpacked beyond 64 MiB */

typedef struct names {
  const char *x, *y;
} names;

static const names training[] = {{"x_train.npy", "y_train.npy"},
                                 {"x.npy", "y.npy"},
                                 {"images.npy", "labels.npy"},
                                 {"train_images.npy", "train_labels.npy"},
                                 {NULL, NULL}};
static const names validation[] = {{"x_val.npy", "y_val.npy"},
                                   {"x_test.npy", "y_test.npy"},
                                   {"val_images.npy", "val_labels.npy"},
                                   {"test_images.npy", "test_labels.npy"},
                                   {NULL, NULL}};

static const names *find_names(const fv__zip *zip, const names *list) {
  for (; list->x; list++)
    if (fv__zip_find(zip, list->x) >= 0 && fv__zip_find(zip, list->y) >= 0) return list;
  return NULL;
}

static fv_status open_array(fv__array *array, fv__zip *zip, const char *member, int64_t archive_bytes) {
  const int32_t index = fv__zip_find(zip, member);
  char *bytes;
  fv_status status = fv__zip_read(zip, index, &bytes, SMALL + PACKED_MOST * archive_bytes);
  if (!status) status = fv__array_take(array, bytes, (size_t)fv__zip_size(zip, index));
  return status ? note(status, "%s", member) : FV_OK;
}

static fv_status read_pair(fv__store *store, fv__zip *zip, const names *found, int64_t archive_bytes) {
  fv__array x, y;
  TRY(open_array(&x, zip, found->x, archive_bytes));
  fv_status status = open_array(&y, zip, found->y, archive_bytes);
  if (!status) {
    status = fv__arrays_give(store, &x, &y, store->path);
    fv__array_close(&y);
  }
  fv__array_close(&x);
  return status;
}

static fv_status read_archive(fv__store *store, const fv__source *source, bool for_validation) {
  fv__zip *zip;
  TRY(fv__zip_open(&zip, source));
  const names *found = find_names(zip, for_validation ? validation : training);
  fv_status status = FV_OK;
  if (found)
    status = read_pair(store, zip, found, source->size);
  else if (!for_validation)
    status = fail(FV_ERROR_FORMAT, "expected arrays x and y, x_train and y_train, or images and labels");
  fv__zip_close(zip);
  return status;
}

static fv_status open_archive(fv__store *store, const fv__data_request *request) {
  fv__source source;
  fv_status status = fv__source_open(&source, store->path);
  if (!status) status = read_archive(store, &source, request->validation);
  fv__source_close(&source);
  return status ? note(status, "%s", store->path) : FV_OK;
}

static int matches(const fv__data_request *request) {
  return request->is_file && request->head_bytes >= 4 && !memcmp(request->head, "PK\3\4", 4) ? 2 : 0;
}

const fv__data_source_type fv__data_source_npz = {.name = "npz",
                                                  .matches = matches,
                                                  .open = open_archive,
                                                  .read = fv__arrays_read,
                                                  .name_sample = fv__arrays_name,
                                                  .close = fv__arrays_close};
