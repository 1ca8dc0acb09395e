/* fovea filter without a picture: --explain and --signal. */
#include "outcome.h"

#include <fovea/tensor.h>

static void write_text(const char *name, const char *text) {
  FILE *file = fopen(path_of(name), "wb");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void expect_good(outcome result, const char *part) {
  if (result.status || (part && !has(result.out, part)))
    fail_msg("expected '%s', found %d, '%s', '%s'", part ? part : "", result.status, result.out, result.err);
  end(&result);
}

/* A path that lasts: path_of lends each for a while. */
static const char *lasting(const char *name) {
  static char paths[8][400];
  static int count;
  char *path = paths[count++];
  snprintf(path, sizeof paths[0], "%s", path_of(name));
  return path;
}

static bool begins(const char *path, const char *start) {
  char *text = contents(path);
  const bool good = strncmp(text, start, strlen(start)) == 0;
  free(text);
  return good;
}

static void test_explain(void **state) {
  (void)state;
  const char *figure = lasting("explained.svg"), *page = lasting("explained.pdf");
  expect_good(FOVEA("filter", "-k", "sobel-x", "--explain"), "differentiates");
  expect_good(FOVEA("filter", "-k", "gaussian-5,laplacian", "--explain", "--figure", figure), "no, rank 2");
  assert_true(begins(figure, "<?xml"));
  expect_good(FOVEA("filter", "-k", "blur", "--explain", "--figure", page), "yes, rank 1");
  assert_true(begins(page, "%PDF"));
  write_picture("x.png", 8, 1);
  expect_failure(FOVEA("filter", path_of("x.png"), "-k", "blur", "--explain"), 2, "takes no picture");
  expect_failure(FOVEA("filter", "-k", "blur", "--explain", "--signal", "x.csv"), 2, "not both");
}

static void test_signal(void **state) {
  (void)state;
  write_text("a line.csv", "0\n4\n0\n0\n8\n");
  write_text("words.csv", "a\nb\n");
  const char *line = lasting("a line.csv"), *numbers = lasting("out.csv"), *array = lasting("out.npy");
  const char *figure = lasting("signal.png");
  expect_good(FOVEA("filter", "--signal", line, "-k", "blur", "-o", numbers, "--figure", figure, "--border", "zero"),
              NULL);
  char *text = contents(numbers);
  assert_string_equal(text, "1\n2\n1\n2\n4\n");
  free(text);
  assert_true(begins(figure, "\x89PNG"));
  expect_good(FOVEA("filter", "--signal", line, "-k", "blur", "-o", array), NULL);
  fv_tensor result;
  assert_int_equal(fv_npy_read(&result, array), FV_OK);
  assert_true(result.shape.rank == 2 && result.shape.dims[1] == 5);
  fv_tensor_destroy(&result);
  expect_failure(FOVEA("filter", "--signal", line, "-k", "blur,identity", "-o", numbers), 2, "one kernel");
  expect_failure(FOVEA("filter", "--signal", line, "-k", "blur"), 2, "nothing to write");
  expect_failure(FOVEA("filter", "--signal", line, "-k", "blur", "-o", path_of("x.png")), 2, ".npy, .csv or .txt");
  expect_failure(FOVEA("filter", "--signal", path_of("words.csv"), "-k", "blur", "-o", numbers), 3,
                 "expected a number");
  expect_failure(FOVEA("filter", "--signal", path_of("none.csv"), "-k", "blur", "-o", numbers), 3, "cannot open");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_explain), cmocka_unit_test(test_signal)};
  return cmocka_run_group_tests_name("laboratory commands", tests, make_folder, remove_folder);
}
