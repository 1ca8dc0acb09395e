/* Models written, read and written again. See rewriting.h. */
#include "support/rewriting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <errno.h>
#include <sys/stat.h>

#include <cmocka.h>

static char own_folder[40];

const char *rewriting_folder(void) {
  const char *kept = getenv("FOVEA_KEEP");
  return kept ? kept : own_folder;
}

int rewriting_begin(void **state) {
  (void)state;
  snprintf(own_folder, sizeof own_folder, "%s/fovea-save-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
  return mkdtemp(own_folder) ? 0 : -1;
}

int rewriting_end(void **state) {
  char command[100];
  (void)state;
  snprintf(command, sizeof command, "rm -rf '%s'", own_folder);
  return system(command);
}

char *rewriting_read(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  char *bytes;
  if (!file) fail_msg("%s is not there", path);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  *size = (size_t)ftell(file);
  rewind(file);
  bytes = malloc(*size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, *size, file), *size);
  bytes[*size] = '\0';
  fclose(file);
  return bytes;
}

static void assert_same_files(const char *a, const char *b) {
  size_t size, other_size;
  char *bytes = rewriting_read(a, &size), *others = rewriting_read(b, &other_size);
  if (size != other_size || memcmp(bytes, others, size)) fail_msg("%s is not what it was after reading", a);
  free(bytes);
  free(others);
}

static int64_t count_of(const fv_shape *shape) {
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, shape), FV_OK);
  return count;
}

static void assert_same_weights(fv_model *a, fv_model *b, const char *name) {
  assert_int_equal(fv_model_layer_count(a), fv_model_layer_count(b));
  for (int32_t i = 0; i < fv_model_layer_count(a); i++) {
    fv_layer_info first = fv_model_layer(a, i), second = fv_model_layer(b, i);
    assert_string_equal(first.name, second.name);
    assert_string_equal(first.kind, second.kind);
    if (first.weight_count) assert_int_equal(first.frozen, second.frozen);
  }
  assert_int_equal(fv_model_weight_count(a), fv_model_weight_count(b));
  for (int32_t i = 0; i < fv_model_weight_count(a); i++) {
    fv_weight_info weight = fv_model_weight(a, i);
    assert_string_equal(weight.path, fv_model_weight(b, i).path);
    size_t bytes = (size_t)count_of(&weight.shape) * sizeof(float);
    if (memcmp(fv_model_weight_data(a, i), fv_model_weight_data(b, i), bytes))
      fail_msg("%s: other numbers in %s", name, weight.path);
  }
}

/* A plan that has run; NULL where the layers want extents that the file does not say. */
static fv_plan *plan_and_run(fv_model *model) {
  fv_shape shapes[8];
  assert_in_range(fv_model_input_count(model), 1, 8);
  for (int32_t i = 0; i < fv_model_input_count(model); i++) {
    shapes[i] = fv_model_input_shape(model, i);
    for (int32_t d = 0; d < shapes[i].rank; d++)
      if (shapes[i].dims[d] < 0) shapes[i].dims[d] = d ? 5 : 2;
  }
  fv_plan *plan;
  if (fv_plan_create(&plan, model, &(fv_plan_options){.input_shapes = shapes, .threads = 1})) return NULL;
  for (int32_t i = 0; i < fv_model_input_count(model); i++)
    fv_fill_by_name(fv_plan_input(plan, i), i ? "second" : "first", &shapes[i], 3, "input");
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  return plan;
}

static void assert_same_outputs(fv_model *a, fv_model *b, const char *name) {
  fv_plan *first = plan_and_run(a), *second = plan_and_run(b);
  assert_int_equal(first == NULL, second == NULL);
  assert_int_equal(fv_model_output_count(a), fv_model_output_count(b));
  for (int32_t i = 0; first && i < fv_model_output_count(a); i++) {
    fv_shape shape = fv_plan_output_shape(first, i);
    if (memcmp(fv_plan_output(first, i), fv_plan_output(second, i), (size_t)count_of(&shape) * sizeof(float)))
      fail_msg("%s: other numbers in output %d", name, (int)i);
  }
  fv_plan_destroy(first);
  fv_plan_destroy(second);
}

static void save(const fv_model *model, const char *path) {
  if (fv_model_save(model, path, NULL)) fail_msg("%s", fv_error_message());
}

void assert_survives(const fv_model *model, const char *name, const char *ending) {
  char path[300], again[320];
  fv_model *read;
  snprintf(again, sizeof again, "%s/again", own_folder);
  assert_true(mkdir(again, 0700) == 0 || errno == EEXIST);
  snprintf(path, sizeof path, "%s/%s.%s", rewriting_folder(), name, ending);
  snprintf(again, sizeof again, "%s/again/%s.%s", own_folder, name, ending);
  save(model, path);
  if (fv_model_load(&read, path, &(fv_model_load_options){.with_training = true})) fail_msg("%s", fv_error_message());
  save(read, again);
  assert_same_files(path, again);
  assert_same_weights((fv_model *)model, read, path);
  assert_same_outputs((fv_model *)model, read, path);
  fv_model_destroy(read);
  unlink(again);
  if (!getenv("FOVEA_KEEP")) unlink(path);
}
