/* Resizing and gray conversion against Pillow, OpenCV, TensorFlow and PyTorch; shapes that are easy to get wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/image.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/resize"
#define SHARED FOVEA_SOURCE_DIR "/../shared/golden/resize"

static void load(fv_image *image, const char *folder, const char *name) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s.npy", folder, name);
  fv_tensor tensor;
  if (fv_npy_read(&tensor, path) || fv_image_from_tensor(image, &tensor, FV_IMAGE_SCALE_NONE))
    fail_msg("%s", fv_error_message());
  fv_tensor_destroy(&tensor);
}

static void expect_equal(const fv_image *got, const fv_image *expected, const char *what) {
  if (got->height != expected->height || got->width != expected->width || got->channels != expected->channels)
    fail_msg("%s: %d x %d x %d, expected %d x %d x %d", what, got->height, got->width, got->channels, expected->height,
             expected->width, expected->channels);
  size_t count = (size_t)got->height * (size_t)got->width * (size_t)got->channels;
  for (size_t i = 0; i < count; i++)
    if (got->pixels[i] != expected->pixels[i])
      fail_msg("%s: byte %zu is %d, expected %d", what, i, got->pixels[i], expected->pixels[i]);
}

/* cv2_nearest_exact is cv-nearest-exact. */
static void method_of(char method[64], const char *library, const char *kind) {
  snprintf(method, 64, "%s-%s", !strcmp(library, "cv2") ? "cv" : library, kind);
  for (char *c = method; *c; c++)
    if (*c == '_') *c = '-';
}

/* Floats of another order of summation. TensorFlow's and PyTorch's filters sum in float32 what is summed in double
 * here, over positions in float32. */
static const double FLOAT_DIFFERENCE = 2e-3;

static double allowed(const char *method) {
  if (!strcmp(method, "cv-cubic") || !strcmp(method, "cv-lanczos4")) return 1;
  if (!strcmp(method, "tf-nearest")) return 0;
  return !strncmp(method, "tf-", 3) || !strncmp(method, "torch-", 6) ? FLOAT_DIFFERENCE : 0;
}

static void check_file(const char *folder, const char *file, const char *picture, const char *method, int height,
                       int width) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", folder, file);
  fv_image in;
  fv_tensor out, expected;
  load(&in, folder, picture);
  assert_int_equal(fv_npy_read(&expected, path), FV_OK);
  if (fv_image_resize_to_tensor(&out, &in, height, width, method)) fail_msg("%s: %s", file, fv_error_message());
  int64_t count, same;
  assert_int_equal(fv_shape_elements(&count, &out.shape), FV_OK);
  assert_int_equal(fv_shape_elements(&same, &expected.shape), FV_OK);
  assert_int_equal(count, same);
  double worst = 0;
  for (int64_t i = 0; i < count; i++) worst = fmax(worst, fabs((double)out.data[i] - (double)expected.data[i]));
  if (worst > allowed(method)) fail_msg("%s: differs by %g, allowed %g", file, worst, allowed(method));
  fv_image_destroy(&in);
  fv_tensor_destroy(&out);
  fv_tensor_destroy(&expected);
}

/* Checks every file PICTURE_LIBRARY_METHOD_HxW.npy of a folder; returns how many there were. */
static int check_folder(const char *folder, const char *library) {
  DIR *listing = opendir(folder);
  if (!listing) return 0;
  int checked = 0;
  for (struct dirent *entry; (entry = readdir(listing));) {
    char picture[16], name[16], words[32], method[64];
    int height, width, used = 0;
    if (sscanf(entry->d_name, "%15[a-z]_%15[a-z2]_%31[a-z_0-9].npy%n", picture, name, words, &used) != 3 || used == 0)
      continue;
    char *size = strrchr(words, '_');
    if (strcmp(name, library) || !size || sscanf(size, "_%dx%d", &height, &width) != 2) continue;
    *size = '\0';
    method_of(method, library, words);
    check_file(folder, entry->d_name, picture, method, height, width);
    checked++;
  }
  closedir(listing);
  return checked;
}

static void equals_pillow(void **state) {
  (void)state;
  static const char *const pictures[] = {"gray", "rgb", "rgba"};
  static const char *const methods[] = {"pil-nearest", "pil-box",     "pil-bilinear",
                                        "pil-hamming", "pil-bicubic", "pil-lanczos"};
  assert_int_equal(check_folder(GOLDEN, "pil"), 72);
  for (int p = 0; p < 3; p++) /* to their own size: Pillow's answers are the pictures themselves */
    for (int m = 0; m < 6; m++) {
      char file[32];
      snprintf(file, sizeof file, "%s.npy", pictures[p]);
      check_file(GOLDEN, file, pictures[p], methods[m], 37, 53);
    }
}

static void equals_the_others(void **state) {
  (void)state;
  assert_int_equal(check_folder(GOLDEN, "cv2"), 15);
  assert_int_equal(check_folder(GOLDEN, "tf"), 12);
  assert_int_equal(check_folder(GOLDEN, "torch"), 4);
}

