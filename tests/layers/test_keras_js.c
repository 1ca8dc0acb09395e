/* The 334 cases of real Keras 2 that keras-js was tested with: every one passes or is refused by its class's name with
 * a reason, and none is left out. Which layers they are is in tests/cases/keras_js; the numbers are in ../shared/data,
 * and what needs them is skipped where that is absent.
 */
#include "support/keras_js.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { CASES = 334, REFUSED = 97 };

static keras_js_case *cases;
static int32_t count;
static json_t *data;

static int begin(void **state) {
  (void)state;
  cases = keras_js_cases(&count);
  data = keras_js_data();
  return 0;
}

static int end(void **state) {
  (void)state;
  keras_js_cases_free(cases, count);
  json_decref(data);
  return 0;
}

static void every_case_has_one_line(void **state) {
  (void)state;
  int32_t refused = 0;
  assert_int_equal(count, CASES);
  for (int32_t i = 0; i < count; i++) {
    refused += cases[i].refused;
    for (int32_t k = 0; k < i; k++) assert_string_not_equal(cases[i].key, cases[k].key);
  }
  assert_int_equal(refused, REFUSED);
  if (!data) skip();
  assert_int_equal(json_object_size(data), CASES);
  for (int32_t i = 0; i < count; i++)
    if (!json_object_get(data, cases[i].key)) fail_msg("%s: no such case", cases[i].key);
}

/* Inputs, weights and outputs have six decimals: 1e-6 of the largest is lost before anything is computed, and more of
 * it the deeper a network is. */
static void every_case_in_scope_passes(void **state) {
  (void)state;
  int32_t passed = 0;
  if (!data) skip();
  for (int32_t i = 0; i < count; i++) {
    double error = -1;
    if (cases[i].refused) continue;
    if (keras_js_run(&cases[i], json_object_get(data, cases[i].key), &error))
      print_error("%s: %s\n", cases[i].key, fv_error_message());
    else if (!(error <= KERAS_JS_ALLOWED))
      print_error("%s: the error is %g\n", cases[i].key, error);
    else
      passed++;
  }
  assert_int_equal(passed, CASES - REFUSED);
}

/* "layer_0: class 'LSTM' is not supported: fovea has no recurrent layers" */
static void the_others_are_refused_by_name(void **state) {
  (void)state;
  json_t *image = json_pack("{s:{s:[i,i,i]}}", "input", "shape", 4, 4, 4);
  json_t *volume = json_pack("{s:{s:[i,i,i,i]}}", "input", "shape", 1, 3, 4, 2);
  for (int32_t i = 0; i < count; i++) {
    char words[128];
    double error;
    if (!cases[i].refused) continue;
    const bool known = !strncmp(cases[i].layers, "refused Permute", 15);
    snprintf(words, sizeof words, "class '%s' is not supported: ", cases[i].layers + 8);
    fv_status status = keras_js_run(&cases[i], known ? volume : image, &error);
    if (status != FV_ERROR_UNSUPPORTED || !strstr(fv_error_message(), known ? "1 to 4 axes, not 5" : words))
      fail_msg("%s: %s: %s", cases[i].key, fv_status_name(status), fv_error_message());
  }
  json_decref(image);
  json_decref(volume);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_case_has_one_line),
      cmocka_unit_test(every_case_in_scope_passes),
      cmocka_unit_test(the_others_are_refused_by_name),
  };
  return cmocka_run_group_tests(tests, begin, end);
}
