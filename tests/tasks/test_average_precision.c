/* Average precision: COCO's numbers are pycocotools's to 1e-6, VOC's those of its formulas
 * (tools/make-average-precision makes the cases; FOVEA_PRECISION_CASES names a file of more); order and cuts into
 * pictures as documented; classes without objects are left out of means; wrong classes and scores are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include <fovea/average_precision.h>

#include "support/golden.h"

static float number(const json_t *list, size_t place) { return (float)json_number_value(json_array_get(list, place)); }

static fv_object *objects_of(const json_t *list, bool are_known) {
  fv_object *objects = calloc(json_array_size(list) + 1, sizeof *objects);
  assert_non_null(objects);
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *row = json_array_get(list, i);
    objects[i] = (fv_object){.box = {number(row, 0), number(row, 1), number(row, 2), number(row, 3)},
                             .class_index = (int32_t)number(row, 4)};
    if (are_known) {
      objects[i].area = number(row, 5);
      objects[i].is_crowd = number(row, 6) != 0;
      objects[i].is_difficult = number(row, 7) != 0;
    } else {
      objects[i].score = number(row, 5);
    }
  }
  return objects;
}

static fv_average_precision *read_case(const json_t *one) {
  fv_average_precision *scores;
  assert_int_equal(fv_average_precision_create(&scores, (int32_t)json_integer_value(json_object_get(one, "classes"))),
                   FV_OK);
  size_t i;
  const json_t *picture;
  json_array_foreach(json_object_get(one, "pictures"), i, picture) {
    const json_t *found = json_object_get(picture, "found"), *known = json_object_get(picture, "known");
    fv_object *boxes = objects_of(found, false), *objects = objects_of(known, true);
    assert_int_equal(fv_average_precision_add(scores, boxes, (int32_t)json_array_size(found), objects,
                                              (int32_t)json_array_size(known)),
                     FV_OK);
    free(boxes);
    free(objects);
  }
  return scores;
}

/* The reference says -1 where there is nothing to measure. */
static void assert_same(double found, double expected, size_t test, const char *what, size_t place) {
  if (expected == -1 ? !isnan(found) : !(fabs(found - expected) <= 1e-6))
    fail_msg("case %d, %s %d: expected %.9g, found %.9g", (int)test, what, (int)place, expected, found);
}

static void check_case(const json_t *one, size_t test) {
  fv_average_precision *scores = read_case(one);
  fv_average_precision_report report;
  assert_int_equal(fv_average_precision_measure(&report, scores), FV_OK);
  const fv_precision_numbers *n = &report.mean;
  const double found[] = {n->ap,      n->ap50,     n->ap75,      n->small,        n->medium,        n->large,
                          n->recall1, n->recall10, n->recall100, n->recall_small, n->recall_medium, n->recall_large};
  for (size_t i = 0; i < 12; i++)
    assert_same(found[i], json_number_value(json_array_get(json_object_get(one, "coco"), i)), test, "number", i);
  for (int32_t c = 0; c < report.class_count; c++) {
    const json_t *voc = json_array_get(json_object_get(one, "voc"), (size_t)c);
    const fv_precision_numbers *class = &report.classes[c];
    assert_same(class->ap, json_number_value(json_array_get(json_object_get(one, "by_class"), (size_t)c)), test,
                "class", (size_t)c);
    assert_same(class->voc, json_number_value(json_array_get(voc, 0)), test, "voc", (size_t)c);
    assert_same(class->voc11, json_number_value(json_array_get(voc, 1)), test, "voc11", (size_t)c);
  }
  fv_average_precision_destroy(scores);
}

static void numbers_are_pycocotools(void **state) {
  (void)state;
  const char *path = getenv("FOVEA_PRECISION_CASES");
  json_t *cases = path ? json_load_file(path, 0, NULL) : golden_json("average_precision.json");
  assert_true(json_array_size(cases) > 0);
  for (size_t i = 0; i < json_array_size(cases); i++) check_case(json_array_get(cases, i), i);
  json_decref(cases);
}

/* Two objects of class 0, one found exactly, one not; class 1 has none. */
static void by_hand(void **state) {
  (void)state;
  fv_average_precision *scores;
  fv_average_precision_report report;
  const fv_object known[] = {{.box = {0, 0, 40, 40}}, {.box = {100, 100, 140, 140}}};
  const fv_object found[] = {{.box = {0, 0, 40, 40}, .score = 0.9F},
                             {.box = {5, 5, 9, 9}, .class_index = 1, .score = 0.8F}};
  assert_int_equal(fv_average_precision_create(&scores, 2), FV_OK);
  assert_int_equal(fv_average_precision_measure(&report, scores), FV_OK); /* nothing yet */
  assert_true(isnan(report.mean.ap) && report.pictures == 0);
  assert_int_equal(fv_average_precision_add(scores, found, 2, known, 2), FV_OK);
  assert_int_equal(fv_average_precision_add(scores, NULL, 0, NULL, 0), FV_OK);
  assert_int_equal(fv_average_precision_measure(&report, scores), FV_OK);
  assert_int_equal(report.pictures, 2);
  assert_int_equal(report.known[0], 2);
  assert_int_equal(report.found[1], 1);
  assert_true(fabs(report.classes[0].ap - 51.0 / 101) < 1e-9); /* recalls 0 to 0.5 */
  assert_true(isnan(report.classes[1].ap));
  assert_true(report.mean.ap == report.classes[0].ap);
  assert_true(fabs(report.mean.voc - 0.5) < 1e-9 && fabs(report.mean.voc11 - 6.0 / 11) < 1e-9);
  assert_true(isnan(report.mean.small) && report.mean.medium == report.mean.ap);
  fv_average_precision_destroy(scores);
}

static void wrong_objects_are_refused(void **state) {
  (void)state;
  fv_average_precision *scores;
  assert_int_equal(fv_average_precision_create(&scores, 0), FV_ERROR_INVALID);
  assert_null(scores);
  assert_int_equal(fv_average_precision_create(&scores, 1), FV_OK);
  const fv_object other = {.class_index = 1}, none = {.score = NAN};
  assert_int_equal(fv_average_precision_add(scores, &other, 1, NULL, 0), FV_ERROR_INVALID);
  assert_int_equal(fv_average_precision_add(scores, NULL, 0, &other, 1), FV_ERROR_INVALID);
  assert_int_equal(fv_average_precision_add(scores, &none, 1, NULL, 0), FV_ERROR_NUMBERS);
  fv_average_precision_destroy(scores);
  fv_average_precision_destroy(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_pycocotools),
      cmocka_unit_test(by_hand),
      cmocka_unit_test(wrong_objects_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
