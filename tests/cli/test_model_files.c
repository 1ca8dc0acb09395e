/* Model files on the command line: real ones, and ones whose names and texts mean harm. They are made here from a
 * golden .keras file, a zip, by replacing members. */
#include "outcome.h"

#include <jansson.h>
#include <zip.h>

#include <fovea/tensor.h>

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/files/"

enum { TEXT_SIZE = 1 << 16 };

/* `text` with every `from` replaced by `to`; free it. */
static char *replaced(const char *text, const char *from, const char *to) {
  size_t room = strlen(text) * (1 + strlen(to)) + 1, used = 0;
  char *result = malloc(room);
  assert_non_null(result);
  while (*text) {
    const char *found = strstr(text, from);
    size_t length = found ? (size_t)(found - text) : strlen(text);
    memcpy(result + used, text, length);
    used += length;
    text += length;
    if (!found) break;
    memcpy(result + used, to, strlen(to));
    used += strlen(to);
    text += strlen(from);
  }
  result[used] = '\0';
  return result;
}

static void copy_file(const char *from, const char *to) {
  FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
  assert_non_null(in);
  assert_non_null(out);
  for (int c; (c = getc(in)) != EOF;) putc(c, out);
  fclose(in);
  assert_int_equal(fclose(out), 0);
}

static void put_member(zip_t *zip, const char *name, const char *text) {
  zip_source_t *source = zip_source_buffer(zip, text, strlen(text), 0);
  assert_non_null(source);
  zip_int64_t index = zip_file_add(zip, name, source, ZIP_FL_OVERWRITE);
  assert_true(index >= 0);
  zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0);
}

/* The golden LeNet under `path`, `from` in its configuration replaced by `to`, with a member fovea.json (or NULL). */
static void make_model(const char *path, const char *from, const char *to, const char *feeding) {
  static char config[TEXT_SIZE];
  copy_file(GOLDEN "lenet.keras", path);
  zip_t *zip = zip_open(path, 0, NULL);
  assert_non_null(zip);
  zip_file_t *member = zip_fopen(zip, "config.json", 0);
  assert_non_null(member);
  zip_int64_t length = zip_fread(member, config, sizeof config - 1);
  assert_true(length > 0);
  config[length] = '\0';
  zip_fclose(member);
  char *changed = replaced(config, from, to);
  put_member(zip, "config.json", changed);
  if (feeding) put_member(zip, "fovea.json", feeding);
  assert_int_equal(zip_close(zip), 0);
  free(changed);
}

static const char feeding[] =
    "{\"version\": 1, \"mode\": \"own\", \"scale\": 0.00392156862745098, \"labels\": [\"zero\", "
    "\"one\", \"two\", \"three\", \"four\", \"five\", \"six\", \"seven\", \"eight\", \"\\u001b[31mnine\"]}";

static void test_a_file_says_how_it_is_fed(void **state) {
  (void)state;
  char model[100], picture[100];
  snprintf(model, sizeof model, "%s", path_of("my model.keras"));
  snprintf(picture, sizeof picture, "%s", path_of("a.png"));
  write_picture("a.png", 30, 5);
  make_model(model, "none such", "", feeding);
  outcome named = FOVEA("predict", model, picture, "--top", "10");
  assert_string_equal(named.err, "");
  assert_int_equal(named.status, 0);
  assert_true(has(named.out, "zero\n") && has(named.out, "eight\n") && has(named.out, "?[31mnine\n"));
  end(&named);
  named = FOVEA("summary", model);
  assert_true(has(named.out, "class names: 10") && has(named.out, "pictures: own"));
  end(&named);
  make_model(model, "none such", "", NULL);
  expect_failure(FOVEA("predict", model, picture), 2, "preprocessing");
  outcome told = FOVEA("predict", model, picture, "--preprocess", "scale:1/255", "--format=csv");
  assert_int_equal(told.status, 0);
  end(&told);
  make_model(model, "none such", "", "{\"version\": 1, \"mode\": \"warp\"}");
  expect_failure(FOVEA("predict", model, picture), 3, "mode");
}

