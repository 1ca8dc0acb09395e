/* The HDF5 reader: every form h5py writes, and everything that must be refused. Damage: test_damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/hdf5/hdf5.h"

#define FOLDER FOVEA_SOURCE_DIR "/tests/golden/hdf5/"

typedef struct opened {
  fv__source source;
  fv__hdf5 *file;
} opened;

static void open_file(opened *o, const char *name) {
  char path[512];
  snprintf(path, sizeof path, FOLDER "%s", name);
  assert_int_equal(fv__source_open(&o->source, path), FV_OK);
  assert_int_equal(fv__hdf5_open(&o->file, &o->source), FV_OK);
}

static void close_file(opened *o) {
  fv__hdf5_close(o->file);
  fv__source_close(&o->source);
}

/* Every dataset holds the ladder of make_hdf5.py. */
static void expect_ladder(fv__hdf5 *file, fv__hdf5_object object, bool is_unsigned) {
  fv__hdf5_numbers numbers;
  assert_int_equal(fv__hdf5_numbers_of(file, &numbers, object), FV_OK);
  float *values = malloc(((size_t)numbers.count + 1) * sizeof *values);
  assert_non_null(values);
  if (fv__hdf5_read(file, values, numbers.count, object, NULL)) fail_msg("%s", fv_error_message());
  for (int64_t i = 0; i < numbers.count; i++) {
    float expected = (float)((7 * i) % 101 - (is_unsigned ? 0 : 50));
    assert_true(values[i] == expected);
  }
  free(values);
}

static void all_forms_are_read(void **state) {
  (void)state;
  opened o;
  open_file(&o, "variety.h5");
  fv__hdf5_list children;
  assert_int_equal(fv__hdf5_children(o.file, &children, fv__hdf5_root(o.file)), FV_OK);
  assert_int_equal(children.count, 22);
  int datasets = 0;
  for (int32_t i = 0; i < children.count; i++) {
    if (!strcmp(children.names[i], "group")) continue;
    expect_ladder(o.file, children.objects[i], strstr(children.names[i], "_u") != NULL);
    datasets++;
  }
  assert_int_equal(datasets, 21);
  fv__hdf5_object kernel;
  assert_int_equal(fv__hdf5_find(o.file, &kernel, fv__hdf5_root(o.file), "group/layer_13/kernel"), FV_OK);
  expect_ladder(o.file, kernel, false);
  assert_int_equal(fv__hdf5_find(o.file, &kernel, fv__hdf5_root(o.file), "group/layer_20"), FV_ERROR_NOT_FOUND);
  close_file(&o);
}

