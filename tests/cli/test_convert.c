/* fovea convert and fovea new: files in other formats, stamped files, and what goes wrong. */
#include "outcome.h"

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/files/"

static bool same_files(const char *a, const char *b) {
  char command[900];
  snprintf(command, sizeof command, "cmp -s '%s' '%s'", a, b);
  return system(command) == 0;
}

static void works(outcome result) {
  if (result.status || result.out[0]) fail_msg("status %d: '%s', '%s'", result.status, result.err, result.out);
  end(&result);
}

static void test_there_and_back(void **state) {
  static const char *const endings[] = {"h5", "json"};
  (void)state;
  works(FOVEA("convert", GOLDEN "sequential.keras", path_of("a b.keras")));
  for (int i = 0; i < 2; i++) {
    char between[400];
    snprintf(between, sizeof between, "%s.%s", path_of("between"), endings[i]);
    works(FOVEA("convert", path_of("a b.keras"), between));
    works(FOVEA("convert", between, path_of("back.keras")));
    assert_true(same_files(path_of("a b.keras"), path_of("back.keras")));
  }
  works(FOVEA("convert", GOLDEN "sequential.keras", path_of("w.npz")));
  works(FOVEA("convert", GOLDEN "sequential.keras", "--weights", path_of("w.npz"), path_of("back.keras")));
  assert_true(same_files(path_of("a b.keras"), path_of("back.keras")));
  works(FOVEA("convert", GOLDEN "sequential.keras", path_of("other name"), "--to", "keras"));
  assert_true(same_files(path_of("a b.keras"), path_of("other name")));
}

static void test_a_file_onto_itself(void **state) {
  (void)state;
  works(FOVEA("convert", GOLDEN "lenet.keras", path_of("self.keras")));
  works(FOVEA("convert", path_of("self.keras"), path_of("self.keras")));
  works(FOVEA("convert", path_of("self.keras"), path_of("copy.keras")));
  assert_true(same_files(path_of("self.keras"), path_of("copy.keras")));
}

static void test_stamps(void **state) {
  (void)state;
  FILE *names = fopen(path_of("names.txt"), "w");
  assert_non_null(names);
  fputs("zero\none\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\n", names);
  assert_int_equal(fclose(names), 0);
  write_picture("p.png", 28, 3);
  works(FOVEA("new", "LeNet5", "--weights", "by-name:1", "-o", path_of("net.h5"), "--labels", path_of("names.txt"),
              "--preprocess", "tf"));
  works(FOVEA("convert", path_of("net.h5"), path_of("net.keras"), "--resize", "pil-bicubic"));
  outcome told = FOVEA("predict", path_of("net.keras"), path_of("p.png"), "--format", "json");
  assert_int_equal(told.status, 0);
  assert_true(has(told.out, "\"seven\"") || has(told.out, "\"one\"") || has(told.out, "\"nine\"") ||
              has(told.out, "\"zero\"") || has(told.out, "\"five\""));
  end(&told);
}

static void test_remarks(void **state) {
  (void)state;
  outcome told = FOVEA("convert", GOLDEN "sink_act3.keras", path_of("later.h5"));
  assert_int_equal(told.status, 0);
  assert_true(has(told.err, "Keras 2 has no activation hard_silu"));
  end(&told);
  told = FOVEA("new", "LeNet5_1998", "-o", path_of("remarks.keras"));
  assert_int_equal(told.status, 0);
  const char *first = strstr(told.err, "no activation scaled_tanh"); /* of many layers, said once */
  assert_non_null(first);
  assert_null(strstr(first + 1, "no activation scaled_tanh"));
  end(&told);
  told = FOVEA("convert", "--quiet", GOLDEN "sink_act3.keras", path_of("later.h5"));
  assert_int_equal(told.status, 0);
  assert_string_equal(told.err, "");
  end(&told);
}

static void test_refused(void **state) {
  (void)state;
  const char *model = GOLDEN "lenet.keras";
  expect_failure(FOVEA("convert", model), 2, "found 1 argument");
  expect_failure(FOVEA("convert", model, "a.h5", "b.h5"), 2, "found 3 arguments");
  expect_failure(FOVEA("convert", model, path_of("a.pb")), 2, "ending '.pb'");
  expect_failure(FOVEA("convert", model, path_of("a.h5"), "--to", "onnx"), 2, "format 'onnx'");
  expect_failure(FOVEA("convert", model, path_of("a.h5"), "--dtype", "float16"), 2, "float32 alone");
  expect_failure(FOVEA("convert", model, path_of("none/a.h5")), 1, "No such file or directory");
  expect_failure(FOVEA("convert", model, "/dev/full", "--to", "h5"), 4, "No space left");
  expect_failure(FOVEA("convert", path_of("none.h5"), path_of("a.h5")), 3, "no such file");
  expect_failure(FOVEA("convert", model, "/dev/null", "--to", "tfjs"), 2, "a second file beside it");
  expect_failure(FOVEA("convert", model, ""), 2, "convert: argument 2 is empty");
  expect_failure(FOVEA("new", "LeNet5", "-o", ""), 2, "--output is empty");
  expect_failure(FOVEA("new"), 2, "name of a network");
  expect_failure(FOVEA("new", "LeNet5"), 2, "--output");
  expect_failure(FOVEA("new", "LeNet55", "-o", path_of("a.h5")), 2, "LeNet5?");
  assert_int_equal(access(path_of("a.h5"), F_OK), -1);
}

/* Pipes, whose real path names no file, and devices are written as they are. */
static void test_pipes_and_devices(void **state) {
  static const char *const names[] = {"/dev/stdout", "/proc/self/fd/1"};
  char command[1500];
  (void)state;
  works(FOVEA("convert", GOLDEN "lenet.keras", path_of("plain.h5")));
  for (int i = 0; i < 2; i++) {
    snprintf(command, sizeof command, "%s/fovea convert -q '%s' %s --to h5 | cmp -s '%s' -", FOVEA_BINARY_DIR,
             GOLDEN "lenet.keras", names[i], path_of("plain.h5"));
    assert_int_equal(system(command), 0);
  }
  snprintf(command, sizeof command, "mkfifo '%s' && { %s/fovea convert '%s' '%s' --to h5 -q & cmp -s '%s' '%s'; }",
           path_of("fifo"), FOVEA_BINARY_DIR, GOLDEN "lenet.keras", path_of("fifo"), path_of("plain.h5"),
           path_of("fifo"));
  assert_int_equal(system(command), 0);
  works(FOVEA("convert", GOLDEN "lenet.keras", "/dev/null", "--to", "h5"));
}

static void test_help_says_which_weights(void **state) {
  (void)state;
  outcome told = FOVEA("help", "new");
  assert_true(has(told.out, "[random:1 for a network of the zoo]"));
  end(&told);
  told = FOVEA("help", "convert");
  assert_true(has(told.out, "[imagenet for a network of the zoo]"));
  end(&told);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_pipes_and_devices),
                                     cmocka_unit_test(test_help_says_which_weights),
                                     cmocka_unit_test(test_there_and_back),
                                     cmocka_unit_test(test_a_file_onto_itself),
                                     cmocka_unit_test(test_stamps),
                                     cmocka_unit_test(test_remarks),
                                     cmocka_unit_test(test_refused)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