/* The chapter's program, with a model file and an image. */
static void test_example_classify(void **state) {
  (void)state;
  char command[500], model[100];
  snprintf(model, sizeof model, "%s", path_of("lenet.keras"));
  write_picture("digit.png", 28, 3);
  make_model(model, "none such", "", feeding);
  snprintf(command, sizeof command, FOVEA_BINARY_DIR "/examples/03_classify '%s' '%s' > '%s'", model,
           path_of("digit.png"), path_of("said"));
  assert_int_equal(system(command), 0);
  char *said = contents(path_of("said"));
  int lines = 0;
  for (const char *at = said; (at = strchr(at, '\n')); at++) lines++;
  assert_int_equal(lines, 3);
  free(said);
  snprintf(command, sizeof command, FOVEA_BINARY_DIR "/examples/03_classify '%s' '%s' 2> '%s'", model,
           path_of("none.png"), path_of("said"));
  assert_int_not_equal(system(command), 0);
}

static void test_hostile_layer_names(void **state) {
  (void)state;
  char model[100], out[100], layers[100];
  snprintf(model, sizeof model, "%s", path_of("hostile.keras"));
  snprintf(out, sizeof out, "%s", path_of("inside/layers"));
  snprintf(layers, sizeof layers, "mkdir -p '%s'", path_of("inside"));
  assert_int_equal(system(layers), 0);
  make_model(model, "\"flatten\"", "\"../../escaped\\u000a\"", NULL);
  outcome result = FOVEA("run", model, "--input", GOLDEN "lenet.in.npy", "--layers", out);
  assert_string_equal(result.err, "");
  assert_int_equal(result.status, 0);
  end(&result);
  assert_int_not_equal(access(path_of("escaped.npy"), F_OK), 0);
  assert_int_not_equal(access(path_of("escaped\n.npy"), F_OK), 0);
  assert_int_equal(access(path_of("inside/layers/.._.._escaped_.npy"), F_OK), 0);
  outcome summary = FOVEA("summary", model), json = FOVEA("summary", model, "--format=json");
  assert_true(has(summary.out, "../../escaped?"));
  json_t *root = json_loads(json.out, JSON_REJECT_DUPLICATES, NULL);
  assert_non_null(root);
  json_decref(root);
  end(&summary);
  end(&json);
}

/* Two inputs by name or in order, two outputs, layers called twice. */
static void test_run_with_several_inputs(void **state) {
  (void)state;
  outcome summary = FOVEA("summary", GOLDEN "nested.k2.h5", "--format=json");
  assert_int_equal(summary.status, 0);
  json_t *root = json_loads(summary.out, 0, NULL);
  const json_t *inputs = json_object_get(root, "inputs");
  assert_int_equal(json_array_size(inputs), 2);
  char files[2][100], named[2][400], outs[2][100], layers[100];
  for (size_t i = 0; i < 2; i++) {
    const json_t *input = json_array_get(inputs, i), *dims = json_object_get(input, "shape");
    fv_shape shape = {.rank = (int32_t)json_array_size(dims), .dims = {2}};
    for (size_t d = 1; d < json_array_size(dims); d++) shape.dims[d] = json_integer_value(json_array_get(dims, d));
    fv_tensor tensor;
    int64_t elements;
    assert_int_equal(fv_tensor_create(&tensor, &shape), FV_OK);
    assert_int_equal(fv_shape_elements(&elements, &shape), FV_OK);
    for (int64_t k = 0; k < elements; k++) tensor.data[k] = (float)((k * 7 + (int64_t)i) % 23) / 23;
    snprintf(files[i], sizeof files[i], "%s/in=%zu.npy", folder, i); /* '=' in a file's name is no input's name */
    snprintf(outs[i], sizeof outs[i], "%s/out%zu.npy", folder, i);
    snprintf(named[i], sizeof named[i], "%.100s=%s", json_string_value(json_object_get(input, "name")), files[i]);
    assert_int_equal(fv_npy_write(files[i], &tensor), FV_OK);
    fv_tensor_destroy(&tensor);
  }
  snprintf(layers, sizeof layers, "%s", path_of("nested"));
  outcome result = FOVEA("run", GOLDEN "nested.k2.h5", "--input", files[0], files[1], "--output", outs[0], outs[1]);
  assert_string_equal(result.err, "");
  end(&result);
  char *first = contents(outs[0]), *second = contents(outs[1]);
  result = FOVEA("run", "--input", named[1], "--output", outs[0], "--output", outs[1], GOLDEN "nested.k2.h5", "--input",
                 files[0], "--layers", layers);
  assert_string_equal(result.err, "");
  end(&result);
  fv_tensor a, b;
  assert_int_equal(fv_npy_read(&a, outs[0]), FV_OK);
  assert_int_equal(fv_npy_read(&b, outs[1]), FV_OK);
  assert_true(a.shape.rank > 0 && b.shape.rank > 0);
  fv_tensor_destroy(&a);
  fv_tensor_destroy(&b);
  char command[200];
  snprintf(command, sizeof command, "ls '%s' | grep -q '@2.npy$'", layers);
  assert_int_equal(system(command), 0);
  expect_failure(FOVEA("run", GOLDEN "nested.k2.h5", "--input", named[0], named[0], "--output", outs[0]), 2,
                 "given twice");
  free(first);
  free(second);
  json_decref(root);
  end(&summary);
}