static void facts_are_right(void **state) {
  (void)state;
  opened o;
  open_file(&o, "variety.h5");
  const struct {
    const char *name, *shape;
    fv__element element;
    bool big_endian;
  } cases[] = {{"type_big_f8", "(3, 5)", FV__FLOAT64, true},   {"type_little_f2", "(3, 5)", FV__FLOAT16, false},
               {"bfloat16", "(3, 5)", FV__BFLOAT16, false},    {"scalar", "()", FV__FLOAT32, false},
               {"empty", "(0, 3)", FV__FLOAT32, false},        {"gzip_shuffle", "(7, 2, 6)", FV__FLOAT32, false},
               {"type_little_u8", "(3, 5)", FV__UINT64, false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    fv__hdf5_object object;
    fv__hdf5_numbers numbers;
    char text[64];
    assert_int_equal(fv__hdf5_find(o.file, &object, fv__hdf5_root(o.file), cases[i].name), FV_OK);
    assert_int_equal(fv__hdf5_numbers_of(o.file, &numbers, object), FV_OK);
    assert_string_equal(fv_shape_text(text, sizeof text, &numbers.shape), cases[i].shape);
    assert_int_equal(numbers.element, cases[i].element);
    assert_int_equal(numbers.big_endian, cases[i].big_endian);
  }
  close_file(&o);
}

static void attributes_are_read(void **state) {
  (void)state;
  opened o;
  open_file(&o, "variety.h5");
  fv__hdf5_object root = fv__hdf5_root(o.file);
  const char *text;
  fv__hdf5_list list;
  int64_t integer;
  assert_int_equal(fv__hdf5_text(o.file, &text, root, "text"), FV_OK);
  assert_string_equal(text, "h\xc3\xa9llo");
  assert_int_equal(fv__hdf5_text(o.file, &text, root, "fixed"), FV_OK);
  assert_string_equal(text, "abc");
  assert_int_equal(fv__hdf5_texts(o.file, &list, root, "list"), FV_OK);
  assert_int_equal(list.count, 2);
  assert_string_equal(list.names[0], "a");
  assert_string_equal(list.names[1], "bcd");
  assert_int_equal(fv__hdf5_texts(o.file, &list, root, "long_list"), FV_OK);
  assert_int_equal(list.count, 3);
  assert_string_equal(list.names[1], "yyyy");
  assert_int_equal(fv__hdf5_texts(o.file, &list, root, "nothing"), FV_OK);
  assert_int_equal(list.count, 0);
  assert_int_equal(fv__hdf5_texts(o.file, &list, root, "split"), FV_OK);
  assert_int_equal(list.count, 3);
  assert_string_equal(list.names[2], "three");
  assert_int_equal(fv__hdf5_integer(o.file, &integer, root, "integer"), FV_OK);
  assert_int_equal(integer, -5);
  assert_int_equal(fv__hdf5_text(o.file, &text, root, "integer"), FV_ERROR_FORMAT);
  assert_int_equal(fv__hdf5_text(o.file, &text, root, "absent"), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv__hdf5_texts(o.file, &list, root, "absent"), FV_ERROR_NOT_FOUND);
  close_file(&o);
}

static void newer_superblocks_are_read(void **state) {
  (void)state;
  opened o;
  open_file(&o, "small_latest.h5");
  fv__hdf5_object kernel;
  const char *text;
  assert_int_equal(fv__hdf5_find(o.file, &kernel, fv__hdf5_root(o.file), "layer/kernel"), FV_OK);
  expect_ladder(o.file, kernel, false);
  assert_int_equal(fv__hdf5_text(o.file, &text, fv__hdf5_root(o.file), "text"), FV_OK);
  assert_string_equal(text, "short");
  close_file(&o);
}

static void hostile_files_are_refused_by_name(void **state) {
  (void)state;
  const struct {
    const char *file, *words;
  } cases[] = {{"bad_soft_link.h5", "soft link"},
               {"bad_external_link.h5", "external link"},
               {"bad_external_storage.h5", "another file"},
               {"bad_virtual.h5", "virtual dataset"},
               {"bad_bomb_chunks.h5", "4398046511104 bytes"},
               {"bad_bomb_fill.h5", "1099511627776 bytes"},
               {"bad_never_written.h5", "expected 40 bytes, none were stored"},
               {"bad_missing_chunk.h5", "chunk is missing"},
               {"bad_lzf.h5", "filter 32000"},
               {"bad_scaleoffset.h5", "filter 6"},
               {"bad_compound.h5", "compound"},
               {"bad_reference.h5", "reference"},
               {"bad_text.h5", "no numbers"},
               {"bad_committed.h5", "committed"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    opened o;
    open_file(&o, cases[i].file);
    fv__hdf5_object object;
    fv__hdf5_numbers numbers;
    static float nowhere[1]; /* must be refused before it is written */
    fv_status status = fv__hdf5_find(o.file, &object, fv__hdf5_root(o.file), "x");
    if (!status) status = fv__hdf5_numbers_of(o.file, &numbers, object);
    if (!status) status = fv__hdf5_read(o.file, nowhere, numbers.count, object, NULL);
    if (!status) fail_msg("%s was read", cases[i].file);
    if (!strstr(fv_error_message(), cases[i].words)) fail_msg("%s: %s", cases[i].file, fv_error_message());
    close_file(&o);
  }
}

static void a_wrong_count_is_refused(void **state) {
  (void)state;
  opened o;
  open_file(&o, "small.h5");
  fv__hdf5_object kernel;
  float values[8];
  assert_int_equal(fv__hdf5_find(o.file, &kernel, fv__hdf5_root(o.file), "layer/kernel"), FV_OK);
  assert_int_equal(fv__hdf5_read(o.file, values, 8, kernel, NULL), FV_ERROR_FORMAT);
  assert_string_equal(fv_error_message(), "expected 8 numbers, found 6");
  close_file(&o);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_forms_are_read),
      cmocka_unit_test(facts_are_right),
      cmocka_unit_test(attributes_are_read),
      cmocka_unit_test(newer_superblocks_are_read),
      cmocka_unit_test(hostile_files_are_refused_by_name),
      cmocka_unit_test(a_wrong_count_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
