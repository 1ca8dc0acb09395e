/* TensorFlow.js layers-models: both writers' forms and all number types give NumPy's outputs; shards outside the
 * folder, links, pipes and sizes that do not fit are refused.
 * The files are made by tests/golden/make_tfjs.py; real ones are in tests/model/test_photos.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/file.h>
#include <fovea/plan.h>
#include <fovea/tensor.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "formats/format.h"

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/tfjs/"

static void expect_error(fv_status status, fv_status code, const char *words) {
  if (status != code || !strstr(fv_error_message(), words))
    fail_msg("expected %s with '%s', found %s: %s", fv_status_name(code), words, fv_status_name(status),
             fv_error_message());
}

static void expect_outputs(fv_model *model, const char *name) {
  char path[512];
  fv_tensor input, output;
  fv_plan *plan = NULL;
  snprintf(path, sizeof path, GOLDEN "%s.npy", name);
  if (fv_npy_read(&input, GOLDEN "in.npy") || fv_npy_read(&output, path) ||
      fv_plan_create(&plan, model, &(fv_plan_options){.batch = 2, .threads = 1}))
    fail_msg("%s", fv_error_message());
  memcpy(fv_plan_input(plan, 0), input.data, sizeof(float) * 24);
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  const float *found = fv_plan_output(plan, 0);
  for (int i = 0; i < 6; i++)
    if (fabsf(found[i] - output.data[i]) > 2e-6f)
      fail_msg("%s: output %d: expected %g, found %g", name, i, (double)output.data[i], (double)found[i]);
  fv_plan_destroy(plan);
  fv_tensor_destroy(&input);
  fv_tensor_destroy(&output);
}

static void both_writers_and_all_types_give_numpys_outputs(void **state) {
  (void)state;
  static const char *const names[] = {"plain", "quantized"};
  for (int i = 0; i < 2; i++) {
    char path[512];
    fv_model *model;
    snprintf(path, sizeof path, GOLDEN "%s/model.json", names[i]);
    if (fv_model_load(&model, path, NULL)) fail_msg("%s", fv_error_message());
    assert_string_equal(fv_model_name(model), "tiny");
    expect_outputs(model, names[i]);
    snprintf(path, sizeof path, GOLDEN "%s/model.json", names[1 - i]); /* weights alone, the other's */
    if (fv_model_load_weights(model, path)) fail_msg("%s", fv_error_message());
    expect_outputs(model, names[1 - i]);
    fv_model_destroy(model);
  }
}

static void the_network_alone_needs_no_shards(void **state) {
  (void)state;
  uint8_t *text;
  size_t size;
  fv_model *model;
  fv__source source;
  assert_int_equal(fv__file_read(&text, &size, GOLDEN "plain/model.json", 1 << 20), FV_OK);
  fv__source_memory(&source, text, size);
  extern const fv__format fv__format_tfjs;
  fv_model_load_options options = {.without_weights = true};
  assert_int_equal(fv__format_tfjs.load(&model, &source, &options), FV_OK);
  fv_model_destroy(model);
  options.without_weights = false;
  expect_error(fv__format_tfjs.load(&model, &source, &options), FV_ERROR_UNSUPPORTED, "in no folder");
  assert_null(model);
  free(text);
}

/* A copy of the plain model in a folder of its own, to be spoilt. */
static char folder[] = "/tmp/fovea-tfjs-XXXXXX";
static char model_path[64];
static uint8_t *model_text;
static size_t model_size;
static const char *const shards[] = {"group1-shard1of1", "group2-shard1of3", "group2-shard2of3", "group2-shard3of3"};

static const char *in_folder(const char *name) {
  static char path[300];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static void write_bytes(const char *path, const void *bytes, size_t size) {
  if (fv__file_write(path, bytes, size)) fail_msg("%s", fv_error_message());
}

static void restore(void) {
  write_bytes(model_path, model_text, model_size);
  for (int i = 0; i < 4; i++) {
    char path[300];
    uint8_t *bytes;
    size_t size;
    snprintf(path, sizeof path, GOLDEN "plain/%s", shards[i]);
    if (fv__file_read(&bytes, &size, path, 1 << 20)) fail_msg("%s", fv_error_message());
    write_bytes(in_folder(shards[i]), bytes, size);
    free(bytes);
  }
}

static int make_folder(void **state) {
  (void)state;
  if (!mkdtemp(folder) || fv__file_read(&model_text, &model_size, GOLDEN "plain/model.json", 1 << 20)) return -1;
  snprintf(model_path, sizeof model_path, "%s/model.json", folder);
  return 0;
}

static int remove_folder(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) unlink(in_folder(shards[i]));
  unlink(model_path);
  free(model_text);
  return rmdir(folder);
}

/* model.json with the first `from` replaced by `to`. */
static void rewrite(const char *from, const char *to) {
  const char *text = (const char *)model_text, *at = strstr(text, from);
  assert_non_null(at);
  size_t size = model_size - strlen(from) + strlen(to);
  char *changed = malloc(size + 1);
  assert_non_null(changed);
  snprintf(changed, size + 1, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
  write_bytes(model_path, changed, size);
  free(changed);
}

static void expect_refused(fv_status code, const char *words) {
  fv_model *model;
  expect_error(fv_model_load(&model, model_path, NULL), code, words);
  assert_null(model);
}

static void shards_elsewhere_are_refused(void **state) {
  (void)state;
  static const char *const names[] = {"/etc/hostname", "../group1-shard1of1", "sub/group1-shard1of1", "..", ".", "",
                                      "..\\\\x",       "/dev/zero",           "/proc/self/environ"};
  restore();
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[64];
    snprintf(path, sizeof path, "\"%s\"", names[i]);
    rewrite("\"group1-shard1of1\"", path);
    expect_refused(FV_ERROR_FORMAT, "expected the name of a file in the same folder");
  }
  rewrite("\"group1-shard1of1\"", "\"https://example.org/x\"");
  expect_refused(FV_ERROR_FORMAT, "expected the name of a file in the same folder");
  rewrite("\"group1-shard1of1\"", "7");
  expect_refused(FV_ERROR_FORMAT, "the path of a shard is not a text");
}

