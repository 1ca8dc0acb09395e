/* Safetensors: what is taken and what is refused (tests/cases/safetensors, of which tools/check-safetensors asks the
 * reference reader), bombs, files written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/file.h>
#include <fovea/layers.h>
#include <fovea/state.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "formats/safetensors/header.h"

#define FOLDER FOVEA_SOURCE_DIR "/tests/golden/torch_files/"

/* The table. */

typedef struct text {
  char *bytes;
  size_t size;
} text;

static void put(text *t, const char *bytes, size_t size) {
  memcpy(t->bytes + t->size, bytes, size);
  t->size += size;
}

/* \xNN and ${COUNT*TEXT}. */
static void expand(text *t, const char *from, size_t length) {
  for (size_t i = 0; i < length;) {
    if (!strncmp(from + i, "\\x", 2)) {
      const char digits[] = {from[i + 2], from[i + 3], '\0'}, byte = (char)strtol(digits, NULL, 16);
      put(t, &byte, 1);
      i += 4;
    } else if (!strncmp(from + i, "${", 2)) {
      char *star;
      const long count = strtol(from + i + 2, &star, 10);
      const size_t size = strcspn(star + 1, "}");
      for (long k = 0; k < count; k++) put(t, star + 1, size);
      i = (size_t)(star + 1 + size + 1 - from);
    } else {
      put(t, from + i++, 1);
    }
  }
}

static void put_length(text *t, size_t place, uint64_t length) {
  for (int i = 0; i < 8; i++) t->bytes[place + (size_t)i] = (char)(length >> (8 * i) & 255);
}

/* The file of a line behind its verdict: "DATA HEADER", DATA being a number or "raw". */
static void make_file(text *file, const char *line, size_t length) {
  const size_t word = strcspn(line, " ");
  const char *header = line + word + 1, *end = line + length;
  file->size = 0;
  if (!strncmp(line, "raw", 3)) {
    expand(file, header, (size_t)(end - header));
    return;
  }
  uint64_t size = 0;
  const bool has_size = !strncmp(header, "N=", 2);
  if (has_size) {
    char *rest;
    size = strtoull(header + 2, &rest, 10);
    header = rest + 1;
  }
  put(file, "        ", 8);
  expand(file, header, (size_t)(end - header));
  put_length(file, 0, has_size ? size : file->size - 8);
  for (long i = atol(line); i > 0; i--) put(file, "", 1);
}

static void expect_case(text *file, const char *line) {
  const char *reason = strstr(line, " # ");
  const size_t verdict = strcspn(line, " ");
  assert_non_null(reason);
  make_file(file, line + verdict + 1, (size_t)(reason - line) - verdict - 1);
  char *exact = malloc(file->size + !file->size); /* so that the address sanitizer sees its end */
  memcpy(exact, file->bytes, file->size);
  fv__source source;
  fv_state *state;
  fv__source_memory(&source, exact, file->size);
  fv_status status = fv__safetensors_open(&state, &source);
  const bool is_taken = !strncmp(line, "accept", verdict);
  if (is_taken != !status) fail_msg("%.60s: %s", reason + 3, status ? fv_error_message() : "taken");
  fv_state_close(state);
  free(exact);
}

static void the_table_holds(void **context) {
  (void)context;
  uint8_t *table;
  size_t size;
  int count = 0;
  text file = {malloc(FV__SAFETENSORS_HEADER_MAX + 1000), 0};
  assert_non_null(file.bytes);
  assert_int_equal(fv__file_read(&table, &size, FOVEA_SOURCE_DIR "/tests/cases/safetensors", 1 << 20), FV_OK);
  for (char *line = (char *)table, *end; (end = strchr(line, '\n')); line = end + 1) {
    *end = '\0';
    if (*line == '#' || !*line) continue;
    expect_case(&file, line);
    count++;
  }
  assert_true(count >= 100);
  free(table);
  free(file.bytes);
}

/* Writing. */

static char path[64];

static void expect_same_file(const char *expected_path, const char *found_path) {
  uint8_t *expected, *found;
  size_t expected_size, found_size;
  assert_int_equal(fv__file_read(&expected, &expected_size, expected_path, 1 << 20), FV_OK);
  assert_int_equal(fv__file_read(&found, &found_size, found_path, 1 << 20), FV_OK);
  assert_int_equal(found_size, expected_size);
  assert_memory_equal(found, expected, expected_size);
  free(expected);
  free(found);
}

/* Every element type, scalars, an empty tensor: the reference writer's file comes out again, byte for byte. */
static void written_as_the_reference_writes(void **context) {
  (void)context;
  fv_state *state;
  assert_int_equal(fv_state_open(&state, FOLDER "written.safetensors"), FV_OK);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  if (fv__safetensors_write(file, state)) fail_msg("%s", fv_error_message());
  assert_int_equal(fclose(file), 0);
  fv_state_close(state);
  expect_same_file(FOLDER "written.safetensors", path);
  unlink(path);
}

static fv_model *small_net(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {8, 8, 3});
  x = fv_conv2d(g, x, .name = "conv \"\n\xc3\xa9", .filters = 4, .kernel_size = {3});
  x = fv_batch_normalization(g, x, .name = "bn");
  x = fv_flatten(g, x);
  x = fv_dense(g, x, .name = "fc", .units = 5);
  fv_model *model;
  if (fv_model_create(&model, g, x)) fail_msg("%s", fv_error_message());
  return model;
}

static void a_model_comes_back(void **context) {
  (void)context;
  fv_model *model = small_net(), *other = small_net();
  char again[100];
  snprintf(again, sizeof again, "%s.again.safetensors", path);
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  if (fv_model_save(model, path, NULL)) fail_msg("%s", fv_error_message());
  if (fv_model_load_weights(other, path)) fail_msg("%s", fv_error_message());
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    int64_t count;
    assert_int_equal(fv_shape_elements(&count, &(fv_shape){0}), FV_OK);
    fv_weight_info weight = fv_model_weight(model, i);
    assert_int_equal(fv_shape_elements(&count, &weight.shape), FV_OK);
    assert_memory_equal(fv_model_weight_data(model, i), fv_model_weight_data(other, i), (size_t)count * sizeof(float));
  }
  assert_int_equal(fv_model_save(other, again, NULL), FV_OK);
  expect_same_file(path, again);
  assert_int_equal(fv_model_save(model, path, &(fv_model_save_options){.dtype = "uint8"}), FV_ERROR_INVALID);
  fv_model_destroy(model);
  fv_model_destroy(other);
  unlink(path);
  unlink(again);
}

static void another_networks_file_is_refused(void **context) {
  (void)context;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {8});
  x = fv_dense(g, x, .name = "fc", .units = 5);
  fv_model *model, *net = small_net();
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_save(model, path, NULL), FV_OK);
  assert_int_equal(fv_model_load_weights(net, path), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_model_save(net, path, NULL), FV_OK);
  assert_int_equal(fv_model_load_weights(model, path), FV_ERROR_SHAPE);
  assert_non_null(strstr(fv_error_message(), "fc/kernel: expected shape (8, 5), found (144, 5)"));
  fv_model_destroy(model);
  fv_model_destroy(net);
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_table_holds),
      cmocka_unit_test(written_as_the_reference_writes),
      cmocka_unit_test(a_model_comes_back),
      cmocka_unit_test(another_networks_file_is_refused),
  };
  snprintf(path, sizeof path, "/tmp/fovea_test_%ld.safetensors", (long)getpid());
  return cmocka_run_group_tests(tests, NULL, NULL);
}
