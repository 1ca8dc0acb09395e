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
    const double wanted = json_number_value(number);
    if (!(fabs(found[i] - wanted) <= 1e-6 * fmax(1, fabs(wanted))))
      fail_msg("%s is %.9g, not %.9g", name, found[i], json_number_value(number));
  }
}

static void run_case(const json_t *reference, const char *name, const json_t *one, const char *class_name) {
  const set s = set_of(reference, one);
  fv_metric_options options = {0};
  char texts[TRAIN_TEXTS][TRAIN_TEXT_SIZE];
  json_t *config = json_copy(json_object_get(one, "config"));
  json_object_del(config, "axis"); /* the last one always */
  const fv_option *table = fv_metric_table(class_name);
  if (!table) fail_msg("%s: there is no %s", name, class_name);
  const char *unknown = train_options(&options, table, config, texts);
  if (unknown) fail_msg("%s: %s", name, unknown);
  json_decref(config);
  options.compat = FV_METRIC_KERAS3; /* IoU alone reads it */
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
    run_case(reference, name, one, class_name);
    found++;
  }
  assert_true(found == 49);
  json_decref(reference);
}

/* Means of epochs in progress, over batches of unequal size. */
static void running_means(void **state) {
  (void)state;
  json_t *reference = golden_json("train/metrics.json");
  if (!reference) skip();
  const json_t *means = json_object_get(json_object_get(reference, "running_mean"), "mean"), *pair;
  fv_metric *metric;
  size_t i;
  assert_int_equal(fv_metric_create(&metric, "mean", 1, NULL), FV_OK);
  json_array_foreach(json_object_get(json_object_get(reference, "running_mean"), "values"), i, pair) {
    const float value = (float)json_number_value(json_array_get(pair, 0));
    const float weight = (float)json_number_value(json_array_get(pair, 1));
    assert_int_equal(fv_metric_update(metric, &(fv_loss_batch){1, 1, 1, &value, &value, &weight}), FV_OK);
    expect("mean", metric, json_array_get(means, i));
  }
  assert_true(i > 3);
  fv_metric_destroy(metric);
  json_decref(reference);
}

static void general_words_are_resolved(void **state) {
  (void)state;
  assert_string_equal(fv_metric_resolve("accuracy", 1, false), "BinaryAccuracy");
  assert_string_equal(fv_metric_resolve("acc", 10, false), "CategoricalAccuracy");
  assert_string_equal(fv_metric_resolve("Accuracy", 10, true), "SparseCategoricalAccuracy");
  assert_string_equal(fv_metric_resolve("ce", 10, true), "SparseCategoricalCrossentropy");
  assert_string_equal(fv_metric_resolve("mse", 10, true), "mse");
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
  const struct {
    const char *name;
    int64_t channels;
    fv_metric_options options;
  } wrong[] = {
      {"precision", 2, {.thresholds = "0.5,,0.7"}},
      {"precision", 2, {.thresholds = "half"}},
      {"recall", 2, {.class_id = 2}},
      {"auc", 2, {.label_weights = "1"}},
      {"auc", 2, {.num_labels = 3}},
      {"auc", 2, {.num_thresholds = 1}},
      {"recall_at_precision", 1, {0}},
      {"iou", 1, {0}},
      {"iou", 1, {.num_classes = 2, .target_class_ids = "2"}},
      {"iou", 3, {.num_classes = 3}},
      {"auc", INT64_MAX / 16, {.multi_label = true}},
      {"binary_iou", 2, {0}},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    if (fv_metric_create(&metric, wrong[i].name, wrong[i].channels, &wrong[i].options) != FV_ERROR_INVALID)
      fail_msg("case %zu, %s", i, wrong[i].name);
    assert_null(metric);
  }
}

/* Labels that are none, and predictions that are no numbers, are wrong answers and no crash. */
static void odd_numbers_are_wrong_answers(void **state) {
  (void)state;
  const float targets[] = {NAN, -1, 1e30f, 0.5f, 7, INFINITY}, predictions[6] = {NAN, INFINITY, -INFINITY, 0.5f, 2, -3};
  const char *name;
  int count = 0;
  for (int32_t i = 0; (name = fv_metric_name(i)); i++, count++) {
    fv_metric *metric;
    double results[8];
    const fv_metric_options options = {
        .num_classes = 2, .recall = 0.5, .precision = 0.5, .sensitivity = 0.5, .specificity = 0.5};
    assert_non_null(fv_metric_help(name));
    assert_non_null(fv_metric_table(name));
    if (fv_metric_create(&metric, name, 1, &options)) fail_msg("%s", fv_error_message());
    fv_metric_result(metric, results); /* of nothing */
    assert_int_equal(fv_metric_update(metric, &(fv_loss_batch){6, 1, 1, targets, predictions, NULL}), FV_OK);
    assert_true(fv_metric_result_count(metric) == 1);
    fv_metric_result(metric, results);
    fv_metric_destroy(metric);
  }
  assert_true(count >= 40);
}

/* AUC with thresholds of one's own counts as a look at every threshold for every number would. */
static void curves_count_as_a_plain_look_does(void **state) {
  (void)state;
  static const float targets[] = {0, 1, 1, 0, 1, 0, 1, 0}, predictions[] = {0.1f, 0.9f, 0.3f, 0.3f, 0.75f, 0.6f, 0, 1};
  static const float at[] = {-1, 0.1f, 0.3f, 0.5f, 0.75f, 2};
  fv_metric *metric;
  double found, expected = 0, before[2] = {0, 0};
  for (int t = 5; t >= 0; t--) {
    double rates[2] = {0, 0};
    for (int i = 0; i < 8; i++) rates[(int)targets[i]] += predictions[i] > at[t] ? 0.25 : 0;
    expected += (rates[0] - before[0]) * (rates[1] + before[1]) / 2;
    memcpy(before, rates, sizeof before);
  }
  assert_int_equal(fv_metric_create(&metric, "auc", 1, &(fv_metric_options){.thresholds = "0.75,0.1,0.3,0.5"}), FV_OK);
  assert_int_equal(fv_metric_update(metric, &(fv_loss_batch){8, 1, 1, targets, predictions, NULL}), FV_OK);
  fv_metric_result(metric, &found);
  assert_true(fabs(found - expected) < 1e-12);
  fv_metric_destroy(metric);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(metrics_are_those_of_keras),        cmocka_unit_test(running_means),
      cmocka_unit_test(general_words_are_resolved),        cmocka_unit_test(odd_numbers_are_wrong_answers),
      cmocka_unit_test(curves_count_as_a_plain_look_does), cmocka_unit_test(what_is_wrong_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
