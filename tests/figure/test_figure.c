/* Figures: extents, places, what is refused. How they look is for eyes. */
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

static void fill(fv_image *image, int32_t height, int32_t width, int32_t channels, uint8_t value) {
  assert_int_equal(fv_image_create(image, height, width, channels), FV_OK);
  memset(image->pixels, value, (size_t)height * (size_t)width * (size_t)channels);
}

/* How many pixels of a figure have exactly this colour. */
static int64_t count_colour(const fv_image *figure, uint8_t r, uint8_t g, uint8_t b) {
  int64_t found = 0;
  for (int64_t i = 0; i < (int64_t)figure->height * figure->width; i++) {
    const uint8_t *at = figure->pixels + 3 * i;
    found += at[0] == r && at[1] == g && at[2] == b;
  }
  return found;
}

static void pictures_stand_in_a_grid(void **state) {
  (void)state;
  fv_image small, tall, figure;
  fill(&small, 2, 4, 1, 77);
  fill(&tall, 400, 100, 3, 99);
  const fv_figure_picture pictures[] = {{"gray", NULL, &small}, {"a tall one", "", &tall}, {NULL, NULL, &small}};
  assert_int_equal(fv_figure_grid_draw(&figure, pictures, 3, &(fv_figure_options){.columns = 2, .side = 100}), FV_OK);
  assert_int_equal(figure.channels, 3);
  assert_true(figure.width > 125 && figure.width < 250);
  assert_true(figure.height > 150 && figure.height < 350);
  /* each picture is there whole: 2 x (50 x 100) and 100 x 25 pixels; text may add a few of the same gray */
  int64_t gray = count_colour(&figure, 77, 77, 77), tall_pixels = count_colour(&figure, 99, 99, 99);
  assert_true(gray >= 2 * 50 * 100 && gray < 2 * 50 * 100 + 100);
  assert_true(tall_pixels >= 100 * 25 && tall_pixels < 100 * 25 + 100);
  fv_image_destroy(&figure);
  fv_image_destroy(&small);
  fv_image_destroy(&tall);
}

static void transparent_pixels_are_white(void **state) {
  (void)state;
  fv_image clear, figure;
  fill(&clear, 20, 20, 4, 0);
  assert_int_equal(fv_figure_grid_draw(&figure, &(fv_figure_picture){NULL, "", &clear}, 1, NULL), FV_OK);
  assert_int_equal(count_colour(&figure, 0, 0, 0), 0);
  fv_image_destroy(&figure);
  fv_image_destroy(&clear);
}

static void long_titles_are_shortened(void **state) {
  (void)state;
  fv_image image, figure;
  fill(&image, 50, 50, 1, 10);
  char title[1000];
  for (size_t i = 0; i < sizeof title - 1; i++) title[i] = i % 2 ? '\xa4' : '\xc3'; /* umlauts */
  title[sizeof title - 1] = '\0';
  assert_int_equal(fv_figure_grid_draw(&figure, &(fv_figure_picture){title, NULL, &image}, 1,
                                       &(fv_figure_options){.title = title, .side = 50}),
                   FV_OK);
  fv_image_destroy(&figure);
  const fv_figure_picture odd = {"\xff\xed\xa0\x80\x01 caf\xc3", "\xf0\x9f\x90\xa6", &image};
  assert_int_equal(fv_figure_grid_draw(&figure, &odd, 1, NULL), FV_OK);
  fv_image_destroy(&figure);
  fv_image_destroy(&image);
}

