/* The chapter's programs run on a small picture and give what they promise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/image.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/fovea examples XXXXXX"; /* with spaces in it */

static int make_picture(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  fv_image image;
  if (fv_image_create(&image, 40, 61, 3)) return -1;
  for (int i = 0; i < 40 * 61 * 3; i++) image.pixels[i] = (uint8_t)(i / 61 * 2 + i % 61);
  char path[64];
  snprintf(path, sizeof path, "%s/b.bmp", folder);
  fv_status status = fv_image_write(path, &image);
  fv_image_destroy(&image);
  return status ? -1 : 0;
}

static int remove_folder(void **state) {
  (void)state;
  char command[96];
  snprintf(command, sizeof command, "rm -r '%s'", folder);
  return system(command);
}

static void run(const char *example, const char *arguments, int expected) {
  char command[1024];
  snprintf(command, sizeof command, "cd '%s' && '" FOVEA_BINARY_DIR "/examples/%s' %s >out.txt 2>err.txt", folder,
           example, arguments);
  int status = system(command);
  if (status != expected << 8) fail_msg("%s %s ended with %d", example, arguments, status);
}

static void expect_figure(const char *name) {
  char path[64];
  fv_image figure;
  snprintf(path, sizeof path, "%s/%s", folder, name);
  if (fv_image_read(&figure, path)) fail_msg("%s", fv_error_message());
  assert_int_equal(figure.channels, 3);
  assert_true(figure.width > 600 && figure.height > 200);
  fv_image_destroy(&figure);
  unlink(path);
}

static void filter(void **state) {
  (void)state;
  run("01_filter", "", 0);
  expect_figure("filters.png");
  run("01_filter", "b.bmp 'my figure.jpg'", 0);
  expect_figure("my figure.jpg");
  run("01_filter", "nothing.bmp", 1);
}

static void pool(void **state) {
  (void)state;
  const char *const lines[] = {"", "b.bmp pooled.png average", "b.bmp pooled.png min"};
  for (int i = 0; i < 3; i++) {
    run("02_pool", lines[i], 0);
    expect_figure("pooled.png");
  }
  run("02_pool", "nothing.bmp", 1);
}

/* A folder of gray squares, dark and bright, in training and validation. */
static void make_squares(void) {
  static const char *const folders[] = {"train/dark", "train/bright", "validation/dark", "validation/bright"};
  for (int f = 0; f < 4; f++) {
    char path[128];
    snprintf(path, sizeof path, "mkdir -p '%s/squares/%s'", folder, folders[f]);
    assert_int_equal(system(path), 0);
    for (int k = 0; k < 4; k++) {
      fv_image image;
      assert_int_equal(fv_image_create(&image, 28, 28, 1), FV_OK);
      memset(image.pixels, (f % 2 ? 200 : 20) + 10 * k, 28 * 28);
      snprintf(path, sizeof path, "%s/squares/%s/%d.png", folder, folders[f], k);
      assert_int_equal(fv_image_write(path, &image), FV_OK);
      fv_image_destroy(&image);
    }
  }
}

static void expect_line(const char *part) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "%s/out.txt", folder);
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  text[fread(text, 1, sizeof text - 1, file)] = 0;
  fclose(file);
  if (!strstr(text, part)) fail_msg("no '%s' in '%s'", part, text);
}

static void transfer(void **state) {
  (void)state;
  make_squares();
  run("05_transfer_train", "squares squares.h5 LeNet5 2", 0);
  expect_line("8 photos of 2 classes");
  run("06_transfer_predict", "squares.h5 squares/validation/dark/0.png", 0);
  expect_line("dark");
  run("09_wrong_feeding", "'" FOVEA_SOURCE_DIR "/tests/golden/darknet/classifier.cfg' b.bmp", 0);
  expect_line("channels swapped");
  expect_line("wrong scaling");
  run("09_wrong_feeding", "squares.h5 nothing.bmp", 1);
  run("08_camera_frame", "squares.h5 2", 0);
  expect_line("frame 1: class ");
  run("05_transfer_train", "nothing", 1);
  run("06_transfer_predict", "nothing.h5 b.bmp", 1);
  run("06_transfer_predict", "", 2);
  run("07_lenet5_fashion", "nothing", 1);
  run("08_camera_frame", "nothing.h5", 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(filter), cmocka_unit_test(pool), cmocka_unit_test(transfer)};
  return cmocka_run_group_tests(tests, make_picture, remove_folder);
}
