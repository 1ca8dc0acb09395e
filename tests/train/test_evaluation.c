/* Evaluation: the matrix of the references, numbers of classes by hand, mistakes in order; the cut into batches does
 * not matter; what is no class and no number is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/evaluation.h>

#include "support/golden.h"
#include "support/train.h"

static fv_evaluation *make(const fv_evaluation_options *options) {
  fv_evaluation *made;
  if (fv_evaluation_create(&made, options)) fail_msg("%s", fv_error_message());
  return made;
}

static void the_matrix_of_keras(void **state) {
  (void)state;
  json_t *reference = golden_json("train/metrics.json");
  if (!reference) skip();
  const json_t *inputs = json_object_get(reference, "inputs");
  float *labels = train_numbers(json_object_get(json_object_get(inputs, "labels"), "data"), NULL);
  float *scores = train_numbers(json_object_get(json_object_get(inputs, "probs"), "data"), NULL);
  const json_t *rows = json_object_get(json_object_get(reference, "confusion_matrix"), "matrix");
  const double accuracy = json_number_value(
      json_object_get(json_object_get(json_object_get(reference, "metrics"), "accuracy_sparse"), "value"));
  const json_t *f1 = json_object_get(json_object_get(json_object_get(reference, "metrics"), "f1_none"), "value");
  for (int64_t size = 1; size <= 96; size = size * 3 + 4) {
    fv_evaluation *e = make(&(fv_evaluation_options){.classes = 5});
    for (int64_t at = 0; at < 96; at += size) {
      const fv_loss_batch batch = {size < 96 - at ? size : 96 - at, 1, 5, labels + at, scores + 5 * at, NULL};
      assert_int_equal(fv_evaluation_add(e, &batch), FV_OK);
    }
    const fv_evaluation_report *r = fv_evaluation_report_of(e);
    for (size_t i = 0; i < 25; i++)
      assert_int_equal(r->confusion[i], json_integer_value(json_array_get(json_array_get(rows, i / 5), i % 5)));
    assert_int_equal(r->samples, 96);
    assert_true(fabs(r->accuracy - accuracy) < 1e-7);
    for (size_t i = 0; i < 5; i++)
      assert_true(fabs(r->classes[i].f1 - json_number_value(json_array_get(f1, i))) < 1e-6);
    assert_true(isnan(r->loss));
    fv_evaluation_destroy(e);
  }
  free(labels);
  free(scores);
  json_decref(reference);
}

static void numbers_by_hand(void **state) {
  (void)state;
  static const float one_hot[] = {1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0};
  static const float scores[] = {0.7f, 0.2f, 0.1f, 0.1f, 0.8f, 0.1f, 0.5f, 0.25f, 0.25f, 0.1f, 0.6f, 0.3f};
  fv_loss *loss;
  assert_int_equal(fv_loss_create(&loss, "categorical_crossentropy", NULL), FV_OK);
  fv_evaluation *e = make(&(fv_evaluation_options){.classes = 3, .one_hot = true, .loss = loss, .most_mistakes = 1});
  assert_true(fv_evaluation_report_of(e)->accuracy == 0); /* of nothing */
  assert_int_equal(fv_evaluation_add(e, &(fv_loss_batch){4, 1, 3, one_hot, scores, NULL}), FV_OK);
  const fv_evaluation_report *r = fv_evaluation_report_of(e);
  assert_true(r->accuracy == 0.5 && r->right == 2 && r->samples == 4);
  assert_true(fabs(r->loss + (log(0.7) + log(0.1) + log(0.25) + log(0.6)) / 4) < 1e-6);
  assert_true(r->classes[0].precision == 0.5 && r->classes[0].recall == 0.5 && r->classes[0].f1 == 0.5);
  assert_true(r->classes[1].support == 2 && r->classes[1].predicted == 2);
  assert_true(r->classes[2].support == 0 && r->classes[2].precision == 0 && r->classes[2].f1 == 0);
  assert_true(r->f1 == 0.5 && r->precision == 0.5 && r->recall == 0.5);
  assert_int_equal(r->mistake_count, 1);
  assert_true(r->mistakes[0].sample == 1 && r->mistakes[0].is == 0 && r->mistakes[0].found == 1);
  assert_true(r->mistakes[0].score == 0.8f && fabs(r->mistakes[0].margin - 0.7) < 1e-6);
  fv_evaluation_destroy(e);
  fv_loss_destroy(loss);
}

static void yes_and_no(void **state) {
  (void)state;
  static const float targets[] = {1, 0, 1, 0, 1}, scores[] = {0.9f, 0.75f, 0.25f, 0.5f, 0.4f};
  fv_evaluation *e = make(&(fv_evaluation_options){.classes = 2, .one_hot = true, .most_mistakes = 9});
  assert_int_equal(fv_evaluation_add(e, &(fv_loss_batch){5, 1, 1, targets, scores, NULL}), FV_OK);
  const fv_evaluation_report *r = fv_evaluation_report_of(e);
  static const int64_t expected[] = {1, 1, 2, 1};
  assert_memory_equal(r->confusion, expected, sizeof expected);
  assert_int_equal(r->mistake_count, 3);
  static const int64_t order[] = {1, 2, 4}; /* as bad as each other: first come, first */
  for (int i = 0; i < 3; i++) assert_int_equal(r->mistakes[i].sample, order[i]);
  assert_true(r->mistakes[1].score == 0.75 && r->mistakes[1].margin == 0.5);
  fv_evaluation_destroy(e);
}

static void what_is_wrong_is_refused(void **state) {
  (void)state;
  fv_evaluation *e;
  assert_int_equal(fv_evaluation_create(&e, &(fv_evaluation_options){.classes = 1}), FV_ERROR_INVALID);
  assert_null(e);
  e = make(&(fv_evaluation_options){.classes = 3});
  const float labels[] = {0, 3}, odd[] = {0.5f, NAN}, scores[] = {1, 2, 3, 1, 2, 3}, broken[] = {1, NAN, 3};
  assert_int_equal(fv_evaluation_add(e, &(fv_loss_batch){2, 1, 3, labels, scores, NULL}), FV_ERROR_INVALID);
  assert_string_equal(fv_error_message(), "class 3 of sample 1: expected a whole number from 0 to 2");
  for (int i = 0; i < 2; i++)
    assert_int_equal(fv_evaluation_add(e, &(fv_loss_batch){1, 1, 3, &odd[i], scores, NULL}), FV_ERROR_INVALID);
  assert_int_equal(fv_evaluation_add(e, &(fv_loss_batch){1, 1, 2, labels, scores, NULL}), FV_ERROR_INVALID);
  assert_int_equal(fv_evaluation_add(e, &(fv_loss_batch){1, 1, 3, labels, broken, NULL}), FV_ERROR_NUMBERS);
  fv_evaluation_destroy(e);
  fv_evaluation_destroy(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_matrix_of_keras), cmocka_unit_test(numbers_by_hand),
                                     cmocka_unit_test(yes_and_no), cmocka_unit_test(what_is_wrong_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
