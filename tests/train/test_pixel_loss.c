/* Pixel loss: values and gradients of PyTorch (tools/make-pixel-loss), by logits and by probabilities; pixels that do
 * not count; a batch without any that does; wrong weights and classes are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/golden.h"

static float *numbers(const json_t *list) {
  float *found = calloc(json_array_size(list) + 1, sizeof *found);
  assert_non_null(found);
  for (size_t i = 0; i < json_array_size(list); i++) found[i] = (float)json_number_value(json_array_get(list, i));
  return found;
}

/* A zero of the reference is meant. */
static void take(double *option, const json_t *options, const char *key) {
  const json_t *value = json_object_get(options, key);
  if (value) *option = json_number_value(value) == 0 ? FV_ZERO : json_number_value(value);
}

static fv_loss_options options_of(const json_t *options, char weights[64], bool from_logits) {
  fv_loss_options o = {.from_logits = from_logits};
  const json_t *list = json_object_get(options, "class_weights");
  take(&o.gamma, options, "gamma");
  take(&o.dice, options, "dice");
  take(&o.crossentropy, options, "crossentropy");
  take(&o.ignore_class, options, "ignore_class");
  weights[0] = 0;
  for (size_t i = 0; i < json_array_size(list); i++)
    snprintf(weights + strlen(weights), 64 - strlen(weights), "%s%g", i ? "," : "",
             json_number_value(json_array_get(list, i)));
  if (list) o.class_weights = weights;
  return o;
}

static void check(const json_t *reference, const json_t *one, bool from_logits, size_t number) {
  char weights[64];
  fv_loss *loss;
  double value;
  const fv_loss_options o = options_of(json_object_get(one, "options"), weights, from_logits);
  float *targets = numbers(json_object_get(one, "targets"));
  float *predictions = numbers(json_object_get(one, from_logits ? "logits" : "probabilities"));
  float *expected = numbers(json_object_get(one, from_logits ? "gradient" : "plain_gradient"));
  const fv_loss_batch batch = {.samples = json_integer_value(json_object_get(reference, "samples")),
                               .positions = json_integer_value(json_object_get(reference, "positions")),
                               .channels = json_integer_value(json_object_get(reference, "channels")),
                               .targets = targets,
                               .predictions = predictions};
  const int64_t count = batch.samples * batch.positions * batch.channels;
  float *gradient = calloc((size_t)count, sizeof *gradient);
  if (fv_loss_create(&loss, "pixel", &o)) fail_msg("%s", fv_error_message());
  assert_true(fv_loss_is_sparse(loss));
  if (fv_loss_compute(loss, &batch, &value, NULL, gradient)) fail_msg("%s", fv_error_message());
  const double wanted = json_number_value(json_object_get(one, from_logits ? "value" : "plain_value"));
  if (!(fabs(value - wanted) <= 1e-6 * fmax(1, fabs(wanted))))
    fail_msg("case %d: %.9g, expected %.9g", (int)number, value, wanted);
  for (int64_t i = 0; i < count; i++)
    if (!(fabsf(gradient[i] - expected[i]) <= 2e-6F * fmaxf(1, fabsf(expected[i]))))
      fail_msg("case %d, number %d: %.9g, expected %.9g", (int)number, (int)i, (double)gradient[i],
               (double)expected[i]);
  double alone;
  assert_int_equal(fv_loss_compute(loss, &batch, &alone, NULL, NULL), FV_OK);
  assert_true(alone == value);
  fv_loss_destroy(loss);
  free(targets);
  free(predictions);
  free(expected);
  free(gradient);
}

static void numbers_are_torchs(void **state) {
  (void)state;
  json_t *reference = golden_json("pixel_loss.json");
  const json_t *cases = json_object_get(reference, "cases");
  assert_true(json_array_size(cases) > 5);
  for (size_t i = 0; i < json_array_size(cases); i++) {
    check(reference, json_array_get(cases, i), true, i);
    check(reference, json_array_get(cases, i), false, i);
  }
  json_decref(reference);
}

static double of(const fv_loss_options *options, const fv_loss_batch *batch, float *gradient) {
  fv_loss *loss;
  double value;
  if (fv_loss_create(&loss, "Pixel", options)) fail_msg("%s", fv_error_message());
  if (fv_loss_compute(loss, batch, &value, NULL, gradient)) fail_msg("%s", fv_error_message());
  fv_loss_destroy(loss);
  return value;
}

/* By logits of slices of any size, and with nothing that counts. */
static void what_does_not_count(void **state) {
  (void)state;
  const float targets[] = {255, 1, 255}, none[] = {255, 255, 255}, logits[] = {9, -9, 0.5F, 1.5F, -3, 4};
  float gradient[6];
  fv_loss_batch batch = {1, 3, 2, targets, logits, NULL};
  const fv_loss_options o = {.from_logits = true};
  assert_true(fabs(of(&o, &batch, gradient) - log(1 + exp(-1))) < 1e-6);
  assert_true(gradient[0] == 0 && gradient[1] == 0 && gradient[4] == 0 && gradient[5] == 0);
  assert_true(fabsf(gradient[2] + gradient[3]) < 1e-7F && gradient[2] > 0.2F);
  batch.targets = none;
  assert_true(of(&o, &batch, gradient) == 0);
  for (int i = 0; i < 6; i++) assert_true(gradient[i] == 0);
  assert_true(isfinite(of(&(fv_loss_options){.from_logits = true, .dice = 1}, &batch, gradient)));
  for (int i = 0; i < 6; i++) assert_true(gradient[i] == 0);
}

static void wrong_ones_are_refused(void **state) {
  (void)state;
  const float logits[] = {1, 2, 3, 4}, targets[] = {0, 1}, beyond[] = {0, 2};
  double value;
  fv_loss *loss;
  fv_loss_batch batch = {1, 2, 2, targets, logits, NULL};
  static const char *const weights[] = {"1,2,3", "1,x", "-1", ",", "1 2"};
  for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
    assert_int_equal(fv_loss_create(&loss, "pixel", &(fv_loss_options){.class_weights = weights[i]}), FV_OK);
    assert_int_equal(fv_loss_compute(loss, &batch, &value, NULL, NULL), FV_ERROR_INVALID);
    fv_loss_destroy(loss);
  }
  assert_int_equal(fv_loss_create(&loss, "pixel", NULL), FV_OK);
  batch.targets = beyond;
  assert_int_equal(fv_loss_compute(loss, &batch, &value, NULL, NULL), FV_ERROR_INVALID);
  batch = (fv_loss_batch){1, 4, 1, targets, logits, NULL};
  batch.targets = (const float[]){0, 0, 0, 0};
  assert_int_equal(fv_loss_compute(loss, &batch, &value, NULL, NULL), FV_ERROR_INVALID);
  fv_loss_destroy(loss);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_torchs), cmocka_unit_test(what_does_not_count),
                                     cmocka_unit_test(wrong_ones_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
