/* `fovea summary --draw`: files of all kinds, the same bytes each time, what is refused. */
#include "outcome.h"

static void draw(const char *file, const char *first_bytes) {
  outcome found = FOVEA("summary", "ResNet18", "--draw", path_of(file), "--fold", "blocks");
  assert_int_equal(found.status, 0);
  assert_string_equal(found.err, "");
  assert_string_equal(found.out, "");
  end(&found);
  char *text = contents(path_of(file));
  assert_memory_equal(text, first_bytes, strlen(first_bytes));
  free(text);
}

static void test_files(void **state) {
  (void)state;
  draw("net work.svg", "<?xml");
  draw("net.pdf", "%PDF");
  draw("net.png", "\x89PNG");
}

static bool same_bytes(const char *one, const char *other) {
  FILE *a = fopen(one, "rb"), *b = fopen(other, "rb");
  assert_true(a && b);
  int sign;
  bool same = true;
  do {
    sign = fgetc(a);
    same = same && sign == fgetc(b);
  } while (same && sign != EOF);
  fclose(a);
  fclose(b);
  return same;
}

static void test_the_same_bytes(void **state) {
  (void)state;
  static const char *const endings[] = {"svg", "pdf", "png"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    char one[40], two[40];
    snprintf(one, sizeof one, "one.%s", endings[i]);
    snprintf(two, sizeof two, "two.%s", endings[i]);
    for (int k = 0; k < 2; k++) {
      outcome found = FOVEA("summary", "InceptionV3", "--draw", path_of(k ? two : one));
      assert_int_equal(found.status, 0);
      end(&found);
      if (!k && i == 1) sleep(1); /* no time of day in a .pdf */
    }
    if (!same_bytes(path_of(one), path_of(two))) fail_msg("two drawings as .%s differ", endings[i]);
  }
}

static void test_what_cannot_be(void **state) {
  (void)state;
  expect_failure(FOVEA("summary", "LeNet5", "--draw", path_of("net.gif")), 2, ".png, .svg, .pdf");
  expect_failure(FOVEA("summary", "LeNet5", "--draw", "/nowhere/net.svg"), 1, "/nowhere/net.svg");
  expect_failure(FOVEA("summary", "LeNet5", "--fold", "chains"), 2, "--draw FILE");
  expect_failure(FOVEA("summary", "LeNet5", "--columns", "2"), 2, "--draw FILE");
  expect_failure(FOVEA("summary", "LeNet5", "--draw", path_of("net.svg"), "--style", "keras3"), 2, "--style");
  expect_failure(FOVEA("summary", "LeNet5", "--draw", path_of("net.svg"), "--format", "json"), 2, "--format");
  expect_failure(FOVEA("summary", "LeNet5", "--draw", path_of("net.svg"), "--fold", "all"), 2, "blocks");
  expect_failure(FOVEA("summary", "LeNet5", "--draw", path_of("net.svg"), "--columns", "65"), 2, "64");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_files), cmocka_unit_test(test_the_same_bytes),
                                     cmocka_unit_test(test_what_cannot_be)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
