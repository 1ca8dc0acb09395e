/* fovea augment: sheets and pictures that appear, the same for the same seed, and what is refused. */
#include "outcome.h"

static int make_picture(void **state) {
  if (make_folder(state)) return -1;
  fv_image image;
  if (fv_image_create(&image, 20, 30, 3)) return -1;
  for (int i = 0; i < 20 * 30 * 3; i++) image.pixels[i] = (uint8_t)(i * 7 % 251);
  fv_status status = fv_image_write(path_of("a photo.png"), &image);
  fv_image_destroy(&image);
  return status;
}

static void expect_success(outcome result) {
  if (result.status) fail_msg("status %d: %s", result.status, result.err);
  end(&result);
}

static void expect_same(const char *a, const char *b, bool same) {
  fv_tensor first, second;
  assert_int_equal(fv_npy_read(&first, path_of(a)), FV_OK);
  assert_int_equal(fv_npy_read(&second, path_of(b)), FV_OK);
  assert_true(fv_shape_equal(&first.shape, &second.shape));
  assert_int_equal(!memcmp(first.data, second.data, 20 * 30 * 3 * sizeof(float)), same);
  fv_tensor_destroy(&first);
  fv_tensor_destroy(&second);
}

static void sheets_appear(void **state) {
  (void)state;
  fv_image sheet;
  expect_success(FOVEA("augment", path_of("a photo.png"), "--figure", path_of("a sheet.png"), "--count", "3"));
  assert_int_equal(fv_image_read(&sheet, path_of("a sheet.png")), FV_OK);
  assert_true(sheet.width > 1200 && sheet.height > 200);
  fv_image_destroy(&sheet);
  expect_success(
      FOVEA("augment", path_of("a photo.png"), "--size", "224", "--apply", "theta=30", "--figure", path_of("s.svg")));
}

static void draws_follow_the_seed(void **state) {
  (void)state;
  const char *const names[][2] = {{"a.npy", "1"}, {"b.npy", "1"}, {"c.npy", "2"}};
  for (int i = 0; i < 3; i++)
    expect_success(FOVEA("augment", path_of("a photo.png"), "--seed", names[i][1], "-o", path_of(names[i][0])));
  expect_same("a.npy", "b.npy", true);
  expect_same("a.npy", "c.npy", false);
}

static void a_given_transform_is_applied(void **state) {
  (void)state;
  expect_success(FOVEA("augment", path_of("a photo.png"), "--apply", "flip_horizontal", "-o", path_of("mirrored.npy")));
  expect_success(FOVEA("augment", path_of("mirrored.npy"), "--apply", "flip_horizontal=1", "-o", path_of("back.npy")));
  expect_success(FOVEA("augment", path_of("a photo.png"), "--apply", "theta=0", "-o", path_of("same.npy")));
  expect_same("back.npy", "same.npy", true);
  expect_same("mirrored.npy", "same.npy", false);
  expect_success(FOVEA("augment", path_of("a photo.png"), "--apply", "theta=20", "-o", path_of("d.npy")));
  expect_success(
      FOVEA("augment", path_of("a photo.png"), "--compat", "keras2", "--apply", "theta=-20", "-o", path_of("k.npy")));
  expect_same("d.npy", "k.npy", true); /* Keras 2 turns the other way */
}

static void effects_are_listed_and_applied(void **state) {
  (void)state;
  outcome result = FOVEA("augment", "--effects");
  assert_int_equal(result.status, 0);
  assert_non_null(strstr(result.out, "random_contrast=LESS,MORE"));
  assert_non_null(strstr(result.out, "rand_augment=COUNT,MAGNITUDE"));
  end(&result);
  expect_success(FOVEA("augment", path_of("a photo.png"), "--apply", "random_invert", "-o", path_of("negative.npy")));
  expect_success(FOVEA("augment", path_of("negative.npy"), "--apply", "random_invert", "-o", path_of("positive.npy")));
  expect_same("positive.npy", "same.npy", true);
  expect_success(FOVEA("augment", path_of("a photo.png"), "--augment",
                       "rand_augment random_erasing=1 samplewise_center", "--figure", path_of("effects.png")));
}

static void wrong_words_are_refused(void **state) {
  (void)state;
  char photo[400], out[400];
  snprintf(photo, sizeof photo, "%s", path_of("a photo.png"));
  snprintf(out, sizeof out, "%s", path_of("none.npy"));
  expect_failure(FOVEA("augment", "-o", out), 2, "the image is missing");
  expect_failure(FOVEA("augment", photo), 2, "nothing to write");
  expect_failure(FOVEA("augment", photo, "-o", out, "--augment", "turn=3"), 2, "augmentation knows no 'turn'");
  expect_failure(FOVEA("augment", photo, "-o", out, "--apply", "rotation=3"), 2, "a transform knows no 'rotation'");
  expect_failure(FOVEA("augment", photo, "-o", out, "--apply", "zx=-1"), 2, "zx must be between");
  expect_failure(FOVEA("augment", out, "-o", path_of("x.npy")), 3, "none.npy");
  expect_failure(FOVEA("augment", photo, "-o", out, "--augment", "mix_up=0.2"), 2, "mix pictures of a batch");
  expect_failure(FOVEA("augment", photo, "-o", out, "--augment", "zca_whitening"), 2, "--fit DATA");
  expect_failure(FOVEA("augment", photo, "-o", out, "--augment", "random_hue=2"), 2, "random_hue: HIGH must lie");
  expect_failure(FOVEA("augment", photo, "-o", out, "--augment", "featurewise_center", "--fit", out), 3,
                 "no such file");
  expect_failure(FOVEA("augment", photo, "-o", path_of("x.png"), "--figure", path_of("x.png")), 2, "same file");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sheets_appear),
      cmocka_unit_test(draws_follow_the_seed),
      cmocka_unit_test(a_given_transform_is_applied),
      cmocka_unit_test(effects_are_listed_and_applied),
      cmocka_unit_test(wrong_words_are_refused),
  };
  return cmocka_run_group_tests(tests, make_picture, remove_folder);
}
