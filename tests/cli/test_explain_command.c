/* fovea explain: pictures of heat, a strip of stages, numbers, channels, and what is refused. */
#include "outcome.h"

#include <fovea/tensor.h>

#define LENET "LeNet5", path_of("photo with a blank.png"), "--weights", "by-name:1", "--preprocess", "none"

static void expect_success(outcome result, const char *part) {
  if (result.status || !has(result.out, part))
    fail_msg("expected '%s', found %d, '%s', '%s'", part, result.status, result.out, result.err);
  end(&result);
}

static void heat_is_drawn(void **state) {
  (void)state;
  fv_image photo, heat;
  write_picture("photo with a blank.png", 60, 3);
  expect_success(FOVEA("explain", LENET, "--class", "3", "-o", path_of("heat.png")), "class 3, ");
  assert_int_equal(fv_image_read(&photo, path_of("photo with a blank.png")), FV_OK);
  assert_int_equal(fv_image_read(&heat, path_of("heat.png")), FV_OK);
  assert_true(heat.height == photo.height && heat.width == photo.width && heat.channels == 3);
  fv_image_destroy(&heat);
  fv_image_destroy(&photo);
  expect_success(FOVEA("explain", LENET, "--stages", "-o", path_of("strip.png"), "--heat", "hirescam"), ", up to ");
  assert_int_equal(fv_image_read(&heat, path_of("strip.png")), FV_OK);
  assert_true(heat.width > heat.height);
  fv_image_destroy(&heat);
}

static void heat_is_written_as_numbers(void **state) {
  (void)state;
  fv_tensor one, other;
  expect_success(FOVEA("explain", LENET, "--class", "3", "-o", path_of("heat.npy")), "class 3");
  expect_success(FOVEA("explain", LENET, "--class", "3", "--against", "4", "-o", path_of("less.npy")),
                 "and not class 4");
  assert_int_equal(fv_npy_read(&one, path_of("heat.npy")), FV_OK);
  assert_int_equal(fv_npy_read(&other, path_of("less.npy")), FV_OK);
  assert_true(one.shape.rank == 2 && fv_shape_equal(&one.shape, &other.shape));
  float largest = 0, difference = 0;
  for (int64_t i = 0; i < one.shape.dims[0] * one.shape.dims[1]; i++) {
    assert_true(one.data[i] >= 0);
    if (one.data[i] > largest) largest = one.data[i];
    difference += one.data[i] > other.data[i] ? one.data[i] - other.data[i] : other.data[i] - one.data[i];
  }
  assert_true(largest > 0 && difference > 0);
  fv_tensor_destroy(&one);
  fv_tensor_destroy(&other);
}

static void channels_are_listed(void **state) {
  (void)state;
  expect_success(FOVEA("explain", LENET, "--channels", "3"), "adds, estimated");
  outcome result = FOVEA("explain", LENET, "--channels", "2", "--format", "json");
  assert_int_equal(result.status, 0);
  assert_true(has(result.out, "\"logit\": ") && has(result.out, "\"largest\": ") && has(result.out, "\"measured\": "));
  end(&result);
}

static void what_cannot_be_explained_is_refused(void **state) {
  (void)state;
  expect_failure(FOVEA("explain", "LeNet5"), 2, "explain takes a model and an image");
  expect_failure(FOVEA("explain", LENET, "--class", "10"), 2, "classes 0 to 9");
  expect_failure(FOVEA("explain", LENET, "--class", "unicorn"), 2, "no class 'unicorn'");
  expect_failure(FOVEA("explain", LENET, "--class", "1", "--against", "1"), 2, "names the class itself");
  expect_failure(FOVEA("explain", LENET, "--layer", "nobody"), 2, "no layer 'nobody'");
  expect_failure(FOVEA("explain", LENET, "-o", path_of("heat.gif")), 2, "heat.gif");
  expect_failure(FOVEA("explain", LENET, "--stages", "-o", path_of("x.npy")), 2, "no .npy");
  expect_failure(FOVEA("explain", "LeNet5", path_of("absent.png"), "--weights", "by-name:1", "--preprocess", "none"), 3,
                 "absent.png");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(heat_is_drawn),
      cmocka_unit_test(heat_is_written_as_numbers),
      cmocka_unit_test(channels_are_listed),
      cmocka_unit_test(what_cannot_be_explained_is_refused),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
