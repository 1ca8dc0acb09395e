/* .npy files: what NumPy writes is read exactly, what is written is read back, what is damaged is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/tensor.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "tensor/npy.h"

/* A .npy image of version 1 with this dictionary and data; returns its size. */
static size_t make(uint8_t *bytes, const char *dictionary, const void *data, size_t data_size) {
  size_t length = strlen(dictionary);
  memcpy(bytes, "\x93NUMPY\x01\x00", 8);
  bytes[8] = (uint8_t)(length & 255);
  bytes[9] = (uint8_t)(length >> 8);
  memcpy(bytes + 10, dictionary, length);
  memcpy(bytes + 10 + length, data, data_size);
  return 10 + length + data_size;
}

static fv_status decode(fv_tensor *tensor, const char *dictionary, const void *data, size_t data_size) {
  uint8_t *bytes = malloc(4096);
  size_t size = make(bytes, dictionary, data, data_size);
  uint8_t *exact = malloc(size); /* so that reading one byte too far is seen by a sanitizer */
  memcpy(exact, bytes, size);
  free(bytes);
  fv_status status = fv__npy_decode(tensor, exact, size);
  free(exact);
  return status;
}

static void types_are_converted(void **state) {
  (void)state;
  const struct {
    const char *type;
    uint8_t data[16];
    size_t size;
    float expected[2];
  } cases[] = {
      {"<f4", {0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}, 8, {1, -2}},
      {"<f8", {0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0xd0, 0xbf}, 16, {1.5f, -0.25f}},
      {"|u1", {7, 255}, 2, {7, 255}},
      {"|i1", {7, 255}, 2, {7, -1}},
      {"<i8", {5, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 16, {5, -1}},
      {"<i4", {1, 1, 0, 0, 0xfe, 0xff, 0xff, 0xff}, 8, {257, -2}},
      {"<u2", {1, 1, 0xff, 0xff}, 4, {257, 65535}},
      {"|b1", {0, 3}, 2, {0, 1}},
      {"<f2", {0x00, 0x3c, 0x01, 0x80}, 4, {1, -0x1p-24f}},
      {"<f2", {0xff, 0x7b, 0x00, 0xfc}, 4, {65504, -INFINITY}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char dictionary[128];
    snprintf(dictionary, sizeof dictionary, "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }\n",
             cases[i].type);
    fv_tensor tensor;
    assert_int_equal(decode(&tensor, dictionary, cases[i].data, cases[i].size), FV_OK);
    assert_int_equal(tensor.shape.rank, 1);
    assert_int_equal(tensor.shape.dims[0], 2);
    for (int k = 0; k < 2; k++) assert_true(tensor.data[k] == cases[i].expected[k]);
    fv_tensor_destroy(&tensor);
  }
}

static void fortran_order_is_turned(void **state) {
  (void)state;
  const uint8_t data[6] = {0, 3, 1, 4, 2, 5}; /* [[0 1 2] [3 4 5]] column by column */
  fv_tensor tensor;
  assert_int_equal(decode(&tensor, "{\"shape\": (2L, 3L), 'fortran_order': True, 'descr': '|u1'}", data, 6), FV_OK);
  for (int i = 0; i < 6; i++) assert_true(tensor.data[i] == (float)i);
  fv_tensor_destroy(&tensor);
}

static void scalars_and_empty_arrays(void **state) {
  (void)state;
  fv_tensor tensor;
  assert_int_equal(decode(&tensor, "{'descr': '|u1', 'fortran_order': False, 'shape': ()}", "\x09", 1), FV_OK);
  assert_int_equal(tensor.shape.rank, 0);
  assert_true(tensor.data[0] == 9);
  fv_tensor_destroy(&tensor);
  assert_int_equal(decode(&tensor, "{'descr': '<f8', 'fortran_order': True, 'shape': (0, 999999, 999999)}", "", 0),
                   FV_OK);
  fv_tensor_destroy(&tensor);
}

static void foreign_and_damaged_files_are_refused(void **state) {
  (void)state;
  const struct {
    const char *dictionary;
    size_t data;
    fv_status status;
    const char *says;
  } cases[] = {
      {"{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", 16, FV_ERROR_UNSUPPORTED, "objects"},
      {"{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2,), }", 8, FV_ERROR_UNSUPPORTED, "records"},
      {"{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }", 8, FV_ERROR_UNSUPPORTED, "big-endian"},
      {"{'descr': '<c8', 'fortran_order': False, 'shape': (2,), }", 16, FV_ERROR_UNSUPPORTED, "<c8"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 7, FV_ERROR_FORMAT, "found 7 bytes"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 9, FV_ERROR_FORMAT, "found 9 bytes"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }", 8, FV_ERROR_FORMAT, "dimension"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", 8, FV_ERROR_FORMAT, "too large"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, 1099511627776), }", 8, FV_ERROR_SHAPE,
       "large"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }", 4, FV_ERROR_UNSUPPORTED, "axes"},
      {"{'descr': '<f4', 'shape': (2,), }", 8, FV_ERROR_FORMAT, "fortran_order"},
      {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 8, FV_ERROR_FORMAT, "twice"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}", 8, FV_ERROR_FORMAT, "unknown key"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", 8, FV_ERROR_FORMAT, "after"},
      {"{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}", 8, FV_ERROR_FORMAT, "shape"},
      {"", 0, FV_ERROR_FORMAT, "header"},
  };
  const char zeros[16] = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fv_tensor tensor;
    assert_int_equal(decode(&tensor, cases[i].dictionary, zeros, cases[i].data), cases[i].status);
    assert_null(tensor.data);
    if (!strstr(fv_error_message(), cases[i].says)) fail_msg("'%s' lacks '%s'", fv_error_message(), cases[i].says);
  }
}

