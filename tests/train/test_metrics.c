/* Metrics: numbers after each batch, with weights and without, are Keras's; they are those of the whole set however it
 * is cut into batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/metric.h>

#include "support/golden.h"
#include "support/train.h"

enum { SAMPLES = 96, CLASSES = 5 };

typedef struct set {
  float *targets, *predictions, *weights;
  int64_t channels, target_channels;
} set;

/* One-hot targets are made from labels. */
static set set_of(const json_t *reference, const json_t *one) {
  const json_t *inputs = json_object_get(reference, "inputs");
  const char *kind = json_string_value(json_object_get(one, "y_true"));
  const bool one_hot = !strcmp(kind, "onehot");
  int64_t count;
  set s = {0};
  s.predictions = train_numbers(
      json_object_get(json_object_get(inputs, json_string_value(json_object_get(one, "y_pred"))), "data"), &count);
  s.channels = count / SAMPLES;
  s.targets = train_numbers(json_object_get(json_object_get(inputs, one_hot ? "labels" : kind), "data"), &count);
  s.target_channels = one_hot ? CLASSES : count / SAMPLES;
  if (one_hot) {
    float *wide = calloc(SAMPLES * CLASSES, sizeof *wide);
    assert_non_null(wide);
    for (int i = 0; i < SAMPLES; i++) wide[i * CLASSES + (int)s.targets[i]] = 1;
    free(s.targets);
    s.targets = wide;
  }
  s.weights = train_numbers(json_object_get(reference, "sample_weight"), NULL);
  return s;
}

static void update(fv_metric *metric, const set *s, int64_t first, int64_t count, bool is_weighted) {
  const fv_loss_batch batch = {count,
                               1,
                               s->channels,
                               s->targets + first * s->target_channels,
                               s->predictions + first * s->channels,
                               is_weighted ? s->weights + first : NULL};
  if (fv_metric_update(metric, &batch)) fail_msg("%s", fv_error_message());
}

static void expect(const char *name, const fv_metric *metric, const json_t *expected) {
  double found[CLASSES];
  fv_metric_result(metric, found);
  for (int64_t i = 0; i < fv_metric_result_count(metric); i++) {
    const json_t *number = json_is_array(expected) ? json_array_get(expected, (size_t)i) : expected;
    if (!(fabs(found[i] - json_number_value(number)) <= 1e-6))
      fail_msg("%s is %.9g, not %.9g", name, found[i], json_number_value(number));
  }
}

static void run_case(const json_t *reference, const char *name, const json_t *one, const char *class_name) {
  const set s = set_of(reference, one);
  fv_metric_options options = {0};
  char texts[TRAIN_TEXTS][TRAIN_TEXT_SIZE];
  const char *unknown = train_options(&options, fv_metric_table(class_name), json_object_get(one, "config"), texts);
  if (unknown) fail_msg("%s: %s", name, unknown);
  fv_metric *metric;
  if (fv_metric_create(&metric, class_name, s.channels, &options)) fail_msg("%s: %s", name, fv_error_message());
  for (int64_t b = 0; b < 3; b++) {
    update(metric, &s, 32 * b, 32, false);
    expect(name, metric, json_array_get(json_object_get(one, "batches"), (size_t)b));
  }
  const int64_t cuts[] = {0, 7, 50, 51, 96};
  fv_metric_reset(metric);
  for (int i = 0; i < 4; i++) update(metric, &s, cuts[i], cuts[i + 1] - cuts[i], true);
  expect(name, metric, json_object_get(one, "weighted"));
  fv_metric_destroy(metric);
  free(s.targets);
  free(s.predictions);
  free(s.weights);
}

static void metrics_are_those_of_keras(void **state) {
  (void)state;
  json_t *reference = golden_json("train/metrics.json"), *one;
  if (!reference) skip();
  const char *name;
  int found = 0;
  json_object_foreach(json_object_get(reference, "metrics"), name, one) {
    const char *class_name = json_string_value(json_object_get(one, "class"));
    if (!fv_metric_table(class_name)) continue;
    run_case(reference, name, one, class_name);
    found++;
  }
  assert_true(found >= 13);
  json_decref(reference);
}

static void what_is_wrong_is_refused(void **state) {
  (void)state;
  fv_metric *metric;
  assert_int_equal(fv_metric_create(&metric, "luck", 10, NULL), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_metric_create(&metric, "f1_score", 0, NULL), FV_ERROR_INVALID);
  assert_int_equal(fv_metric_create(&metric, "f1_score", INT64_MAX, NULL), FV_ERROR_INVALID);
  assert_int_equal(fv_metric_create(&metric, "categorical_accuracy", 3, NULL), FV_OK);
  const float numbers[] = {1, 0, 0};
  assert_int_equal(fv_metric_update(metric, &(fv_loss_batch){1, 1, 2, numbers, numbers, NULL}), FV_ERROR_INVALID);
  fv_metric_destroy(metric);
  for (int32_t i = 0; fv_metric_name(i); i++) assert_non_null(fv_metric_help(fv_metric_name(i)));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(metrics_are_those_of_keras),
                                     cmocka_unit_test(what_is_wrong_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
