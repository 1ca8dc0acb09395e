/* Arrays as samples: numbers stay of the type they are stored in and are converted when a sample is read. */
#include "data/arrays.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"

enum { HEAD_BYTES = (1 << 16) + 16, LABELS_AT_ONCE = 1024 };

/* ---- arrays */

static fv_status read_header(fv__array *array) {
  const size_t bytes = array->source.size < HEAD_BYTES ? (size_t)array->source.size : HEAD_BYTES;
  uint8_t *head = malloc(bytes + 1);
  if (!head) return fail(FV_ERROR_MEMORY, "no memory for the head of an array");
  fv_status status = fv__source_read(&array->source, 0, head, bytes);
  if (!status) status = fv__npy_read_header(&array->header, head, bytes);
  free(head);
  return status;
}

static fv_status check_size(fv__array *array) {
  const fv__npy_header *h = &array->header;
  TRY(fv__npy_element_bytes(&array->element_bytes, h->type));
  TRY(fv_shape_elements(&array->count, &h->shape));
  if (h->fortran_order && h->shape.rank > 1)
    return fail(FV_ERROR_UNSUPPORTED, "is in Fortran order; save numpy.ascontiguousarray of it");
  size_t expected;
  const int64_t found = array->source.size - (int64_t)h->data_offset;
  if (!fv__size_bytes(&expected, array->count, array->element_bytes) || (int64_t)expected != found)
    return fail(FV_ERROR_FORMAT, "expected %lld elements of %zu bytes, found %lld bytes", (long long)array->count,
                array->element_bytes, (long long)found);
  return FV_OK;
}

static fv_status begin(fv__array *array) {
  fv_status status = read_header(array);
  if (!status) status = check_size(array);
  if (status) fv__array_close(array);
  return status;
}

fv_status fv__array_take(fv__array *array, char *bytes, size_t size) {
  *array = (fv__array){.bytes = bytes};
  fv__source_memory(&array->source, bytes, size);
  return begin(array);
}

fv_status fv__array_open(fv__array *array, const char *path) {
  *array = (fv__array){0};
  TRY(fv__source_open(&array->source, path));
  return begin(array);
}

void fv__array_close(fv__array *array) {
  fv__source_close(&array->source);
  free(array->bytes);
  *array = (fv__array){.source = {.descriptor = -1}};
}

/* Elements from `first` on; `elements` has room for their bytes. */
static fv_status read_elements(uint8_t *elements, const fv__array *array, int64_t first, int64_t count) {
  return fv__source_read(&array->source, (int64_t)(array->header.data_offset + (size_t)first * array->element_bytes),
                         elements, (size_t)count * array->element_bytes);
}

/* ---- labels */

static fv_status not_whole(int64_t sample, double value) {
  return fail(FV_ERROR_FORMAT, "label %lld: expected a class number of 0 to 65535, found %.10g", (long long)sample,
              value);
}

static fv_status label_of_row(int32_t *label, const float *row, int64_t columns, int64_t sample) {
  if (columns == 1) {
    if (!(row[0] >= 0 && row[0] <= 65535 && row[0] == floorf(row[0]))) return not_whole(sample, (double)row[0]);
    *label = (int32_t)row[0];
    return FV_OK;
  }
  *label = -1;
  for (int64_t c = 0; c < columns; c++) {
    if (row[c] == 0) continue;
    if (row[c] != 1 || *label >= 0)
      return fail(FV_ERROR_FORMAT, "label %lld: expected one 1 among zeros, the class", (long long)sample);
    *label = (int32_t)c;
  }
  if (*label < 0) return fail(FV_ERROR_FORMAT, "label %lld: expected one 1 among zeros, found none", (long long)sample);
  return FV_OK;
}

static fv_status read_rows(fv__store *store, const fv__array *y, int64_t columns, uint8_t *elements, float *numbers,
                           int64_t at_once) {
  for (int64_t first = 0; first < store->count; first += at_once) {
    const int64_t rows = store->count - first < at_once ? store->count - first : at_once;
    TRY(read_elements(elements, y, first * columns, rows * columns));
    fv__npy_convert(numbers, elements, y->header.type, rows * columns);
    for (int64_t i = 0; i < rows; i++)
      TRY(label_of_row(&store->labels[first + i], numbers + i * columns, columns, first + i));
  }
  return FV_OK;
}