static void equals_all_of_them_on_the_photo_too(void **state) {
  (void)state;
  int checked = check_folder(SHARED, "pil");
  if (!checked) skip();
  assert_int_equal(checked, 120);
  assert_int_equal(check_folder(SHARED, "cv2"), 95);
  assert_int_equal(check_folder(SHARED, "tf"), 69);
  assert_int_equal(check_folder(SHARED, "torch"), 36);
}

static void gray_equals_pillow(void **state) {
  (void)state;
  fv_image in, out, expected;
  load(&in, GOLDEN, "rgb");
  load(&expected, GOLDEN, "rgb_gray_pil");
  assert_int_equal(fv_image_convert(&out, &in, 1), FV_OK);
  expect_equal(&out, &expected, "rgb_gray_pil");
  fv_image_destroy(&in);
  fv_image_destroy(&out);
  fv_image_destroy(&expected);
}

static void gray_equals_opencv(void **state) {
  (void)state;
  fv_image in, out, expected;
  load(&in, GOLDEN, "rgb");
  load(&expected, GOLDEN, "rgb_gray_cv2");
  assert_int_equal(fv_image_channel(&out, &in, "gray-cv"), FV_OK);
  expect_equal(&out, &expected, "rgb_gray_cv2");
  fv_image_destroy(&in);
  fv_image_destroy(&out);
  fv_image_destroy(&expected);
}

/* One pixel, constant pictures and the longest side: every method keeps a constant, and its floats do too. */
static void constants_stay_constant(void **state) {
  (void)state;
  const int32_t shapes[][4] = {{1, 1, 7, 5},       {1, 1, 1, 1},     {65535, 1, 3, 300}, {1, 65535, 300, 1},
                               {3, 300, 65535, 1}, {2, 3, 1, 65535}, {65535, 1, 1, 300}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (int32_t m = 0; fv_image_resize_method(m); m++) {
      const int32_t *s = shapes[i];
      /* OpenCV does not make its rounded weights sum to one. */
      const int spread = allowed(fv_image_resize_method(m)) == 1;
      fv_image in, out;
      assert_int_equal(fv_image_create(&in, s[0], s[1], 1), FV_OK);
      memset(in.pixels, 201, (size_t)s[0] * (size_t)s[1]);
      assert_int_equal(fv_image_resize(&out, &in, s[2], s[3], fv_image_resize_method(m)), FV_OK);
      for (size_t k = 0; k < (size_t)s[2] * (size_t)s[3]; k++) assert_true(abs(out.pixels[k] - 201) <= spread);
      fv_image_destroy(&in);
      fv_image_destroy(&out);
    }
}

/* A picture made in several strips equals the same picture made in two steps, rows first. */
static void strips_leave_no_seam(void **state) {
  (void)state;
  fv_image in, out, tall, again;
  assert_int_equal(fv_image_create(&in, 2000, 3000, 3), FV_OK);
  for (size_t i = 0; i < 2000 * 3000 * 3; i++) in.pixels[i] = (uint8_t)((i * 2654435761u) >> 24);
  assert_int_equal(fv_image_resize(&out, &in, 1, 1500, "pil-bicubic"), FV_OK); /* 9 MB between the passes: 9 strips */
  assert_int_equal(fv_image_resize(&tall, &in, 2000, 1500, "pil-bicubic"), FV_OK);
  assert_int_equal(fv_image_resize(&again, &tall, 1, 1500, "pil-bicubic"), FV_OK);
  expect_equal(&out, &again, "strips");
  fv_image_destroy(&in);
  fv_image_destroy(&out);
  fv_image_destroy(&tall);
  fv_image_destroy(&again);
}

static void wrong_requests_are_refused(void **state) {
  (void)state;
  fv_image in, out;
  assert_int_equal(fv_image_create(&in, 2, 2, 3), FV_OK);
  assert_int_equal(fv_image_resize(&out, &in, 4, 4, "bilinear"), FV_ERROR_INVALID);
  assert_non_null(strstr(fv_error_message(), "pil-bilinear"));
  assert_int_equal(fv_image_resize(&out, &in, 0, 4, "pil-bilinear"), FV_ERROR_INVALID);
  assert_int_equal(fv_image_resize(&out, &in, 65536, 1, "pil-bilinear"), FV_ERROR_MEMORY);
  assert_int_equal(fv_image_resize(&out, &in, 65535, 65535, "pil-bilinear"), FV_ERROR_MEMORY);
  assert_null(out.pixels);
  fv_image_destroy(&in);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_pillow),
      cmocka_unit_test(equals_the_others),
      cmocka_unit_test(equals_all_of_them_on_the_photo_too),
      cmocka_unit_test(gray_equals_pillow),
      cmocka_unit_test(gray_equals_opencv),
      cmocka_unit_test(constants_stay_constant),
      cmocka_unit_test(strips_leave_no_seam),
      cmocka_unit_test(wrong_requests_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
