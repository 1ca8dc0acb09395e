/* fovea pull without a network: what there is, what is refused, what is there already. */
#include "outcome.h"

#include <sys/stat.h>

#include <fovea/zoo.h>

#define ROOM FOVEA_SOURCE_DIR "/tests/golden/files/tiny.h5"

/* Home and cache are folders of the test's own, and whoever connects is refused. */
static int move_out(void **state) {
  if (make_folder(state)) return -1;
  return setenv("HOME", folder, 1) || setenv("FOVEA_CACHE", path_of("a cache"), 1) ||
         setenv("https_proxy", "http://127.0.0.1:9", 1);
}

static void list_shows_name_size_licence(void **state) {
  (void)state;
  outcome result = FOVEA("pull", "--list");
  assert_int_equal(result.status, 0);
  assert_true(has(result.out, "\nVGG16 "));
  assert_true(has(result.out, "\nVGG16:notop "));
  assert_true(has(result.out, "\nMobileNet:notop --alpha 0.5 --input-shape 128,128,3 "));
  assert_true(has(result.out, "CC-BY-4.0"));
  assert_true(has(result.out, " unknown "));
  int lines = 0, files = 0;
  for (const char *at = result.out; (at = strchr(at, '\n')); at++) lines++;
  for (int32_t i = 0; fv_zoo_at(i); i++)
    for (int32_t k = 0; fv_zoo_weights_at(fv_zoo_at(i)->name, k); k++) files++;
  assert_int_equal(lines, files + 1);
  end(&result);
}

static void wrong_words_are_refused(void **state) {
  (void)state;
  expect_failure(FOVEA("pull"), 2, "takes one network");
  expect_failure(FOVEA("pull", "VGG16", "VGG19"), 2, "takes one network");
  expect_failure(FOVEA("pull", "--list", "VGG16"), 2, "takes no argument");
  expect_failure(FOVEA("pull", "Nope"), 2, "no network 'Nope'");
  expect_failure(FOVEA("pull", ""), 2, "is empty");
  expect_failure(FOVEA("pull", "VGG16:top"), 2, "found ':top'");
  expect_failure(FOVEA("pull", "MobileNet", "--alpha", "0.4"), 2, "alpha 0.25, 0.5, 0.75 or 1, not 0.4");
  expect_failure(FOVEA("pull", "VGG16", "--base-url", "http://mirror.example"), 2,
                 "only addresses that begin with https");
  expect_failure(FOVEA("pull", "VGG16", "--base-url", "file:///etc"), 2, "only addresses that begin with https");
}

static void networks_without_official_weights_say_so(void **state) {
  (void)state;
  expect_failure(FOVEA("pull", "EfficientNetLite4"), 2, "EfficientNetLite4: no ImageNet weights are published");
  expect_failure(FOVEA("pull", "LeNet5"), 2, "LeNet5: no ImageNet weights are published");
}

static void unknown_files_are_refused(void **state) {
  (void)state;
  expect_failure(FOVEA("pull", ROOM), 3, "checksum of no official file");
  expect_failure(FOVEA("pull", "/none/such.h5"), 3, "no such file");
  expect_failure(FOVEA("pull", folder), 3, "is not a file");
  assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
  expect_failure(FOVEA("pull", path_of("pipe")), 3, "is not a file");
  assert_int_not_equal(access(path_of("a cache"), F_OK), 0);
}

/* Nothing is fetched unasked: the failure gives the command and the address. */
static void missing_weights_name_the_command(void **state) {
  (void)state;
  write_picture("a picture.png", 30, 3);
  expect_failure(FOVEA("predict", "VGG16", path_of("a picture.png")), 3,
                 "'fovea pull VGG16' fetches it from https://storage.googleapis.com/");
  expect_failure(FOVEA("new", "MobileNet", "--weights", "imagenet", "--no-top", "--alpha", "0.5", "--input-shape",
                       "128,128,3", "-o", path_of("out.h5")),
                 3, "'fovea pull MobileNet:notop --alpha 0.5 --input-shape 128,128,3' fetches it from https://");
  assert_int_not_equal(access(path_of("out.h5"), F_OK), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(list_shows_name_size_licence), cmocka_unit_test(wrong_words_are_refused),
      cmocka_unit_test(networks_without_official_weights_say_so), cmocka_unit_test(unknown_files_are_refused),
      cmocka_unit_test(missing_weights_name_the_command)};
  return cmocka_run_group_tests(tests, move_out, remove_folder);
}