static fv_status read_labels(fv__store *store, const fv__array *y, int64_t samples) {
  const fv_shape *shape = &y->header.shape;
  if (shape->rank < 1 || shape->rank > 2 || shape->dims[0] != samples) {
    char text[128];
    return fail(FV_ERROR_FORMAT, "expected %lld labels, one an image, found shape %s", (long long)samples,
                fv_shape_text(text, sizeof text, shape));
  }
  const int64_t columns = shape->rank == 2 ? shape->dims[1] : 1;
  if (columns < 1 || columns > 65536)
    return fail(FV_ERROR_FORMAT, "expected 1 to 65536 classes, found %lld", (long long)columns);
  TRY(fv__store_take_labels(store, samples));
  const int64_t at_once = columns < LABELS_AT_ONCE ? LABELS_AT_ONCE / columns : 1;
  uint8_t *elements = calloc((size_t)(at_once * columns), y->element_bytes);
  float *numbers = calloc((size_t)(at_once * columns), sizeof *numbers);
  fv_status status = elements && numbers ? read_rows(store, y, columns, elements, numbers, at_once)
                                         : fail(FV_ERROR_MEMORY, "no memory for %lld labels", (long long)samples);
  free(elements);
  free(numbers);
  if (status) return status;
  TRY(fv__store_numbered(store));
  if (columns > 1) store->class_count = (int32_t)columns;
  return FV_OK;
}

/* ---- samples */

typedef struct arrays {
  fv__array x;
  const char *name;
  int32_t height, width;
  int64_t channels;
  bool are_bytes; /* and of channels that a picture can have */
} arrays;

static fv_status shape_samples(arrays *a, fv__store *store) {
  const fv_shape *shape = &a->x.header.shape;
  char text[128];
  if (shape->rank < 3 || shape->rank > 4)
    return fail(FV_ERROR_FORMAT, "expected images (samples, height, width[, channels]), found shape %s",
                fv_shape_text(text, sizeof text, shape));
  for (int32_t i = 0; i < shape->rank; i++)
    if (shape->dims[i] < 1 || (i && shape->dims[i] > FV_IMAGE_MAX_SIDE))
      return fail(FV_ERROR_UNSUPPORTED, "expected images with sides of 1 to %d, found shape %s", FV_IMAGE_MAX_SIDE,
                  fv_shape_text(text, sizeof text, shape));
  a->height = (int32_t)shape->dims[1];
  a->width = (int32_t)shape->dims[2];
  a->channels = shape->rank == 4 ? shape->dims[3] : 1;
  a->are_bytes = !strcmp(a->x.header.type, "|u1") && (a->channels == 1 || a->channels == 3 || a->channels == 4);
  store->gives_numbers = !a->are_bytes;
  store->shape = (fv_shape){3, {a->height, a->width, a->channels}};
  return FV_OK;
}

fv_status fv__arrays_give(fv__store *store, fv__array *x, const fv__array *y, const char *name) {
  arrays *a = fv__arena_take(&store->arena, sizeof *a);
  if (!a) return fail(FV_ERROR_MEMORY, "no memory for a data set");
  *a = (arrays){.x = *x, .name = name};
  *x = (fv__array){.source = {.descriptor = -1}};
  store->own = a;
  TRY(shape_samples(a, store));
  return read_labels(store, y, a->x.header.shape.dims[0]);
}

static fv_status read_numbers(fv_sample *sample, const arrays *a, int64_t first, int64_t count) {
  TRY(fv_tensor_create(&sample->numbers, &(fv_shape){3, {a->height, a->width, a->channels}}));
  uint8_t *elements = calloc((size_t)count, a->x.element_bytes);
  if (!elements) return fail(FV_ERROR_MEMORY, "no memory for a sample of %lld numbers", (long long)count);
  fv_status status = read_elements(elements, &a->x, first, count);
  if (!status) fv__npy_convert(sample->numbers.data, elements, a->x.header.type, count);
  free(elements);
  return status;
}

fv_status fv__arrays_read(fv_sample *sample, const fv__store *store, int64_t index) {
  const arrays *a = store->own;
  const int64_t count = (int64_t)a->height * a->width * a->channels;
  fv_status status;
  if (a->are_bytes) {
    status = fv_image_create(&sample->image, a->height, a->width, (int32_t)a->channels);
    if (!status) status = read_elements(sample->image.pixels, &a->x, index * count, count);
  } else {
    status = read_numbers(sample, a, index * count, count);
  }
  return status ? note(status, "%s", a->name) : FV_OK;
}

void fv__arrays_name(char *text, size_t size, const fv__store *store, int64_t index) {
  const arrays *a = store->own;
  snprintf(text, size, "%s[%lld]", a->name, (long long)index);
}

void fv__arrays_close(fv__store *store) {
  arrays *a = store->own;
  fv__array_close(&a->x);
}
