/* Losses: values, values of rows, weighted values and gradients are Keras's; gradients are those of central differences
 * too; reductions, class weights, probabilities at their limits; labels out of range are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/loss.h>

#include "support/golden.h"
#include "support/train.h"

typedef struct loss_case {
  fv_loss *loss;
  fv_loss_batch batch;
  float *targets, *predictions, *weights;
} loss_case;

static json_t *reference;

static int load(void **state) {
  (void)state;
  reference = golden_json("train/losses.json");
  return reference ? 0 : -1;
}

static int unload(void **state) {
  (void)state;
  json_decref(reference);
  return 0;
}

static const json_t *input(const char *name) { return json_object_get(json_object_get(reference, "inputs"), name); }

static loss_case make(const char *name, const json_t *one) {
  loss_case made = {0};
  const char *class_name = json_string_value(json_object_get(one, "class"));
  const fv_option *table = fv_loss_table(class_name);
  if (!table) fail_msg("%s", class_name);
  json_t *config = json_copy(json_object_get(one, "config"));
  if (json_is_array(json_object_get(config, "axis"))) json_object_set_new(config, "per_sample", json_true());
  json_object_del(config, "axis"); /* the last one always */
  fv_loss_options options = {0};
  char texts[TRAIN_TEXTS][TRAIN_TEXT_SIZE];
  const char *unknown = train_options(&options, table, config, texts);
  if (unknown) fail_msg("%s: %s", name, unknown);
  json_decref(config);
  if (!strcmp(name, "huber")) options.delta = 0.5; /* Keras forgets it in the configuration, and in its rows */
  if (fv_loss_create(&made.loss, class_name, &options)) fail_msg("%s: %s", name, fv_error_message());
  const json_t *targets = input(json_string_value(json_object_get(one, "y_true")));
  const json_t *predictions = input(json_string_value(json_object_get(one, "y_pred")));
  made.targets = train_numbers(json_object_get(targets, "data"), NULL);
  made.predictions = train_numbers(json_object_get(predictions, "data"), NULL);
  made.weights = train_numbers(json_object_get(reference, "sample_weight"), NULL);
  made.batch = (fv_loss_batch){12, 1, 10, made.targets, made.predictions, NULL};
  return made;
}

static void end(loss_case *one) {
  fv_loss_destroy(one->loss);
  free(one->targets);
  free(one->predictions);
  free(one->weights);
}

static void expect_near(const char *name, const char *what, double found, double expected, double tolerance) {
  if (!(fabs(found - expected) <= tolerance * (fabs(expected) + 1e-6) + 1e-9))
    fail_msg("%s: %s is %.9g, not %.9g", name, what, found, expected);
}

static void check_values(const char *name, const json_t *one, loss_case *made) {
  double value;
  float values[12], gradient[120];
  assert_int_equal(fv_loss_compute(made->loss, &made->batch, &value, values, gradient), FV_OK);
  expect_near(name, "value", value, json_number_value(json_object_get(one, "value")), 2e-6);
  int64_t count = fv_loss_value_count(made->loss, &made->batch);
  const json_t *rows = strcmp(name, "huber") ? json_object_get(one, "per_sample") : NULL;
  if (json_is_array(rows)) assert_int_equal(json_array_size(rows), count);
  for (int64_t i = 0; json_is_array(rows) && i < count; i++)
    expect_near(name, "a value", values[i], json_number_value(json_array_get(rows, (size_t)i)), 4e-6);
  float *expected = train_numbers(json_object_get(one, "grad"), &count);
  assert_int_equal(count, 120);
  const double error = golden_relative_rms(gradient, expected, count);
  if (!(error <= 2e-6)) fail_msg("%s: gradient %.3g off", name, error);
  free(expected);
  if (json_is_null(json_object_get(one, "weighted"))) return;
  made->batch.sample_weights = made->weights;
  assert_int_equal(fv_loss_compute(made->loss, &made->batch, &value, NULL, NULL), FV_OK);
  expect_near(name, "weighted value", value, json_number_value(json_object_get(one, "weighted")), 2e-6);
}

static void losses_are_those_of_keras(void **state) {
  (void)state;
  const char *name;
  json_t *one;
  int count = 0;
  json_object_foreach(json_object_get(reference, "losses"), name, one) {
    loss_case made = make(name, one);
    check_values(name, one, &made);
    end(&made);
    count++;
  }
  assert_int_equal(count, 29);
}

/* Class weights are sample weights: each sample has its class's. */
static void class_weights(void **state) {
  (void)state;
  loss_case made = make("weighted", json_object_get(json_object_get(reference, "losses"), "categorical_crossentropy"));
  float *labels = train_numbers(json_object_get(input("labels"), "data"), NULL);
  const json_t *weights = json_object_get(reference, "class_weight");
  double value;
  for (int i = 0; i < 12; i++) made.weights[i] = (float)json_number_value(json_array_get(weights, (size_t)labels[i]));
  made.batch.sample_weights = made.weights;
  assert_int_equal(fv_loss_compute(made.loss, &made.batch, &value, NULL, NULL), FV_OK);
  const json_t *expected = json_object_get(reference, "class_weighted_categorical_crossentropy");
  expect_near("class weights", "value", value, json_number_value(expected), 2e-6);
  free(labels);
  end(&made);
}

