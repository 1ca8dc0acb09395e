/* The HDF5 writer: what it writes, our reader reads; files are the same every time. With h5py at hand
 * (FOVEA_H5PY=python, see tools/hdf5-check) the reference reads them too. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/hdf5/draft.h"
#include "formats/hdf5/hdf5.h"

#include "base/fail.h"
#undef fail
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
// clang-format on

/* The bytes of a finished draft. */
static char *bytes_of(fv__hdf5_draft *draft, size_t *size) {
  char *bytes;
  FILE *stream = open_memstream(&bytes, size);
  fv__sink sink = {.stream = stream};
  fv__hdf5_draft_write(draft, &sink);
  assert_int_equal(fclose(stream), 0);
  assert_int_equal(sink.size, *size);
  return bytes;
}

static void keep(const char *name, const char *bytes, size_t size) {
  const char *folder = getenv("FOVEA_KEEP");
  char path[500];
  if (!folder) return;
  snprintf(path, sizeof path, "%s/%s.h5", folder, name);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

static void test_everything(void **state) {
  (void)state;
  fv__hdf5_draft *draft;
  assert_int_equal(fv__hdf5_draft_create(&draft), FV_OK);
  fv__hdf5_node *root = fv__hdf5_draft_root(draft);
  const char *names[] = {"conv", "a longer name", ""};
  const float numbers[6] = {1, -2.5f, 3, 1e-30f, 5, INFINITY};
  const int64_t step = -77;
  fv__hdf5_add_text(draft, root, "keras_version", "2.15.0");
  fv__hdf5_add_text(draft, root, "empty", "");
  fv__hdf5_add_texts(draft, root, "names", names, 3);
  fv__hdf5_add_texts(draft, root, "none", NULL, 0);
  fv__hdf5_node *group = fv__hdf5_add_group(draft, root, "model_weights/conv");
  fv__hdf5_add_text(draft, group, "note", "inside");
  fv__hdf5_add_numbers(draft, group, "conv/kernel:0", &(fv_shape){.rank = 2, .dims = {2, 3}}, FV__FLOAT32, numbers);
  fv__hdf5_add_numbers(draft, group, "conv/bias:0", &(fv_shape){.rank = 1, .dims = {0}}, FV__FLOAT32, numbers);
  fv__hdf5_add_numbers(draft, root, "step", &(fv_shape){.rank = 0}, FV__INT64, &step);
  assert_int_equal(fv__hdf5_draft_finish(draft), FV_OK);
  size_t size, again_size;
  char *bytes = bytes_of(draft, &size), *again = bytes_of(draft, &again_size);
  assert_int_equal(size, again_size);
  assert_memory_equal(bytes, again, size);
  keep("everything", bytes, size);
  fv__hdf5_draft_destroy(draft);

  fv__source source;
  fv__hdf5 *file;
  const char *text;
  fv__hdf5_list list;
  fv__hdf5_object object;
  float read[6];
  fv__source_memory(&source, bytes, size);
  assert_int_equal(fv__hdf5_open(&file, &source), FV_OK);
  fv__hdf5_object top = fv__hdf5_root(file);
  assert_int_equal(fv__hdf5_text(file, &text, top, "keras_version"), FV_OK);
  assert_string_equal(text, "2.15.0");
  assert_int_equal(fv__hdf5_text(file, &text, top, "empty"), FV_OK);
  assert_string_equal(text, "");
  assert_int_equal(fv__hdf5_texts(file, &list, top, "names"), FV_OK);
  assert_int_equal(list.count, 3);
  for (int i = 0; i < 3; i++) assert_string_equal(list.names[i], names[i]);
  assert_int_equal(fv__hdf5_texts(file, &list, top, "none"), FV_OK);
  assert_int_equal(list.count, 0);
  assert_int_equal(fv__hdf5_find(file, &object, top, "model_weights/conv/conv/kernel:0"), FV_OK);
  assert_int_equal(fv__hdf5_read(file, read, 6, object, NULL), FV_OK);
  assert_memory_equal(read, numbers, sizeof read);
  assert_int_equal(fv__hdf5_find(file, &object, top, "model_weights/conv/conv/bias:0"), FV_OK);
  assert_int_equal(fv__hdf5_read(file, read, 0, object, NULL), FV_OK);
  assert_int_equal(fv__hdf5_find(file, &object, top, "step"), FV_OK);
  assert_int_equal(fv__hdf5_read(file, read, 1, object, NULL), FV_OK);
  assert_true(read[0] == -77);
  fv__hdf5_close(file);
  free(bytes);
  free(again);
}

/* Groups of so many children that their tree has several levels. */
static void test_many_children(void **state) {
  static const int counts[] = {1, 8, 9, 256, 257, 700, 8200};
  (void)state;
  for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
    fv__hdf5_draft *draft;
    assert_int_equal(fv__hdf5_draft_create(&draft), FV_OK);
    float *numbers = calloc((size_t)counts[c], sizeof *numbers);
    char name[32];
    assert_non_null(numbers);
    for (int i = 0; i < counts[c]; i++) {
      numbers[i] = (float)i;
      snprintf(name, sizeof name, "layer_%d", i);
      fv__hdf5_add_numbers(draft, fv__hdf5_draft_root(draft), name, &(fv_shape){.rank = 0}, FV__FLOAT32, &numbers[i]);
    }
    assert_int_equal(fv__hdf5_draft_finish(draft), FV_OK);
    size_t size;
    char *bytes = bytes_of(draft, &size);
    snprintf(name, sizeof name, "children_%d", counts[c]);
    keep(name, bytes, size);
    fv__source source;
    fv__hdf5 *file;
    fv__hdf5_list children;
    fv__source_memory(&source, bytes, size);
    assert_int_equal(fv__hdf5_open(&file, &source), FV_OK);
    assert_int_equal(fv__hdf5_children(file, &children, fv__hdf5_root(file)), FV_OK);
    assert_int_equal(children.count, counts[c]);
    for (int i = 0; i < counts[c]; i += 1 + counts[c] / 100) {
      fv__hdf5_object object;
      float number;
      snprintf(name, sizeof name, "layer_%d", i);
      assert_int_equal(fv__hdf5_find(file, &object, fv__hdf5_root(file), name), FV_OK);
      assert_int_equal(fv__hdf5_read(file, &number, 1, object, NULL), FV_OK);
      assert_true(number == (float)i);
    }
    fv__hdf5_close(file);
    fv__hdf5_draft_destroy(draft);
    free(bytes);
    free(numbers);
  }
}

