/* Optimizers: ten weights follow given gradients for twenty steps as in Keras, with clipping, decay, accumulation and
 * averages; options that exclude each other are refused. */
#include "train/optimizer.h"

#undef fail

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/golden.h"
#include "support/train.h"

enum { WEIGHTS = 10, STEPS = 20 };

static fv_optimizer *make(const json_t *one) {
  const char *class_name = json_string_value(json_object_get(one, "class"));
  fv_optimizer_options options = {0};
  char texts[TRAIN_TEXTS][TRAIN_TEXT_SIZE];
  const char *unknown = train_options(&options, fv_optimizer_table(class_name), json_object_get(one, "config"), texts);
  if (unknown) fail_msg("%s: %s", class_name, unknown);
  fv_optimizer *optimizer;
  if (fv_optimizer_create(&optimizer, class_name, &options)) fail_msg("%s: %s", class_name, fv_error_message());
  return optimizer;
}

static void expect(const json_t *one, int step, const float *found, const json_t *expected) {
  for (size_t i = 0; i < WEIGHTS; i++) {
    const double right = json_number_value(json_array_get(expected, i));
    if (fabs(found[i] - right) <= 1e-6 * fmax(fabs(right), 1)) continue;
    char *text = json_dumps(one, JSON_COMPACT);
    fail_msg("step %d, weight %zu is %.9g, not %.9g: %.90s", step, i, (double)found[i], right, text);
  }
}

static void run_case(const json_t *reference, const json_t *one) {
  static const int kept[] = {0, 1, 4, 19};
  fv_optimizer *optimizer = make(one);
  float *weights = train_numbers(json_object_get(reference, "start"), NULL);
  /* A gap between the variables, as alignment makes them. */
  const fv__variable variables[] = {{weights, 0, 7}, {weights + 7, 16, 3}};
  assert_int_equal(fv__optimizer_build(optimizer, variables, 2, 19), FV_OK);
  for (int step = 0, next = 0; step < STEPS; step++) {
    float *numbers = train_numbers(json_array_get(json_object_get(reference, "gradients"), (size_t)step), NULL);
    float gradients[19] = {0};
    memcpy(gradients, numbers, 7 * sizeof(float));
    memcpy(gradients + 16, numbers + 7, 3 * sizeof(float));
    free(numbers);
    fv__optimizer_apply(optimizer, gradients);
    if (step == kept[next]) expect(one, step, weights, json_array_get(json_object_get(one, "weights"), (size_t)next++));
  }
  const float *average = fv__optimizer_average(optimizer);
  assert_int_equal(average != NULL, json_object_get(one, "average") != NULL);
  if (average) {
    float both[WEIGHTS];
    memcpy(both, average, 7 * sizeof(float));
    memcpy(both + 7, average + 16, 3 * sizeof(float));
    expect(one, STEPS, both, json_object_get(one, "average"));
  }
  fv_optimizer_destroy(optimizer);
  free(weights);
}

static void steps_are_those_of_keras(void **state) {
  (void)state;
  json_t *reference = golden_json("train/optimizers.json"), *one;
  assert_non_null(reference);
  size_t i;
  json_array_foreach(json_object_get(reference, "cases"), i, one) run_case(reference, one);
  assert_true(i > 20);
  json_decref(reference);
}

static void a_schedule_sets_the_rate(void **state) {
  (void)state;
  fv_schedule *schedule;
  fv_optimizer *optimizer;
  const fv_schedule_options halves = {.initial_learning_rate = 1, .decay_steps = 1, .decay_rate = 0.5};
  assert_int_equal(fv_schedule_create(&schedule, "exponential_decay", &halves), FV_OK);
  const fv_optimizer_options options = {.schedule = schedule, .gradient_accumulation_steps = 2};
  assert_int_equal(fv_optimizer_create(&optimizer, "sgd", &options), FV_OK);
  float weight = 0;
  const fv__variable variable = {&weight, 0, 1};
  assert_int_equal(fv__optimizer_build(optimizer, &variable, 1, 1), FV_OK);
  const float rates[] = {1, 1, 0.5f, 0.5f, 0.25f}, weights[] = {0, -1, -1, -1.5f, -1.5f};
  for (int i = 0; i < 5; i++) {
    assert_float_equal(fv__optimizer_rate(optimizer), rates[i], 0);
    float gradient = 1;
    fv__optimizer_apply(optimizer, &gradient);
    assert_float_equal(weight, weights[i], 0);
  }
  fv_optimizer_destroy(optimizer);
  fv_schedule_destroy(schedule);
}

static void what_is_wrong_is_refused(void **state) {
  (void)state;
  fv_optimizer *optimizer;
  assert_int_equal(fv_optimizer_create(&optimizer, "newton", NULL), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_optimizer_create(&optimizer, "adam", &(fv_optimizer_options){.beta_1 = 2}), FV_ERROR_INVALID);
  const fv_optimizer_options both = {.clipnorm = 1, .clipvalue = 1};
  assert_int_equal(fv_optimizer_create(&optimizer, "sgd", &both), FV_ERROR_INVALID);
  assert_null(optimizer);
  assert_int_equal(fv_optimizer_create(&optimizer, "adam", NULL), FV_OK);
  assert_int_equal(fv__optimizer_build(optimizer, NULL, 0, INT64_MAX / 2), FV_ERROR_SHAPE);
  fv_optimizer_destroy(optimizer);
  for (int32_t i = 0; fv_optimizer_name(i); i++) assert_non_null(fv_optimizer_help(fv_optimizer_name(i)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steps_are_those_of_keras),
      cmocka_unit_test(a_schedule_sets_the_rate),
      cmocka_unit_test(what_is_wrong_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
