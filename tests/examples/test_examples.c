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

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(filter), cmocka_unit_test(pool)};
  return cmocka_run_group_tests(tests, make_picture, remove_folder);
}
