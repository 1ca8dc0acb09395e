/* States: every good file that torch and safetensors wrote reads equal to the arrays beside it, bit for bit and in its
 * own number types; every file marked there is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/state.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_files_read_equal),
      cmocka_unit_test(marked_files_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