/* Numbers of Keras 3.15: rows of class 255 count nowhere, also not in the divisor. */
static void ignored_classes(void **state) {
  (void)state;
  static const float predictions[] = {0.7f, 0.2f, 0.1f, 0.1f, 0.8f, 0.1f, 0.3f, 0.3f, 0.4f, 0.25f, 0.5f, 0.25f};
  static const float targets[] = {0, 2, 255, 1}, none[] = {255, 255, 255, 255}, weights[] = {1, 2, 3, 4};
  static const struct {
    int32_t reduction;
    double value, weighted;
  } cases[] = {{FV_REDUCTION_SUM_OVER_BATCH_SIZE, 1.117469072341919, 2.5781447887420654},
               {FV_REDUCTION_SUM, 3.352407217025757, 7.734434127807617},
               {FV_REDUCTION_MEAN_WITH_SAMPLE_WEIGHT, 1.117469072341919, 1.104919195175171}};
  static const float slopes[] = {-0.142857164f, 1 / 3.0f,  1 / 3.0f, 2 / 3.0f, 2 / 3.0f, -6, 0, 0, 0,
                                 4 / 3.0f,      -4 / 3.0f, 4 / 3.0f};
  for (int i = 0; i < 3; i++) {
    fv_loss *loss;
    double value;
    float values[4], gradient[12];
    const fv_loss_options options = {.reduction = cases[i].reduction, .ignore_class = 255};
    assert_int_equal(fv_loss_create(&loss, "sparse_categorical_crossentropy", &options), FV_OK);
    fv_loss_batch batch = {4, 1, 3, targets, predictions, NULL};
    assert_int_equal(fv_loss_compute(loss, &batch, &value, values, NULL), FV_OK);
    expect_near("ignored", "value", value, cases[i].value, 1e-6);
    assert_true(values[2] == 0);
    batch.sample_weights = weights;
    assert_int_equal(fv_loss_compute(loss, &batch, &value, NULL, gradient), FV_OK);
    expect_near("ignored", "weighted value", value, cases[i].weighted, 1e-6);
    for (int k = 0; i == 0 && k < 12; k++) expect_near("ignored", "slope", gradient[k], slopes[k], 1e-6);
    batch.targets = none;
    assert_int_equal(fv_loss_compute(loss, &batch, &value, NULL, gradient), FV_OK);
    assert_true(value == 0 && gradient[0] == 0);
    fv_loss_destroy(loss);
  }
}

/* In double, apart from kinks and limits; weights too. */
static void gradients_are_differences(void **state) {
  (void)state;
  const char *name;
  json_t *one;
  json_object_foreach(json_object_get(reference, "losses"), name, one) {
    loss_case made = make(name, one);
    made.batch.sample_weights = made.weights;
    float gradient[120];
    double value, scale = 0;
    assert_int_equal(fv_loss_compute(made.loss, &made.batch, &value, NULL, gradient), FV_OK);
    for (int i = 0; i < 120; i++) scale = fmax(scale, fabs(gradient[i]));
    for (int i = 0; i < 120; i += 7) {
      const float kept = made.predictions[i], room = fminf(fabsf(kept), fabsf(1 - kept));
      const float step = fmaxf(room, 0.001f) / 512;
      double more, less;
      const float high = made.predictions[i] = kept + step;
      assert_int_equal(fv_loss_compute(made.loss, &made.batch, &more, NULL, NULL), FV_OK);
      const float low = made.predictions[i] = kept - step;
      assert_int_equal(fv_loss_compute(made.loss, &made.batch, &less, NULL, NULL), FV_OK);
      made.predictions[i] = kept;
      const double found = (more - less) / ((double)high - low);
      if (!(fabs(found - gradient[i]) <= 1e-3 * fabs(found) + 1e-4 * scale))
        fail_msg("%s: slope %d is %.7g, difference %.7g", name, i, gradient[i], found);
    }
    end(&made);
  }
}

static void reductions_and_weights(void **state) {
  (void)state;
  static const char *const names[] = {"", "sum_over_batch_size", "sum", "mean_with_sample_weight"};
  const json_t *one = json_object_get(json_object_get(reference, "losses"), "mean_squared_error");
  for (int32_t r = 1; r <= 3; r++) {
    loss_case made = make("mse", one);
    fv_loss *loss;
    double value;
    assert_int_equal(fv_loss_create(&loss, "mse", &(fv_loss_options){.reduction = r}), FV_OK);
    made.batch.sample_weights = made.weights;
    assert_int_equal(fv_loss_compute(loss, &made.batch, &value, NULL, NULL), FV_OK);
    const json_t *all = json_object_get(reference, "reductions_mse");
    expect_near("mse", names[r], value, json_number_value(json_object_get(all, names[r])), 1e-6);
    fv_loss_destroy(loss);
    end(&made);
  }
}

