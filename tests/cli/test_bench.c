/* fovea bench: what it prints, and the options of accuracy that it shares with other commands. */
#include "outcome.h"

#include <jansson.h>

static double number(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  assert_true(json_is_number(value));
  return json_number_value(value);
}

static json_t *measured(outcome result) {
  assert_int_equal(result.status, 0);
  json_t *root = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
  assert_non_null(root);
  end(&result);
  return root;
}

static void test_json(void **state) {
  (void)state;
  json_t *root = measured(
      FOVEA("bench", "LeNet5", "--batch", "3", "--threads", "2", "--rounds", "4", "--layers", "--format", "json"));
  assert_true(number(root, "min_ms") > 0 && number(root, "median_ms") >= number(root, "min_ms"));
  assert_true(number(root, "gflops") > 0 && number(root, "peak_gflops") > number(root, "gflops") / 100);
  assert_true(number(root, "rounds") == 4 && number(root, "threads") == 2 && number(root, "batch") == 3);
  assert_true(number(root, "memory_bytes") >= 61706 * 4);
  assert_true(json_is_string(json_object_get(root, "cpu")));
  const json_t *layers = json_object_get(root, "layers");
  assert_true(json_array_size(layers) >= 7);
  assert_non_null(json_string_value(json_object_get(json_array_get(layers, 0), "way")));
  json_decref(root);
}

static void test_table(void **state) {
  (void)state;
  outcome plain = FOVEA("bench", "LeNet5", "--rounds", "2"), why = FOVEA("bench", "LeNet5", "--rounds", "1", "--why");
  assert_int_equal(plain.status, 0);
  assert_true(has(plain.out, "median") && has(plain.out, "memory: ") && !has(plain.out, "operation"));
  assert_true(has(why.out, "operation") && has(why.out, "not "));
  end(&plain);
  end(&why);
}

/* Which ways a small network of 3x3 convolutions takes. */
static bool takes(const char *shape, const char *option, const char *way) {
  outcome result = FOVEA("bench", "VGG16", "--no-top", "--input-shape", shape, "--rounds", "1", "--layers", option);
  assert_int_equal(result.status, 0);
  const bool found = has(result.out, way);
  end(&result);
  return found;
}

static void test_accuracy(void **state) {
  (void)state;
  assert_true(takes("64,64,3", "--no-exact", "winograd 4x4"));
  assert_false(takes("64,64,3", "--no-exact", "winograd 6x6")); /* too little to gain by it */
  assert_true(takes("96,96,3", "--no-exact", "winograd 6x6"));
  assert_false(takes("96,96,3", "--exact", "winograd"));
  assert_true(takes("64,64,3", "--fast", "winograd 6x6"));
}

static void expect(outcome result, const char *out, const char *err) {
  if (result.status || !has(result.out, out) || !has(result.err, err))
    fail_msg("expected '%s' and '%s', found %d, '%s', '%s'", out, err, result.status, result.out, result.err);
  end(&result);
}

/* A file that bench writes serves the other commands; for another model there is a remark. */
static void test_tuning(void **state) {
  (void)state;
  char file[400];
  snprintf(file, sizeof file, "%s/a tuning.json", folder);
  write_picture("y.png", 28, 1);
  expect(FOVEA("bench", "LeNet5", "--rounds", "1", "--tune", file), "ways by tuning: ", "");
  expect(FOVEA("bench", "LeNet5", "--rounds", "1", "--tune", file), "ways by tuning: ", ""); /* again */
  expect(FOVEA("bench", "LeNet5", "--rounds", "1", "--tuning", file, "--format", "json"), "\"tuned_steps\": ", "");
  expect(FOVEA("predict", "LeNet5", path_of("y.png"), "--weights", "by-name:1", "--preprocess", "scale:1/255",
               "--tuning", file),
         "y.png", "");
  expect(FOVEA("features", "LeNet5", path_of("y.png"), "-o", path_of("y.npy"), "--weights", "by-name:1", "--preprocess",
               "scale:1/255", "--tuning", file),
         "", "");
  expect(FOVEA("bench", "LeNet5_1998", "--rounds", "1", "--tuning", file), "ways by tuning: ", "not lenet5_1998");
  expect_failure(FOVEA("bench", "LeNet5", "--tuning", path_of("absent.json")), 3,
                 "absent.json: cannot open: No such file");
  expect_failure(FOVEA("run", "LeNet5", "--weights", "by-name:1", "--layers", folder, "--tuning", path_of("y.png")), 3,
                 "expected a tuning");
  expect_failure(FOVEA("bench", "LeNet5", "--tune", file, "--tuning", file), 2, "exclude each other");
  expect_failure(FOVEA("bench", "LeNet5", "--rounds", "1", "--tune", path_of("no/where.json")), 1, "no/where.json");
}

static void test_usage(void **state) {
  (void)state;
  expect_failure(FOVEA("bench"), 2, "one model");
  expect_failure(FOVEA("bench", "LeNet5", "--exact", "--fast"), 2, "exclude each other");
  expect_failure(FOVEA("run", "LeNet5", "--layers", folder, "--exact", "--fast"), 2, "exclude each other");
  write_picture("x.png", 28, 1);
  expect_failure(FOVEA("predict", "LeNet5", path_of("x.png"), "--exact", "--fast"), 2, "exclude each other");
  expect_failure(FOVEA("bench", "LeNet5", "--batch", "0"), 2, "between 1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json),   cmocka_unit_test(test_table), cmocka_unit_test(test_accuracy),
      cmocka_unit_test(test_tuning), cmocka_unit_test(test_usage),
  };
  return cmocka_run_group_tests_name("bench", tests, make_folder, remove_folder);
}
