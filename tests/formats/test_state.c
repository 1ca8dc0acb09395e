/* States: every good file that torch and safetensors wrote reads equal to the arrays beside it, bit for bit and in its
 * own number types; every file marked there is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/state.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "base/file.h"
#include "formats/state/state.h"

#define FOLDER FOVEA_SOURCE_DIR "/tests/golden/torch_files/"

static json_t *read_index(void) {
  json_t *index = json_load_file(FOLDER "index.json", JSON_REJECT_DUPLICATES, NULL);
  assert_non_null(index);
  return index;
}

static void expect_floats(const fv_state *state, int32_t index, const char *path) {
  fv_tensor expected, found;
  if (fv_npy_read(&expected, path)) fail_msg("%s", fv_error_message());
  if (fv_state_read(&found, state, index)) fail_msg("%s", fv_error_message());
  assert_true(fv_shape_equal(&expected.shape, &found.shape));
  const int64_t count = fv_state_tensor_at(state, index).count;
  if (count) assert_memory_equal(found.data, expected.data, (size_t)count * sizeof(float));
  fv_tensor_destroy(&expected);
  fv_tensor_destroy(&found);
}

/* The .npy that we write is NumPy's, byte for byte: so every integer and double is exact. */
static void expect_same_npy(const fv_state *state, int32_t index, const char *path) {
  char ours[64];
  uint8_t *expected, *found;
  size_t expected_size, found_size;
  snprintf(ours, sizeof ours, "/tmp/fovea_test_state_%ld.npy", (long)getpid());
  if (fv_state_write_npy(ours, state, index)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv__file_read(&expected, &expected_size, path, 1 << 20), FV_OK);
  assert_int_equal(fv__file_read(&found, &found_size, ours, 1 << 20), FV_OK);
  unlink(ours);
  assert_int_equal(found_size, expected_size);
  assert_memory_equal(found, expected, expected_size);
  free(expected);
  free(found);
}

static void expect_tensor(const fv_state *state, int32_t index, const json_t *facts) {
  char path[512];
  fv_state_tensor tensor = fv_state_tensor_at(state, index);
  snprintf(path, sizeof path, FOLDER "%s", json_string_value(json_object_get(facts, "npy")));
  assert_string_equal(tensor.type, json_string_value(json_object_get(facts, "dtype")));
  expect_floats(state, index, path);
  expect_same_npy(state, index, path);
}

/* Files of torch keep the order of their dicts; safetensors has its own. */
static void expect_file(const char *name, const json_t *arrays) {
  char path[512];
  fv_state *state;
  snprintf(path, sizeof path, FOLDER "%s", name);
  if (fv_state_open(&state, path)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_state_count(state), json_array_size(arrays));
  for (size_t i = 0; i < json_array_size(arrays); i++) {
    const json_t *facts = json_array_get(arrays, i);
    int32_t index = fv_state_find(state, json_string_value(json_object_get(facts, "name")));
    if (strstr(name, ".pth")) assert_int_equal(index, i);
    assert_true(index >= 0);
    expect_tensor(state, index, facts);
  }
  assert_int_equal(fv_state_find(state, "absent"), -1);
  assert_null(fv_state_tensor_at(state, -1).name);
  assert_null(fv_state_tensor_at(state, fv_state_count(state)).name);
  fv_tensor none;
  assert_int_equal(fv_state_read(&none, state, fv_state_count(state)), FV_ERROR_INVALID);
  fv_state_close(state);
}

static void good_files_read_equal(void **context) {
  (void)context;
  json_t *index = read_index(), *facts;
  const char *name;
  json_object_foreach(json_object_get(index, "files"), name, facts) {
    const char *arrays = json_string_value(json_object_get(facts, "arrays"));
    if (arrays) expect_file(name, json_object_get(json_object_get(index, "arrays"), arrays));
  }
  json_decref(index);
}

static void marked_files_are_refused(void **context) {
  (void)context;
  json_t *index = read_index(), *facts;
  const char *name;
  int count = 0;
  json_object_foreach(json_object_get(index, "files"), name, facts) {
    char path[512];
    fv_state *state;
    if (!json_object_get(facts, "refuse")) continue;
    snprintf(path, sizeof path, FOLDER "%s", name);
    if (!fv_state_open(&state, path)) fail_msg("%s was read", name);
    assert_null(state);
    assert_int_equal(strncmp(fv_error_message(), path, strlen(path)), 0);
    count++;
  }
  assert_int_equal(count, 17);
  json_decref(index);
}

/* Keras's files: models by their weights' names; weights alone as they are stored. */

static void expect_names(const char *path, int32_t count, const char *first, const char *last) {
  fv_state *state;
  if (fv_state_open(&state, path)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_state_count(state), count);
  assert_string_equal(fv_state_tensor_at(state, 0).name, first);
  assert_string_equal(fv_state_tensor_at(state, count - 1).name, last);
  fv_tensor tensor;
  for (int32_t i = 0; i < count; i++) {
    if (fv_state_read(&tensor, state, i)) fail_msg("%s", fv_error_message());
    fv_tensor_destroy(&tensor);
  }
  fv_state_close(state);
}

#define FILES FOVEA_SOURCE_DIR "/tests/golden/files/"