/* Lists longer than an object header takes are split as Keras does. */
static void test_long_list(void **state) {
  enum { COUNT = 3000 };
  static char texts[COUNT][64];
  const char *names[COUNT];
  (void)state;
  for (int i = 0; i < COUNT; i++) {
    snprintf(texts[i], sizeof texts[i], "a_layer_with_a_name_of_some_length_%d", i);
    names[i] = texts[i];
  }
  fv__hdf5_draft *draft;
  assert_int_equal(fv__hdf5_draft_create(&draft), FV_OK);
  fv__hdf5_add_texts(draft, fv__hdf5_draft_root(draft), "layer_names", names, COUNT);
  assert_int_equal(fv__hdf5_draft_finish(draft), FV_OK);
  size_t size;
  char *bytes = bytes_of(draft, &size);
  keep("long_list", bytes, size);
  fv__source source;
  fv__hdf5 *file;
  fv__hdf5_list list;
  fv__source_memory(&source, bytes, size);
  assert_int_equal(fv__hdf5_open(&file, &source), FV_OK);
  assert_int_equal(fv__hdf5_texts(file, &list, fv__hdf5_root(file), "layer_names0"), FV_OK);
  assert_int_equal(list.count, COUNT / 2); /* 3000 names of 39 bytes: two pieces */
  assert_int_equal(fv__hdf5_texts(file, &list, fv__hdf5_root(file), "layer_names"), FV_OK);
  assert_int_equal(list.count, COUNT);
  for (int i = 0; i < COUNT; i++) assert_string_equal(list.names[i], names[i]);
  fv__hdf5_close(file);
  fv__hdf5_draft_destroy(draft);
  free(bytes);
}

static void test_refused(void **state) {
  (void)state;
  fv__hdf5_draft *draft;
  const float number = 1;
  assert_int_equal(fv__hdf5_draft_create(&draft), FV_OK);
  fv__hdf5_node *root = fv__hdf5_draft_root(draft);
  fv__hdf5_add_numbers(draft, root, "a", &(fv_shape){.rank = 0}, FV__FLOAT32, &number);
  fv__hdf5_add_group(draft, root, "b");
  fv__hdf5_add_group(draft, root, "a");
  assert_int_equal(fv__hdf5_draft_finish(draft), FV_ERROR_UNSUPPORTED);
  assert_non_null(strstr(fv_error_message(), "'a'"));
  fv__hdf5_draft_destroy(draft);

  char *name = calloc(1, 70001);
  assert_non_null(name);
  memset(name, 'x', 70000);
  assert_int_equal(fv__hdf5_draft_create(&draft), FV_OK);
  fv__hdf5_add_texts(draft, fv__hdf5_draft_root(draft), "names", (const char *const *)&name, 1);
  assert_null(fv__hdf5_add_group(draft, fv__hdf5_draft_root(draft), "later"));
  assert_int_equal(fv__hdf5_draft_finish(draft), FV_ERROR_UNSUPPORTED);
  fv__hdf5_draft_destroy(draft);
  free(name);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_everything), cmocka_unit_test(test_many_children),
                                     cmocka_unit_test(test_long_list), cmocka_unit_test(test_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