static void probabilities_at_their_limits(void **state) {
  (void)state;
  static const char *const names[] = {"categorical_crossentropy", "binary_crossentropy", "kl_divergence"};
  static const float predictions[] = {1, 0, 0, 0, 1, 0, 0.5, 0.5, 0, 1e-9f, 1, 1e-9f};
  static const float targets[] = {0, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0};
  for (int i = 0; i < 3; i++) {
    fv_loss *loss;
    float values[4], gradient[12];
    double value;
    assert_int_equal(fv_loss_create(&loss, names[i], NULL), FV_OK);
    const fv_loss_batch batch = {4, 1, 3, targets, predictions, NULL};
    assert_int_equal(fv_loss_compute(loss, &batch, &value, values, gradient), FV_OK);
    const json_t *expected = json_object_get(json_object_get(reference, "saturated"), names[i]);
    for (size_t k = 0; k < 4; k++) assert_float_equal(values[k], json_number_value(json_array_get(expected, k)), 3e-6);
    for (int k = 0; k < 12; k++) assert_true(isfinite(gradient[k]));
    fv_loss_destroy(loss);
  }
}

static void wrong_labels_are_refused(void **state) {
  (void)state;
  fv_loss *loss;
  double value;
  const float predictions[] = {0.5f, 0.5f};
  assert_int_equal(fv_loss_create(&loss, "sparse_categorical_crossentropy", NULL), FV_OK);
  assert_true(fv_loss_is_sparse(loss));
  const float wrong[] = {2, -1, 0.5f, NAN, INFINITY};
  for (int i = 0; i < 5; i++) {
    const fv_loss_batch batch = {1, 1, 2, &wrong[i], predictions, NULL};
    assert_int_equal(fv_loss_compute(loss, &batch, &value, NULL, NULL), FV_ERROR_INVALID);
  }
  const fv_loss_batch empty = {0, 1, 2, wrong, predictions, NULL};
  assert_int_equal(fv_loss_compute(loss, &empty, &value, NULL, NULL), FV_ERROR_INVALID);
  fv_loss_destroy(loss);
  assert_int_equal(fv_loss_create(&loss, "nothing", NULL), FV_ERROR_NOT_FOUND);
  assert_null(loss);
  assert_int_equal(fv_loss_create(&loss, "huber", &(fv_loss_options){.delta = -1}), FV_ERROR_INVALID);
}

/* What is not a number stays none: no loss hides it. */
static void nan_shows(void **state) {
  (void)state;
  const char *name;
  for (int32_t i = 0; (name = fv_loss_name(i)); i++) {
    fv_loss *loss;
    double value;
    const float targets[] = {1, 0, 0, 0, 0, 0}, predictions[] = {0.5f, 0.25f, 0.1f, 0.4f, 0.3f, NAN};
    assert_non_null(fv_loss_help(name));
    assert_int_equal(fv_loss_create(&loss, name, NULL), FV_OK);
    const fv_loss_batch batch = {1, 1, 6, targets, predictions, NULL};
    assert_int_equal(fv_loss_compute(loss, &batch, &value, NULL, NULL), FV_OK);
    if (!isnan(value)) fail_msg("%s of NaN is %g", name, value);
    fv_loss_destroy(loss);
  }
}

/* Equation 9 of LeCun et al. 1998, written out, and its slopes by differences. */
static void the_loss_of_lenet5(void **state) {
  (void)state;
  fv_loss *loss;
  const float distances[] = {3, 8, 5}, targets[] = {0, 0, 1};
  float logits[3], gradient[3];
  double value, beside;
  for (int i = 0; i < 3; i++) logits[i] = -distances[i];
  assert_int_equal(fv_loss_create(&loss, "maximum_a_posteriori", &(fv_loss_options){.from_logits = true, .rubbish = 4}),
                   FV_OK);
  const fv_loss_batch batch = {1, 1, 3, targets, logits, NULL};
  assert_int_equal(fv_loss_compute(loss, &batch, &value, NULL, gradient), FV_OK);
  const double expected = 5 + log(exp(-4) + exp(-3) + exp(-8) + exp(-5));
  if (!(fabs(value - expected) < 1e-6)) fail_msg("expected %g, found %g", expected, value);
  for (int i = 0; i < 3; i++) {
    logits[i] += 0.0009765625f;
    assert_int_equal(fv_loss_compute(loss, &batch, &beside, NULL, NULL), FV_OK);
    logits[i] -= 0.0009765625f;
    if (!(fabs((beside - value) / 0.0009765625 - (double)gradient[i]) < 1e-3))
      fail_msg("slope %d: %g by differences, found %g", i, (beside - value) / 0.0009765625, (double)gradient[i]);
  }
  fv_loss_destroy(loss);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(losses_are_those_of_keras), cmocka_unit_test(class_weights),
      cmocka_unit_test(ignored_classes),           cmocka_unit_test(gradients_are_differences),
      cmocka_unit_test(reductions_and_weights),    cmocka_unit_test(probabilities_at_their_limits),
      cmocka_unit_test(wrong_labels_are_refused),  cmocka_unit_test(nan_shows),
      cmocka_unit_test(the_loss_of_lenet5),
  };
  return cmocka_run_group_tests(tests, load, unload);
}
