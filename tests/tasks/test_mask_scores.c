/* Mask scores: those of numpy and scipy (tools/make-mask-scores) over sets of random masks; by hand for a few pixels;
 * classes that nobody has are left out of means; masks of other extents and numbers are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <fovea/mask_scores.h>
#include <fovea/mask_set.h>

#include "support/golden.h"

/* Rows of letters: 'a' is class 0, '.' does not count. */
static fv_image image_of(const json_t *rows) {
  fv_image image;
  const int32_t height = (int32_t)json_array_size(rows);
  const int32_t width = (int32_t)json_string_length(json_array_get(rows, 0));
  assert_int_equal(fv_image_create(&image, height, width, 1), FV_OK);
  for (int32_t y = 0; y < height; y++) {
    const char *row = json_string_value(json_array_get(rows, (size_t)y));
    for (int32_t x = 0; x < width; x++)
      image.pixels[y * width + x] = row[x] == '.' ? FV_MASK_IGNORED : (uint8_t)(row[x] - 'a');
  }
  return image;
}

static void assert_near(double found, double expected, int class, const char *what) {
  if (!(fabs(found - expected) <= 1e-12)) fail_msg("class %d, %s: %.12g, expected %.12g", class, what, found, expected);
}

static void check_case(const json_t *one) {
  fv_mask_scores *scores;
  fv_mask_report report;
  size_t i;
  const json_t *picture;
  assert_int_equal(fv_mask_scores_create(&scores, (int32_t)json_integer_value(json_object_get(one, "classes"))), FV_OK);
  json_array_foreach(json_object_get(one, "pictures"), i, picture) {
    fv_image known = image_of(json_array_get(picture, 0)), found = image_of(json_array_get(picture, 1));
    assert_int_equal(fv_mask_scores_add(scores, &found, &known), FV_OK);
    fv_image_destroy(&known);
    fv_image_destroy(&found);
  }
  fv_mask_scores_measure(&report, scores);
  assert_near(report.accuracy, json_number_value(json_object_get(one, "accuracy")), -1, "accuracy");
  double mean = 0;
  for (int32_t c = 0; c < report.class_count; c++) {
    const json_t *row = json_array_get(json_object_get(one, "scores"), (size_t)c);
    const fv_mask_numbers *n = &report.classes[c];
    assert_near(n->iou, json_number_value(json_array_get(row, 0)), c, "IoU");
    assert_near(n->dice, json_number_value(json_array_get(row, 1)), c, "Dice");
    assert_near(n->boundary_f1, json_number_value(json_array_get(row, 2)), c, "boundary F1");
    assert_near(n->precision, json_number_value(json_array_get(row, 3)), c, "precision");
    assert_near(n->recall, json_number_value(json_array_get(row, 4)), c, "recall");
    mean += n->boundary_f1 / report.class_count;
  }
  assert_near(report.mean.boundary_f1, mean, -1, "mean");
  fv_mask_scores_destroy(scores);
}

static void numbers_are_scipys(void **state) {
  (void)state;
  json_t *cases = golden_json("mask_scores.json");
  assert_true(json_array_size(cases) == 3);
  for (size_t i = 0; i < json_array_size(cases); i++) check_case(json_array_get(cases, i));
  json_decref(cases);
}

/* Class 1 is known at two pixels and found at three, two of them right; nobody has class 2. */
static void by_hand(void **state) {
  (void)state;
  uint8_t known[] = {0, 1, 1, 0, 0, 255}, found[] = {0, 1, 1, 1, 0, 1};
  const fv_image is = {.height = 2, .width = 3, .channels = 1, .pixels = known};
  const fv_image was = {.height = 2, .width = 3, .channels = 1, .pixels = found};
  fv_mask_scores *scores;
  fv_mask_report report;
  assert_int_equal(fv_mask_scores_create(&scores, 3), FV_OK);
  fv_mask_scores_measure(&report, scores);
  assert_true(report.pixels == 0 && isnan(report.accuracy) && isnan(report.mean.iou) && isnan(report.mean.boundary_f1));
  assert_int_equal(fv_mask_scores_add(scores, &was, &is), FV_OK);
  fv_mask_scores_measure(&report, scores);
  assert_true(report.pictures == 1 && report.pixels == 5);
  assert_near(report.accuracy, 0.8, -1, "accuracy");
  assert_near(report.classes[0].iou, 2.0 / 3, 0, "IoU");
  assert_near(report.classes[1].iou, 2.0 / 3, 1, "IoU");
  assert_near(report.classes[1].dice, 0.8, 1, "Dice");
  assert_true(isnan(report.classes[2].iou) && isnan(report.classes[2].boundary_f1));
  assert_near(report.mean.iou, 2.0 / 3, -1, "mean IoU");
  assert_true(report.confusion[0 * 3 + 1] == 1 && report.confusion[1 * 3 + 1] == 2 && report.confusion[1 * 3] == 0);
  fv_mask_scores_destroy(scores);
}

static void wrong_ones_are_refused(void **state) {
  (void)state;
  uint8_t pixels[] = {0, 1, 2, 255};
  const fv_image wide = {.height = 1, .width = 4, .channels = 1, .pixels = pixels};
  const fv_image square = {.height = 2, .width = 2, .channels = 1, .pixels = pixels};
  fv_mask_scores *scores;
  assert_int_equal(fv_mask_scores_create(&scores, 1), FV_ERROR_INVALID);
  assert_int_equal(fv_mask_scores_create(&scores, 255), FV_ERROR_INVALID);
  assert_null(scores);
  assert_int_equal(fv_mask_scores_create(&scores, 3), FV_OK);
  assert_int_equal(fv_mask_scores_add(scores, &wide, &square), FV_ERROR_SHAPE);
  assert_int_equal(fv_mask_scores_add(scores, &wide, &wide), FV_ERROR_INVALID); /* 255 is found */
  fv_mask_scores_destroy(scores);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_scipys), cmocka_unit_test(by_hand),
                                     cmocka_unit_test(wrong_ones_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
