/* HDF5: the tree of groups is walked, every attribute is read as every kind, every small dataset is read. */
#include "fuzz.h"

#include "formats/hdf5/hdf5.h"

enum { OBJECTS_MAX = 200, NUMBERS_MAX = 1 << 18 };

static void read_attributes(fv__hdf5 *file, fv__hdf5_object object) {
  fv__hdf5_list names, texts;
  const char *text;
  int64_t integer;
  if (fv__hdf5_attribute_names(file, &names, object)) return;
  for (int32_t i = 0; i < names.count && i < OBJECTS_MAX; i++) {
    expect_sentence(fv__hdf5_text(file, &text, object, names.names[i]));
    expect_sentence(fv__hdf5_texts(file, &texts, object, names.names[i]));
    expect_sentence(fv__hdf5_integer(file, &integer, object, names.names[i]));
  }
}

static void read_dataset(fv__hdf5 *file, fv__hdf5_object object) {
  fv__hdf5_numbers numbers;
  if (fv__hdf5_numbers_of(file, &numbers, object) || numbers.count > NUMBERS_MAX) return;
  float *values = malloc((size_t)numbers.count * sizeof *values + 1);
  if (values && !fv__hdf5_read(file, values, numbers.count, object, NULL)) touch(values, numbers.count);
  free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  fv__source source;
  fv__hdf5 *file;
  fv__hdf5_object queue[OBJECTS_MAX];
  int32_t count = 1;
  fv__source_memory(&source, bytes, size);
  fv_status status = fv__hdf5_open(&file, &source);
  expect_sentence(status);
  if (status) return 0;
  queue[0] = fv__hdf5_root(file);
  for (int32_t next = 0; next < count; next++) {
    fv__hdf5_list children;
    read_attributes(file, queue[next]);
    read_dataset(file, queue[next]);
    if (fv__hdf5_children(file, &children, queue[next])) continue;
    for (int32_t i = 0; i < children.count && count < OBJECTS_MAX; i++) queue[count++] = children.objects[i];
  }
  fv__hdf5_close(file);
  return 0;
}