static void wrong_requests_are_refused(void **state) {
  (void)state;
  fv_image image, figure, empty = {0};
  fill(&image, 5, 5, 1, 10);
  const fv_figure_picture good = {NULL, NULL, &image}, bad = {NULL, NULL, &empty};
  assert_int_equal(fv_figure_grid_draw(&figure, &good, 0, NULL), FV_ERROR_INVALID);
  assert_int_equal(fv_figure_grid_draw(&figure, &bad, 1, NULL), FV_ERROR_INVALID);
  assert_int_equal(fv_figure_grid_draw(&figure, &good, 1, &(fv_figure_options){.side = 5}), FV_ERROR_INVALID);
  assert_int_equal(fv_figure_grid_draw(&figure, &good, 1, &(fv_figure_options){.columns = -1}), FV_ERROR_INVALID);
  assert_null(figure.pixels);
  assert_int_equal(fv_figure_grid("/nowhere/x.png", &good, 1, NULL), FV_ERROR_NOT_FOUND);
  fv_image_destroy(&image);
}

/* The head of each kind of file; nothing is left behind where writing fails. */
static void the_ending_decides_the_kind(void **state) {
  (void)state;
  fv_image image;
  fill(&image, 20, 30, 3, 60);
  const fv_figure_picture picture = {"caf\xc3\xa9 <&>", NULL, &image};
  const struct {
    const char *ending, *head;
  } kinds[] = {{".svg", "<?xml"}, {".SVG", "<?xml"}, {".pdf", "%PDF-"}, {".png", "\x89PNG"}, {".jpg", "\xff\xd8"}};
  char folder[] = "/tmp/fovea-figure-XXXXXX", path[64], head[6] = {0};
  assert_non_null(mkdtemp(folder));
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    snprintf(path, sizeof path, "%s/a figure%s", folder, kinds[i].ending);
    if (fv_figure_grid(path, &picture, 1, NULL)) fail_msg("%s", fv_error_message());
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(head, 1, 5, file), 5);
    assert_int_equal(fclose(file), 0);
    assert_memory_equal(head, kinds[i].head, strlen(kinds[i].head));
    assert_int_equal(unlink(path), 0);
  }
  assert_int_equal(fv_figure_grid("/nowhere/x.svg", &picture, 1, NULL), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_figure_grid("x.gif", &picture, 1, NULL), FV_ERROR_INVALID);
  assert_non_null(strstr(fv_error_message(), ".svg"));
  assert_int_equal(rmdir(folder), 0);
  fv_image_destroy(&image);
}

/* A frame of the class's colour around the box, its label above; the picture is as it was everywhere else. */
static void objects_have_frames(void **state) {
  (void)state;
  static const char *const names[] = {"cell"};
  fv_image image, figure;
  fill(&image, 80, 90, 1, 50);
  assert_int_equal(fv_figure_objects_draw(&figure, &image, NULL, 0, names), FV_OK);
  assert_true(figure.height == 80 && figure.width == 90 && figure.channels == 3);
  assert_int_equal(count_colour(&figure, 50, 50, 50), 80 * 90);
  fv_image_destroy(&figure);
  const fv_object object = {.box = {20, 30, 60, 70}, .score = 0.75F};
  assert_int_equal(fv_figure_objects_draw(&figure, &image, &object, 1, names), FV_OK);
  const uint8_t *frame = figure.pixels + 3 * (90 * 50 + 20), *inside = figure.pixels + 3 * (90 * 50 + 40);
  assert_true(frame[0] > 120 && frame[1] > 80 && frame[2] < 50); /* orange */
  assert_true(inside[0] == 50 && inside[1] == 50 && inside[2] == 50);
  const int64_t changed = 80 * 90 - count_colour(&figure, 50, 50, 50);
  assert_true(changed > 4 * 40 && changed < 80 * 90 / 3);
  fv_image_destroy(&figure);
  assert_int_equal(fv_figure_objects("x.gif", &image, &object, 1, names), FV_ERROR_INVALID);
  fv_image_destroy(&image);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pictures_stand_in_a_grid),    cmocka_unit_test(transparent_pixels_are_white),
      cmocka_unit_test(long_titles_are_shortened),   cmocka_unit_test(wrong_requests_are_refused),
      cmocka_unit_test(the_ending_decides_the_kind), cmocka_unit_test(objects_have_frames),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
