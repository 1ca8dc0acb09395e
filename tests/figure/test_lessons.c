/* Figures of lessons: each is drawn as lines and as an image; other names are refused. How
 * they look is for eyes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea-tools/figure.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/fovea lessons XXXXXX";

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder);
}

static void every_figure_is_drawn(void **state) {
  (void)state;
  int32_t count = 0;
  for (; fv_figure_lesson_at(count); count++) {
    const char *name = fv_figure_lesson_at(count)->name;
    char path[96];
    char first[5] = "";
    fv_image image;
    snprintf(path, sizeof path, "%s/a.svg", folder);
    if (fv_figure_lesson_draw(path, name)) fail_msg("%s: %s", name, fv_error_message());
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(first, 1, 4, file), 4);
    assert_true(!fseek(file, 0, SEEK_END) && ftell(file) > 10000);
    assert_true(!strcmp(first, "<?xm") || !strcmp(first, "<svg"));
    fclose(file);
    unlink(path);
    snprintf(path, sizeof path, "%s/a.png", folder);
    assert_int_equal(fv_figure_lesson_draw(path, name), FV_OK);
    assert_int_equal(fv_image_read(&image, path), FV_OK);
    assert_true(image.width > 300 && image.height > 200);
    fv_image_destroy(&image);
    unlink(path);
  }
  assert_true(count >= 8);
  assert_null(fv_figure_lesson_at(-1));
}

static void others_are_refused(void **state) {
  (void)state;
  char path[96];
  snprintf(path, sizeof path, "%s/a.svg", folder);
  assert_int_equal(fv_figure_lesson_draw(path, "nothing"), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_figure_lesson_draw("a.txt", "sweep"), FV_ERROR_INVALID);
  assert_int_equal(access(path, F_OK), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_figure_is_drawn), cmocka_unit_test(others_are_refused)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