static void files_of_keras_are_listed(void **context) {
  (void)context;
  expect_names(FILES "sequential.k2.h5", 12, "conv2d/kernel", "dense_1/bias");
  expect_names(FILES "sequential.k2.weights.h5", 12, "batch_normalization/beta", "dense_1/kernel");
  expect_names(FILES "sequential.k3.weights.h5", 12, "layers/batch_normalization/vars/0", "layers/dense_1/vars/1");
}

/* A .npz written here: three types, one of them in Fortran's order. */
static void arrays_of_numpy_are_listed(void **context) {
  (void)context;
  char path[64];
  snprintf(path, sizeof path, "/tmp/fovea_test_state_%ld.npz", (long)getpid());
  zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
  assert_non_null(zip);
  static const char fortran[] = "\x93NUMPY\x01\0\x3c\0{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3)}   \n"
                                "\1\0\4\0\2\0\5\0\3\0\6\0";
  zip_file_add(zip, "turned.npy", zip_source_buffer(zip, fortran, sizeof fortran - 1, 0), 0);
  static const char *const names[] = {"int64", "float32"};
  for (int i = 0; i < 2; i++) {
    char from[512], name[32];
    snprintf(from, sizeof from, FOLDER "tiny/%s.npy", names[i]);
    snprintf(name, sizeof name, "a/%s.npy", names[i]);
    zip_file_add(zip, name, zip_source_file(zip, from, 0, -1), 0);
  }
  assert_int_equal(zip_close(zip), 0);
  fv_state *state;
  if (fv_state_open(&state, path)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_state_count(state), 3);
  assert_string_equal(fv_state_tensor_at(state, 0).type, "int16");
  fv_tensor turned;
  assert_int_equal(fv_state_read(&turned, state, 0), FV_OK);
  for (int i = 0; i < 6; i++) assert_true(turned.data[i] == (float)(i + 1));
  fv_tensor_destroy(&turned);
  expect_same_npy(state, fv_state_find(state, "a/int64"), FOLDER "tiny/int64.npy");
  expect_floats(state, fv_state_find(state, "a/float32"), FOLDER "tiny/float32.npy");
  fv_state_close(state);
  unlink(path);
}

static void differences_are_measured(void **context) {
  (void)context;
  fv_state *pth, *safe;
  fv_difference difference;
  assert_int_equal(fv_state_open(&pth, FOLDER "tiny.pth"), FV_OK);
  assert_int_equal(fv_state_open(&safe, FOLDER "tiny.safetensors"), FV_OK);
  for (int32_t i = 0; i < fv_state_count(pth); i++) {
    fv_state_tensor tensor = fv_state_tensor_at(pth, i);
    assert_int_equal(fv_state_compare(&difference, pth, i, safe, fv_state_find(safe, tensor.name)), FV_OK);
    if (difference.count || difference.max > 0) fail_msg("%s differs", tensor.name);
  }
  const int32_t base = fv_state_find(pth, "base"), rows = fv_state_find(pth, "view_rows");
  assert_int_equal(fv_state_compare(&difference, pth, base, safe, rows), FV_ERROR_SHAPE);
  fv_state_close(pth);
  fv_state_close(safe);
}

/* Memory in place of a file: numbers that differ in known ways. */
static fv_status read_numbers(const fv_state *state, void *bytes, const fv__state_tensor *tensor) {
  memcpy(bytes, state->owner, (size_t)tensor->count * fv__element_size(tensor->element));
  return FV_OK;
}

static fv_state *state_of(void *numbers, fv__element element) {
  static const fv__state_reader reader = {.bytes = read_numbers};
  fv_state *state;
  assert_int_equal(fv__state_create(&state, &reader), FV_OK);
  state->owner = numbers;
  assert_int_equal(fv__state_add(state, "a", &(fv_shape){1, {4}}, element, 0), FV_OK);
  assert_int_equal(fv__state_finish(state), FV_OK);
  return state;
}

static fv_difference difference_of(void *a, void *b, fv__element element) {
  fv_state *first = state_of(a, element), *second = state_of(b, element);
  fv_difference difference;
  assert_int_equal(fv_state_compare(&difference, first, 0, second, 0), FV_OK);
  fv_state_close(first);
  fv_state_close(second);
  return difference;
}

static void differences_are_exact(void **context) {
  (void)context;
  float a[] = {1, 2, NAN, -0.0f}, b[] = {1, 5, NAN, 0.0f}, c[] = {1, 2, 3, 0};
  fv_difference difference = difference_of(a, b, FV__FLOAT32);
  assert_int_equal(difference.count, 1);
  assert_true(difference.max == 3 && difference.rms == 1.5);
  difference = difference_of(a, c, FV__FLOAT32);
  assert_int_equal(difference.count, 1);
  assert_true(isinf(difference.max));
  int64_t large[] = {INT64_C(1) << 60, 1, 2, 3}, next[] = {(INT64_C(1) << 60) + 1, 1, 2, 3};
  difference = difference_of(large, next, FV__INT64);
  assert_int_equal(difference.count, 1); /* which floats cannot tell apart */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_files_read_equal),     cmocka_unit_test(marked_files_are_refused),
      cmocka_unit_test(files_of_keras_are_listed), cmocka_unit_test(arrays_of_numpy_are_listed),
      cmocka_unit_test(differences_are_measured),  cmocka_unit_test(differences_are_exact),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
