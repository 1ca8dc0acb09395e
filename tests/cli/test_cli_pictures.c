/* fovea filter, pool and resize as their users meet them: files that appear, remarks, exit statuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/pool.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/fovea-pictures-XXXXXX";
static char said[4096]; /* what the last command wrote on stdout and stderr */

static int make_pictures(void **state) {
  (void)state;
  if (!mkdtemp(folder) || chdir(folder)) return -1;
  fv_image image;
  if (fv_image_create(&image, 31, 45, 3)) return -1;
  for (int i = 0; i < 31 * 45 * 3; i++) image.pixels[i] = (uint8_t)(i * 7 % 251);
  fv_status status = fv_image_write("a photo.png", &image);
  fv_image_destroy(&image);
  FILE *kernel = fopen("mine.txt", "w");
  if (!kernel) return -1;
  fputs("0 0 0\n0 2 0\n0 0 0\n", kernel);
  return status || fclose(kernel);
}

static int remove_pictures(void **state) {
  (void)state;
  char command[64];
  snprintf(command, sizeof command, "rm -r %s", folder);
  return chdir("/") || system(command);
}

/* Runs `fovea LINE` in a shell and checks the exit status. */
static void expect(int status, const char *line) {
  char command[1024];
  snprintf(command, sizeof command, "'" FOVEA_BINARY_DIR "/fovea' %s >said.txt 2>&1", line);
  int ended = system(command);
  FILE *file = fopen("said.txt", "r");
  assert_non_null(file);
  said[fread(said, 1, sizeof said - 1, file)] = '\0';
  fclose(file);
  if (!WIFEXITED(ended) || WEXITSTATUS(ended) != status)
    fail_msg("fovea %s: status %d, expected %d: %s", line, ended >> 8, status, said);
}

static void expect_said(const char *part) {
  if (!strstr(said, part)) fail_msg("'%s' lacks '%s'", said, part);
}

static void expect_picture(const char *name, int32_t height, int32_t width, int32_t channels) {
  fv_image image;
  if (fv_image_read(&image, name)) fail_msg("%s", fv_error_message());
  if (image.height != height || image.width != width || image.channels != channels)
    fail_msg("%s is %d x %d x %d", name, image.height, image.width, image.channels);
  fv_image_destroy(&image);
  assert_int_equal(unlink(name), 0);
}

static void filter_writes_pictures(void **state) {
  (void)state;
  expect(0, "filter 'a photo.png' -k blur -o 'the blur.png'");
  assert_string_equal(said, "");
  expect_picture("the blur.png", 31, 45, 3);
  expect(0, "filter 'a photo.png' -k sobel-left,sobel-upper --kernel '1 0; 0 -1' --kernel-file mine.txt -o e.bmp "
            "--figure f.jpg");
  const char *const made[] = {"e-sobel-left.bmp", "e-sobel-upper.bmp", "e-kernel.bmp", "e-mine.bmp"};
  for (int i = 0; i < 4; i++) expect_picture(made[i], 31, 45, 3);
  assert_int_equal(unlink("f.jpg"), 0);
  expect(0, "filter - -k identity --channel gray -o g.pgm <'a photo.png'");
  expect_picture("g.pgm", 31, 45, 1);
  expect(0, "filter --list");
  expect_said("sobel-lower");
  expect_said(":wavelength=4");
  expect(0, "filter 'a photo.png' -k gabor:angle=45:ratio=1/2,motion-9 -o m.png");
  expect_picture("m-gabor-angle=45-ratio=1-2.png", 31, 45, 3);
  expect_picture("m-motion-9.png", 31, 45, 3);
  expect(0, "filter 'a photo.png' -k blur --figure 'a figure.svg'");
  expect(0, "filter 'a photo.png' -k blur --figure f.pdf");
  expect(2, "filter 'a photo.png' -k blur --figure f.gif");
}

static void numbers_are_not_scaled(void **state) {
  (void)state;
  expect(0, "filter 'a photo.png' --kernel-file mine.txt --channel r -o twice.npy");
  fv_tensor numbers, pixels;
  fv_image image;
  assert_int_equal(fv_npy_read(&numbers, "twice.npy"), FV_OK);
  assert_int_equal(fv_image_read(&image, "a photo.png"), FV_OK);
  assert_int_equal(fv_image_to_tensor(&pixels, &image), FV_OK);
  for (int i = 0; i < 31 * 45; i++) assert_true(numbers.data[i] == 2 * pixels.data[3 * i]);
  fv_tensor_destroy(&numbers);
  fv_tensor_destroy(&pixels);
  fv_image_destroy(&image);
  expect(5, "filter 'a photo.png' --kernel-file mine.txt --scale none -o twice.png");
  expect_said("does not fit 8 bits");
  expect(0, "filter 'a photo.png' --kernel-file mine.txt --scale auto -o twice.png");
}

static void a_stride_that_does_not_fit_is_reported(void **state) {
  (void)state;
  expect(0, "filter 'a photo.png' -k blur --padding valid --stride 4 -o s.png");
  expect_said("columns 43 and 44 (from 0) are left out; --padding 1 fits");
  expect_picture("s.png", 8, 11, 3);
  expect(0, "--quiet filter 'a photo.png' -k blur --padding valid --stride 4 -o s.png");
  assert_string_equal(said, "");
  expect(0, "pool 'a photo.png' -o s.png");
  expect_said("row 30 and column 44 (from 0) are left out; --padding same leaves none out");
  expect_picture("s.png", 15, 22, 3);
}

