/* fovea filter without a picture, --explain and --signal; what filter, pool and resize refuse before they work; results
 * that would take each other's place. */
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
  static char paths[16][400];
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

static void test_refused_before_work(void **state) {
  (void)state;
  write_picture("five.png", 5, 3);
  const char *picture = lasting("five.png");
  expect_failure(FOVEA("filter", "-k", "blur"), 2, "the image is missing");
  expect_failure(FOVEA("pool"), 2, "the image is missing");
  expect_failure(FOVEA("resize", "--size", "4"), 2, "the image is missing");
  expect_failure(FOVEA("resize", picture, "--size", "4"), 2, "nothing to write");
  expect_failure(FOVEA("pool", picture, picture, "-o", "x.png"), 2, "found 2");
  outcome result = FOVEA("pool", picture, "-o", path_of("x.gif")); /* and no remark about the stride */
  assert_int_equal(result.status, 2);
  assert_true(has(result.err, "must end in") && !has(result.err, "stride"));
  end(&result);
  expect_failure(FOVEA("pool", "none.png", "--figure", path_of("x.gif")), 2, "name of a figure");
  expect_failure(FOVEA("resize", "none.png", "--size", "4", "-o", path_of("x.gif")), 2, "must end in");
  expect_failure(FOVEA("filter", "none.png", "-k", "blur", "-o", path_of("x.gif")), 2, "must end in");
  expect_failure(FOVEA("filter", picture, "--kernel", "1e39", "-o", path_of("x.png")), 2, "float32");
  expect_failure(FOVEA("filter", picture, "--kernel-file", picture, "-o", path_of("x.png")), 3, "found other bytes");
}

static bool is_there(const char *name) { return access(path_of(name), F_OK) == 0; }

static void test_results_keep_apart(void **state) {
  (void)state;
  write_picture("p.png", 6, 1);
  write_text("kernel", "1");
  const char *picture = lasting("p.png"), *out = lasting("out.png"), *file = lasting("kernel");
  expect_good(FOVEA("filter", picture, "-k", "blur,blur,gabor:angle=45", "--kernel", "1", "--kernel-file", file, "-o",
                    out, "--threads", "2"),
              NULL);
  assert_true(is_there("out-blur.png") && is_there("out-blur-2.png") && is_there("out-gabor-angle=45.png"));
  assert_true(is_there("out-kernel.png") && is_there("out-kernel-2.png") && !is_there("out.png"));
  expect_failure(FOVEA("filter", picture, "-k", "blur", "-o", out, "--figure", out), 2, "the same file");
  expect_failure(FOVEA("filter", picture, "-k", "blur,identity", "-o", out, "--figure", path_of("./out-blur.png")), 2,
                 "the same file");
  expect_failure(FOVEA("pool", picture, "-o", out, "--figure", path_of("./out.png")), 2, "the same file");
  assert_false(is_there("out.png"));
  expect_good(FOVEA("resize", picture, "--size", "3", "--method", "cv-area", "--threads", "2", "-o", out), NULL);
  assert_true(is_there("out.png"));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_explain), cmocka_unit_test(test_signal),
                                     cmocka_unit_test(test_refused_before_work),
                                     cmocka_unit_test(test_results_keep_apart)};
  return cmocka_run_group_tests_name("laboratory commands", tests, make_folder, remove_folder);
}