/* What is no model, or another network's, says so and ends with status 3. */
static void test_wrong_files(void **state) {
  (void)state;
  static char bytes[4096];
  FILE *in = fopen(GOLDEN "lenet.k2.h5", "rb"), *out = fopen(path_of("cut.h5"), "wb");
  assert_non_null(in);
  assert_non_null(out);
  assert_int_equal(fread(bytes, 1, sizeof bytes, in), sizeof bytes);
  fwrite(bytes, 1, sizeof bytes, out);
  fclose(in);
  fclose(out);
  out = fopen(path_of("empty.h5"), "wb");
  assert_non_null(out);
  fclose(out);
  expect_failure(FOVEA("summary", path_of("cut.h5")), 3, "cut.h5");
  expect_failure(FOVEA("summary", path_of("empty.h5")), 3, "empty.h5");
  expect_failure(FOVEA("summary", folder), 3, folder);
  expect_failure(FOVEA("summary", GOLDEN "lenet.in.npy"), 3, "lenet.in.npy");
  expect_failure(FOVEA("predict", "LeNet5", path_of("a.png"), "--weights", GOLDEN "sequential.k2.h5"), 3,
                 "sequential.k2.h5");
  expect_failure(FOVEA("summary", GOLDEN "lenet.keras", "--alpha", "0.5"), 2, "--alpha");
}

/* What a command that succeeds prints, with `part` in it; free it. */
static char *printed(outcome result, const char *part) {
  if (result.status || !has(result.out, part))
    fail_msg("expected '%s', found status %d, '%s', '%s'", part, result.status, result.err, result.out);
  free(result.err);
  return result.out;
}

/* A network of Darknet through the commands; a copy as .keras finds the same. */
static void test_darknet(void **state) {
  (void)state;
#define DARKNET FOVEA_SOURCE_DIR "/tests/golden/darknet/"
  const char *picture = FOVEA_SOURCE_DIR "/tests/golden/pictures/rgb.png";
  char copy[400];
  snprintf(copy, sizeof copy, "%s", path_of("yolo.keras"));
  free(printed(FOVEA("summary", DARKNET "groups.cfg"), "ChannelSlice"));
  free(printed(FOVEA("predict", DARKNET "classifier.cfg", picture), "0."));
  free(printed(FOVEA("convert", DARKNET "yolo.cfg", copy), ""));
  char *found = printed(FOVEA("detect", DARKNET "yolo.cfg", picture), "to (");
  char *again = printed(FOVEA("detect", copy, picture), "to (");
  assert_string_equal(found, again);
  free(found);
  free(again);
  expect_failure(FOVEA("summary", DARKNET "yolo.weights"), 3, "open the .cfg beside it");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_file_says_how_it_is_fed),
      cmocka_unit_test(test_example_classify),
      cmocka_unit_test(test_hostile_layer_names),
      cmocka_unit_test(test_run_with_several_inputs),
      cmocka_unit_test(test_wrong_files),
      cmocka_unit_test(test_darknet),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