/* Not all numbers of a file are whole. */
static void expect_fractions(const char *path) {
  fv_tensor numbers;
  int64_t count, whole = 0;
  assert_int_equal(fv_npy_read(&numbers, path), FV_OK);
  assert_int_equal(fv_shape_elements(&count, &numbers.shape), FV_OK);
  for (int64_t i = 0; i < count; i++) whole += numbers.data[i] == floorf(numbers.data[i]);
  assert_true(whole < count);
  fv_tensor_destroy(&numbers);
}

/* A photo of 45 x 31 that says it is to be turned right: an Exif block after the marker that begins every JPEG. */
static void make_turned_photo(void) {
  static const unsigned char exif[] = {0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8,
                                       0,    1,    1, 18, 0,   3,   0,   0,   0, 1, 0,   6,   0, 0,  0, 0, 0, 0};
  static unsigned char photo[1 << 16];
  expect(0, "resize 'a photo.png' --size 31,44 -o plain.jpg");
  FILE *in = fopen("plain.jpg", "rb"), *out = fopen("turned.jpg", "wb");
  assert_true(in && out);
  const size_t size = fread(photo, 1, sizeof photo, in);
  fwrite(photo, 1, 2, out);
  fwrite(exif, 1, sizeof exif, out);
  fwrite(photo + 2, 1, size - 2, out);
  fclose(in);
  assert_int_equal(fclose(out), 0);
}

static void pictures_are_turned_when_asked(void **state) {
  (void)state;
  make_turned_photo();
  expect(0, "filter turned.jpg -k identity -o f.png");
  expect_picture("f.png", 31, 44, 3);
  expect(0, "filter turned.jpg --upright -k identity -o f.png");
  expect_picture("f.png", 44, 31, 3);
  expect(0, "pool turned.jpg --upright -o f.png --padding same");
  expect_picture("f.png", 22, 16, 3);
  expect(0, "pool - --upright -o f.png --padding same < turned.jpg");
  expect_picture("f.png", 22, 16, 3);
  expect(0, "resize turned.jpg --size 40,30 -o stored.png");
  expect(0, "resize turned.jpg --size 40,30 --upright -o upright.png");
}

static void pool_and_resize(void **state) {
  (void)state;
  expect(0, "pool 'a photo.png' --type min --size 3 --stride 2 --padding same -o p.ppm --figure f.png");
  assert_string_equal(said, "");
  expect_picture("p.ppm", 16, 23, 3);
  expect(0, "pool 'a photo.png' --type median --size 3 --stride 1 --padding same -o p.png");
  expect_picture("p.png", 31, 45, 3);
  expect(5, "pool 'a photo.png' --type l2 --padding same --scale none -o p.png");
  expect(0, "pool 'a photo.png' --type l2 --padding same --scale auto -o p.png");
  expect_picture("p.png", 16, 23, 3);
  expect(0, "resize 'a photo.png' --size 7,9 --method pil-lanczos -o r.jpg");
  expect_picture("r.jpg", 7, 9, 3);
  expect(0, "resize 'a photo.png' --size 5 -o r.npy");
  expect(0, "resize 'a photo.png' --size 40,9 --method cv-area -o r.png");
  expect_picture("r.png", 40, 9, 3);
  expect(0, "resize 'a photo.png' --size 3,4 --method torch-bicubic -o r.png");
  expect_picture("r.png", 3, 4, 3);
  expect(0, "resize 'a photo.png' --size 3,4 --method tf-bicubic -o r.npy");
  expect_fractions("r.npy");
  expect(2, "resize 'a photo.png' --size 3,4 --method linear -o r.npy");
  expect_said("no resize method 'linear'; expected one of pil-nearest, ");
  expect_said("torch-bilinear-aa");
}

static void mistakes_have_their_status(void **state) {
  (void)state;
  expect(2, "filter 'a photo.png' -k blur");
  expect_said("-o FILE");
  expect(2, "filter 'a photo.png' -o x.png");
  expect(2, "filter -k blur -o x.png");
  expect(2, "filter 'a photo.png' -k sobel -o x.png");
  expect_said("'sobel'");
  expect(2, "filter 'a photo.png' --kernel '1 2; 3' -o x.png");
  expect(2, "filter 'a photo.png' -k gaussian:width=3 -o x.png");
  expect_said("no option 'width'");
  expect(2, "filter 'a photo.png' -k blur --padding wide -o x.png");
  expect(2, "filter 'a photo.png' -k blur -o x.gif");
  expect(1, "filter 'a photo.png' -k blur --stride 2 -o nowhere/x.png");
  expect(3, "filter nothing.png -k blur -o x.png");
  expect(3, "filter mine.txt -k blur -o x.png");
  expect_said("mine.txt: is not an image");
  expect(3, "pool . -o x.png");
  expect(2, "resize 'a photo.png' --size 0,5 -o x.png");
  expect(2, "resize 'a photo.png' --size 5 --method cubic -o x.png");
  expect(4, "resize 'a photo.png' --size 65535 -o x.png");
  assert_int_not_equal(access("x.png", F_OK), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(filter_writes_pictures),
      cmocka_unit_test(numbers_are_not_scaled),
      cmocka_unit_test(a_stride_that_does_not_fit_is_reported),
      cmocka_unit_test(pool_and_resize),
      cmocka_unit_test(pictures_are_turned_when_asked),
      cmocka_unit_test(mistakes_have_their_status),
  };
  return cmocka_run_group_tests(tests, make_pictures, remove_pictures);
}
