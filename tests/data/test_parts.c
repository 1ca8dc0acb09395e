/* Parts of data sets: splits, draws, samples by number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/fovea.h>

#include "data/sets.h"

/* ---- parts */

/* 103 samples of three classes: 80, 20 and 3. */
static fv_dataset *unequal(void) {
  static uint8_t images[16 + 103], labels[8 + 103];
  const uint8_t image_head[16] = {0, 0, 8, 3, 0, 0, 0, 103, 0, 0, 0, 1, 0, 0, 0, 1};
  const uint8_t label_head[8] = {0, 0, 8, 1, 0, 0, 0, 103};
  memcpy(images, image_head, 16);
  memcpy(labels, label_head, 8);
  for (int i = 0; i < 103; i++) {
    images[16 + i] = (uint8_t)i;
    labels[8 + i] = i % 5 == 4 && i < 100 ? 1 : i < 100 ? 0 : 2;
  }
  put("u-images-idx3-ubyte", images, sizeof images);
  put("u-labels-idx1-ubyte", labels, sizeof labels);
  return open_set("u", NULL);
}

static void splits(void **state) {
  (void)state;
  fv_dataset *d = unequal(), *training, *validation, *again, *other;
  assert_int_equal(
      fv_dataset_split(&training, &validation, d, &(fv_dataset_split_options){.validation = 0.25, .seed = 3}), FV_OK);
  const int64_t expected[] = {20, 5, 1};
  bool seen[103] = {false};
  for (int c = 0; c < 3; c++) assert_int_equal(fv_dataset_class_samples(validation, c), expected[c]);
  assert_int_equal(fv_dataset_count(training) + fv_dataset_count(validation), 103);
  for (int64_t i = 0; i < fv_dataset_count(training); i++) seen[gray_of(training, i)] = true;
  int previous = -1;
  for (int64_t i = 0; i < fv_dataset_count(validation); i++) {
    const int gray = gray_of(validation, i);
    assert_true(gray > previous); /* in the set's order */
    assert_false(seen[gray]);
    seen[previous = gray] = true;
  }
  for (int i = 0; i < 103; i++) assert_true(seen[i]);
  fv_dataset_destroy(training);
  fv_dataset_destroy(d); /* the parts go on */
  d = unequal();
  assert_int_equal(fv_dataset_split(&training, &again, d, &(fv_dataset_split_options){.validation = 0.25, .seed = 3}),
                   FV_OK);
  assert_true(fv_dataset_fingerprint(again) == fv_dataset_fingerprint(validation));
  fv_dataset_destroy(training);
  assert_int_equal(fv_dataset_split(&training, &other, d, &(fv_dataset_split_options){.validation = 0.25, .seed = 4}),
                   FV_OK);
  assert_true(fv_dataset_fingerprint(other) != fv_dataset_fingerprint(validation));
  fv_dataset_destroy(training);
  fv_dataset_destroy(other);
  fv_dataset_destroy(again);
  fv_dataset_destroy(validation);
  assert_int_equal(
      fv_dataset_split(&training, &validation, d, &(fv_dataset_split_options){.validation = 0.25, .first = true}),
      FV_OK);
  assert_int_equal(fv_dataset_count(validation), 25); /* 20 + 5 + 0 */
  assert_int_equal(gray_of(validation, 0), 0);
  fv_dataset_destroy(training);
  fv_dataset_destroy(validation);
  assert_int_equal(fv_dataset_split(&training, &validation, d, &(fv_dataset_split_options){.validation = 1}),
                   FV_ERROR_INVALID);
  assert_null(training);
  fv_dataset_destroy(d);
}

static void draws_and_takes(void **state) {
  (void)state;
  fv_dataset *d = unequal(), *part;
  assert_int_equal(fv_dataset_draw(&part, d, 12, 1), FV_OK);
  const int64_t expected[] = {5, 4, 3};
  for (int c = 0; c < 3; c++) assert_int_equal(fv_dataset_class_samples(part, c), expected[c]);
  fv_dataset_destroy(part);
  assert_int_equal(fv_dataset_draw(&part, d, 1000, 1), FV_OK);
  assert_int_equal(fv_dataset_count(part), 103);
  fv_dataset_destroy(part);
  const int64_t wanted[] = {102, 4, 4}, bad[] = {103};
  assert_int_equal(fv_dataset_take(&part, d, wanted, 3), FV_OK);
  assert_int_equal(gray_of(part, 0), 102);
  assert_int_equal(fv_dataset_label(part, 2), 1);
  fv_dataset *again;
  assert_int_equal(fv_dataset_take(&again, part, (const int64_t[]){0}, 1), FV_OK);
  assert_int_equal(gray_of(again, 0), 102);
  fv_dataset_destroy(again);
  fv_dataset_destroy(part);
  assert_int_equal(fv_dataset_take(&part, d, bad, 1), FV_ERROR_INVALID);
  assert_int_equal(fv_dataset_draw(&part, d, 0, 1), FV_ERROR_INVALID);
  fv_dataset_destroy(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(splits), cmocka_unit_test(draws_and_takes)};
  return cmocka_run_group_tests(tests, make_root, remove_root);
}
