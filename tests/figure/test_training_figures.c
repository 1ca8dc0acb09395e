/* Learning curves, confusion matrices, sheets of mistakes: every line and cell is there, gaps are gaps, what is wrong
 * is refused. How they look is for eyes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fovea-tools/figure.h>

/* Pixels of a colour, as far as rounding goes. */
static int64_t count_colour(const fv_image *figure, int r, int g, int b) {
  int64_t found = 0;
  for (int64_t i = 0; i < (int64_t)figure->height * figure->width; i++) {
    const uint8_t *at = figure->pixels + 3 * i;
    found += abs(at[0] - r) <= 2 && abs(at[1] - g) <= 2 && abs(at[2] - b) <= 2;
  }
  return found;
}

/* The colours of the first two lines. */
static int64_t count_first(const fv_image *figure) { return count_colour(figure, 51, 107, 166); }
static int64_t count_second(const fv_image *figure) { return count_colour(figure, 209, 102, 26); }

static void curves_have_their_lines(void **state) {
  (void)state;
  double training[200], validation[200];
  for (int i = 0; i < 200; i++) training[i] = 2 * exp(-i / 40.0), validation[i] = training[i] + 0.2;
  fv_figure_panel panels[2] = {{"loss", {{"training", training, 200}, {"validation", validation, 200}}, 2, 150},
                               {"accuracy", {{"training", training, 5}}, 1, 0}};
  fv_image two, one, gap;
  assert_int_equal(fv_figure_curves_draw(&two, "title", panels, 2), FV_OK);
  assert_int_equal(fv_figure_curves_draw(&one, NULL, panels, 1), FV_OK);
  assert_true(two.width > 2 * one.width - 60 && two.height > one.height);
  assert_true(count_first(&one) > 200 && count_second(&one) > 200);
  for (int i = 50; i < 150; i++) validation[i] = i % 2 ? NAN : INFINITY;
  assert_int_equal(fv_figure_curves_draw(&gap, NULL, panels, 1), FV_OK);
  assert_true(count_second(&gap) < count_second(&one) * 3 / 4);
  fv_image_destroy(&two);
  fv_image_destroy(&one);
  fv_image_destroy(&gap);
}

/* One epoch, level lines, huge and tiny numbers, nothing at all. */
static void odd_curves_are_drawn(void **state) {
  (void)state;
  static const double level[] = {0, 0, 0}, huge[] = {1e308, -1e308}, tiny[] = {1e-320, 2e-300}, none[] = {NAN};
  const fv_figure_panel panels[] = {{"one", {{"a", level, 1}}, 1, 1},
                                    {"level", {{"a", level, 3}}, 1, 9},
                                    {"huge", {{"a", huge, 2}}, 1, 0},
                                    {"tiny", {{"a", tiny, 2}}, 1, 0},
                                    {"none", {{"a", none, 1}}, 1, 1},
                                    {"empty", {{"a", NULL, 0}}, 1, 0},
                                    {"large", {{"a", (double[]){1e9, 1e9 + 1}, 2}}, 1, 0}};
  fv_image figure;
  assert_int_equal(fv_figure_curves_draw(&figure, "odd", panels, 7), FV_OK);
  assert_true(count_first(&figure) > 50);
  fv_image_destroy(&figure);
  assert_int_equal(fv_figure_curves_draw(&figure, NULL, panels, 0), FV_ERROR_INVALID);
  assert_int_equal(fv_figure_curves_draw(&figure, NULL, panels, 17), FV_ERROR_INVALID);
  assert_int_equal(fv_figure_curves_draw(&figure, NULL, &(fv_figure_panel){"no lines", {{0}}, 0, 0}, 1),
                   FV_ERROR_INVALID);
  assert_int_equal(fv_figure_curves_draw(&figure, NULL, &(fv_figure_panel){"no name", {{NULL, level, 3}}, 1, 0}, 1),
                   FV_ERROR_INVALID);
}

static void matrices_have_their_cells(void **state) {
  (void)state;
  static const int64_t counts[] = {20, 0, 0, 5, 15, 0, 0, 0, 0};
  static const char *const names[] = {"daffodil", "snowdrop", "\xff\x01 odd & <long> name that does not fit anywhere"};
  fv_image figure, large;
  assert_int_equal(fv_figure_confusion_draw(&figure, "flowers", counts, names, 3), FV_OK);
  assert_true(count_colour(&figure, 41, 97, 158) > 64 * 64 / 2); /* all of a row is right */
  assert_true(count_colour(&figure, 255, 255, 255) > 64 * 64 * 6);
  fv_image_destroy(&figure);
  int64_t *many = calloc(300 * 300, sizeof *many);
  assert_non_null(many);
  for (int i = 0; i < 300; i++) many[301 * i] = 1;
  assert_int_equal(fv_figure_confusion_draw(&large, NULL, many, NULL, 300), FV_OK);
  assert_true(count_colour(&large, 41, 97, 158) > 300 * 2 * 2 - 10); /* the frame hides a few */
  fv_image_destroy(&large);
  many[5] = -1;
  assert_int_equal(fv_figure_confusion_draw(&large, NULL, many, NULL, 300), FV_ERROR_INVALID);
  assert_int_equal(fv_figure_confusion_draw(&large, NULL, many, NULL, 0), FV_ERROR_INVALID);
  assert_int_equal(fv_figure_confusion_draw(&large, NULL, many, NULL, 2001), FV_ERROR_INVALID);
  assert_int_equal(fv_figure_confusion_draw(&large, NULL, counts, (const char *[]){"a", NULL, "c"}, 3),
                   FV_ERROR_INVALID);
  free(many);
}

static void files_are_written(void **state) {
  (void)state;
  char path[] = "/tmp/fovea-figure-XXXXXX.svg", text[200000];
  const int descriptor = mkstemps(path, 4);
  assert_true(descriptor >= 0);
  close(descriptor);
  assert_int_equal(fv_figure_confusion(path, "flowers", (int64_t[]){1, 2, 3, 4}, NULL, 2), FV_OK);
  FILE *stream = fopen(path, "r");
  assert_non_null(stream);
  text[fread(text, 1, sizeof text - 1, stream)] = 0;
  fclose(stream);
  assert_non_null(strstr(text, "<svg"));
  const fv_figure_panel panel = {"loss", {{"training", (double[]){1, 2}, 2}}, 1, 0};
  assert_int_equal(fv_figure_curves(path, NULL, &panel, 1), FV_OK);
  assert_int_equal(fv_figure_curves("/tmp/fovea.xyz", NULL, &panel, 1), FV_ERROR_INVALID);
  fv_image image;
  assert_int_equal(fv_image_create(&image, 20, 30, 3), FV_OK);
  const fv_figure_mistake mistakes[] = {{&image, "daffodil", "snowdrop", 0.93, "a/b/c.jpg"},
                                        {&image, "daffodil", "snowdrop", NAN, NULL}};
  assert_int_equal(fv_figure_mistakes(path, mistakes, 2, NULL), FV_OK);
  assert_int_equal(fv_figure_mistakes(path, mistakes, 0, NULL), FV_ERROR_INVALID);
  fv_image_destroy(&image);
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(curves_have_their_lines), cmocka_unit_test(odd_curves_are_drawn),
                                     cmocka_unit_test(matrices_have_their_cells), cmocka_unit_test(files_are_written)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