static void written_files_are_read_back(void **state) {
  (void)state;
  char folder[] = "/tmp/fovea-npy-XXXXXX", path[64];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/a b.npy", folder);
  const fv_shape shapes[] = {{.rank = 0}, {1, {5}}, {4, {2, 3, 1, 2}}, {2, {0, 3}}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    fv_tensor tensor, back;
    assert_int_equal(fv_tensor_create(&tensor, &shapes[i]), FV_OK);
    int64_t count;
    assert_int_equal(fv_shape_elements(&count, &shapes[i]), FV_OK);
    for (int64_t k = 0; k < count; k++) tensor.data[k] = (float)k * 0.37f - 1;
    assert_int_equal(fv_npy_write(path, &tensor), FV_OK);
    assert_int_equal(fv_npy_read(&back, path), FV_OK);
    assert_true(fv_shape_equal(&tensor.shape, &back.shape));
    assert_memory_equal(tensor.data, back.data, (size_t)count * sizeof(float));
    fv_tensor_destroy(&tensor);
    fv_tensor_destroy(&back);
  }
  uint8_t *bytes;
  size_t size;
  assert_int_equal(fv__file_read(&bytes, &size, path, 1000), FV_OK);
  assert_int_equal(size, 128); /* no data, the header padded to 64 */
  free(bytes);
  assert_int_equal(fv__file_read(&bytes, &size, path, 127), FV_ERROR_MEMORY);
  int entries = 0;
  DIR *listing = opendir(folder);
  while (readdir(listing)) entries++;
  closedir(listing);
  assert_int_equal(entries, 3); /* ".", "..", the file: nothing temporary stays */
  unlink(path);
  rmdir(folder);
}

static void what_cannot_be_opened_is_named(void **state) {
  (void)state;
  fv_tensor tensor = {0};
  assert_int_equal(fv_npy_read(&tensor, "/nowhere/x.npy"), FV_ERROR_NOT_FOUND);
  assert_non_null(strstr(fv_error_message(), "/nowhere/x.npy"));
  assert_int_equal(fv_npy_read(&tensor, "/tmp"), FV_ERROR_IO);
  assert_non_null(strstr(fv_error_message(), "folder"));
  const fv_shape shape = {1, {1}};
  assert_int_equal(fv_tensor_create(&tensor, &shape), FV_OK);
  assert_int_equal(fv_npy_write("/nowhere/x.npy", &tensor), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_npy_write("/dev/full", &tensor), FV_ERROR_IO);
  fv_tensor_destroy(&tensor);
  fv_tensor_destroy(NULL);
}

static void statistics_leave_nan_out(void **state) {
  (void)state;
  float numbers[] = {1, -2, NAN, 4, INFINITY};
  fv_statistics s = fv_tensor_measure(&(fv_tensor){{1, {4}}, numbers});
  assert_int_equal(s.count, 4);
  assert_int_equal(s.nan_count, 1);
  assert_int_equal(s.infinite_count, 0);
  assert_true(s.min == -2 && s.max == 4 && s.mean == 1 && fabs(s.rms - sqrt(7)) < 1e-12);
  s = fv_tensor_measure(&(fv_tensor){{1, {5}}, numbers});
  assert_int_equal(s.infinite_count, 1);
  assert_true(isinf(s.mean) && isinf(s.max) && s.min == -2);
  s = fv_tensor_measure(&(fv_tensor){{1, {1}}, numbers + 2});
  assert_true(s.count == 1 && s.nan_count == 1 && s.mean == 0 && s.min == 0 && s.max == 0);
  s = fv_tensor_measure(&(fv_tensor){{1, {0}}, NULL});
  assert_true(s.count == 0 && s.mean == 0 && s.max == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(statistics_leave_nan_out),
      cmocka_unit_test(types_are_converted),
      cmocka_unit_test(fortran_order_is_turned),
      cmocka_unit_test(scalars_and_empty_arrays),
      cmocka_unit_test(foreign_and_damaged_files_are_refused),
      cmocka_unit_test(written_files_are_read_back),
      cmocka_unit_test(what_cannot_be_opened_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
