/* Schedules: rates are Keras's at fifty steps each; what is missing or wrong is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include <fovea/schedule.h>

#include "support/golden.h"
#include "support/train.h"

static void rates_are_those_of_keras(void **state) {
  (void)state;
  json_t *reference = golden_json("train/schedules.json");
  assert_non_null(reference);
  const char *name;
  json_t *one;
  json_object_foreach(json_object_get(reference, "schedules"), name, one) {
    const char *class_name = json_string_value(json_object_get(one, "class"));
    fv_schedule_options options = {0};
    char texts[TRAIN_TEXTS][TRAIN_TEXT_SIZE];
    const char *unknown = train_options(&options, fv_schedule_table(class_name), json_object_get(one, "config"), texts);
    if (unknown) fail_msg("%s: %s", name, unknown);
    fv_schedule *schedule;
    if (fv_schedule_create(&schedule, class_name, &options)) fail_msg("%s: %s", name, fv_error_message());
    const json_int_t stride = json_integer_value(json_object_get(one, "stride"));
    for (size_t k = 0; k < 50; k++) {
      const double expected = json_number_value(json_array_get(json_object_get(one, "rate"), k));
      const double found = fv_schedule_rate(schedule, (int64_t)k * stride);
      if (!(fabs(found - expected) <= 1e-6 * fabs(expected) + 2e-8))
        fail_msg("%s: rate %zu is %.9g, not %.9g", name, k, found, expected);
    }
    fv_schedule_destroy(schedule);
  }
  json_decref(reference);
}

static void what_is_wrong_is_refused(void **state) {
  (void)state;
  fv_schedule *schedule;
  assert_int_equal(fv_schedule_create(&schedule, "sine_decay", NULL), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_schedule_create(&schedule, "cosine_decay", NULL), FV_ERROR_INVALID);
  const fv_schedule_options wrong[] = {{.boundaries = "10,20", .values = "1,2"},
                                       {.boundaries = "20,10", .values = "1,2,3"},
                                       {.boundaries = "10,x", .values = "1,2,3"},
                                       {.boundaries = "10", .values = "1,two"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(fv_schedule_create(&schedule, "piecewise_constant_decay", &wrong[i]), FV_ERROR_INVALID);
    assert_null(schedule);
  }
  for (int32_t i = 0; fv_schedule_name(i); i++) assert_non_null(fv_schedule_help(fv_schedule_name(i)));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rates_are_those_of_keras),
                                     cmocka_unit_test(what_is_wrong_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