static void links_pipes_and_folders_are_no_shards(void **state) {
  (void)state;
  char shard[300];
  restore();
  snprintf(shard, sizeof shard, "%s", in_folder(shards[0]));
  unlink(shard);
  expect_refused(FV_ERROR_NOT_FOUND, "shard 'group1-shard1of1': no such file");
  assert_int_equal(symlink(GOLDEN "plain/group1-shard1of1", shard), 0);
  expect_refused(FV_ERROR_FORMAT, "found a link");
  unlink(shard);
  assert_int_equal(mkfifo(shard, 0600), 0);
  expect_refused(FV_ERROR_IO, "expected a regular file");
  unlink(shard);
  assert_int_equal(mkdir(shard, 0700), 0);
  expect_refused(FV_ERROR_IO, "found a folder");
  rmdir(shard);
}

static void what_does_not_fit_is_named(void **state) {
  (void)state;
  restore();
  rewrite("\"group2-shard2of3\"", "\"group1-shard1of1\"");
  expect_refused(FV_ERROR_FORMAT, "group 1: shard 'group1-shard1of1' is named twice");
  rewrite("\"group2-shard2of3\", ", "");
  expect_refused(FV_ERROR_FORMAT, "group 1: expected 156 bytes in its shards, found 155");
  rewrite("\"dense/bias\"", "\"dense/tribe\"");
  expect_refused(FV_ERROR_NOT_FOUND, "dense/bias: the file has no tensor for it");
  rewrite("\"depth/bias\"", "\"dense/bias\"");
  expect_refused(FV_ERROR_SHAPE, "dense/bias: expected shape (3,), found (2,)");
  rewrite("\"depth/bias\", \"shape\": [2]", "\"depth/depthwise_kernel\", \"shape\": [1, 1, 2, 1]");
  expect_refused(FV_ERROR_FORMAT, "depth/kernel: a second tensor for it");
  rewrite("[12, 3]", "[3, 12]");
  expect_refused(FV_ERROR_SHAPE, "dense/kernel: expected shape (12, 3), found (3, 12)");
  rewrite("[12, 3]", "[2147483647, 2147483647, 2147483647]");
  expect_refused(FV_ERROR_SHAPE, "dense/kernel");
  rewrite("[12, 3]", "[-12, 3]");
  expect_refused(FV_ERROR_FORMAT, "extent 0 of the shape");
  rewrite("\"dtype\": \"float32\"}, {", "\"dtype\": \"string\"}, {");
  expect_refused(FV_ERROR_UNSUPPORTED, "dtype string is not supported");
  rewrite("\"dtype\": \"float32\"}, {", "\"dtype\": \"float32\", \"quantization\": {\"dtype\": \"uint4\"}}, {");
  expect_refused(FV_ERROR_UNSUPPORTED, "quantization uint4 is not supported");
  rewrite("\"dtype\": \"float32\"}, {", "\"dtype\": \"float32\", \"quantization\": {\"dtype\": \"uint8\"}}, {");
  expect_refused(FV_ERROR_FORMAT, "a quantization without scale and min");
  rewrite("weightsManifest", "weightsManifold");
  expect_refused(FV_ERROR_FORMAT, "JSON without weightsManifest");
  write_bytes(model_path, "{\"modelTopology\": {\"node\": []}}", 31);
  expect_refused(FV_ERROR_UNSUPPORTED, "a TensorFlow.js graph-model");
  write_bytes(model_path, " { \"a\": 1}", 10);
  expect_refused(FV_ERROR_FORMAT, "JSON without modelTopology");
  write_bytes(model_path, "[1, 2]", 6);
  expect_refused(FV_ERROR_FORMAT, "not a model file");
  rewrite("Flatten", "Lambda");
  expect_refused(FV_ERROR_UNSUPPORTED, "flat: class 'Lambda' is not supported");
}

/* Every shorter or longer shard; model.json itself is cut in test_damage. */
static void cut_shards_are_refused(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) {
    uint8_t *bytes;
    size_t size;
    restore();
    if (fv__file_read(&bytes, &size, in_folder(shards[i]), 1 << 20)) fail_msg("%s", fv_error_message());
    for (size_t cut = 0; cut <= size + 1; cut++) { /* one more: the NUL that the reader adds */
      if (cut == size) continue;
      write_bytes(in_folder(shards[i]), bytes, cut);
      expect_refused(FV_ERROR_FORMAT, "bytes in its shards");
    }
    free(bytes);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_writers_and_all_types_give_numpys_outputs),
      cmocka_unit_test(the_network_alone_needs_no_shards),
      cmocka_unit_test(shards_elsewhere_are_refused),
      cmocka_unit_test(links_pipes_and_folders_are_no_shards),
      cmocka_unit_test(what_does_not_fit_is_named),
      cmocka_unit_test(cut_shards_are_refused),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
