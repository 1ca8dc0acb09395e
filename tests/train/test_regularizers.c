/* Regularisers: penalties and slopes against differences and against Keras's l2 run; words and configurations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/fovea.h>

#include "support/golden.h"

static void penalties_and_slopes(void **state) {
  (void)state;
  const fv_regularizer r = {.l1 = 0.25, .l2 = 0.5};
  float numbers[] = {1, -2, 0, 0.5f}, gradient[] = {1, 1, 1, 1};
  assert_true(fv_regularizer_penalty(&r, numbers, 4) == 0.25 * 3.5 + 0.5 * 5.25);
  fv_regularizer_add_slope(&r, numbers, 4, gradient);
  const float expected[] = {2.25f, -1.25f, 1, 1.75f};
  assert_memory_equal(gradient, expected, sizeof expected);
  for (int i = 0; i < 4; i++) {
    if (numbers[i] == 0) continue; /* a kink */
    const float kept = numbers[i];
    numbers[i] = kept + 1.0f / 1024;
    const double more = fv_regularizer_penalty(&r, numbers, 4);
    numbers[i] = kept - 1.0f / 1024;
    const double slope = (more - fv_regularizer_penalty(&r, numbers, 4)) * 512;
    numbers[i] = kept;
    assert_true(fabs(slope + 1 - gradient[i]) < 1e-6);
  }
  assert_true(fv_regularizer_penalty(&(fv_regularizer){0, 0}, numbers, 4) == 0);
}

/* What the kernels of LeNet-5 cost before the first step of Keras's run: its loss less its data_loss. */
static void a_network_costs_what_it_does_in_keras(void **state) {
  (void)state;
  static const struct {
    const char *name;
    fv_shape shape;
  } kernels[] = {{"c1/kernel", {4, {5, 5, 1, 6}}},
                 {"c3/kernel", {4, {5, 5, 6, 16}}},
                 {"c5/kernel", {2, {400, 120}}},
                 {"f6/kernel", {2, {120, 84}}},
                 {"output/kernel", {2, {84, 10}}}};
  json_t *reference = golden_json("train/lenet5_l2.json");
  if (!reference) skip();
  fv_regularizer r;
  double found = 0;
  assert_int_equal(fv_regularizer_read(&r, "l2:0.001"), FV_OK);
  for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) {
    int64_t count;
    assert_int_equal(fv_shape_elements(&count, &kernels[i].shape), FV_OK);
    float *numbers = calloc((size_t)count, sizeof *numbers);
    assert_non_null(numbers);
    fv_fill_by_name(numbers, kernels[i].name, &kernels[i].shape, 1, NULL);
    found += fv_regularizer_penalty(&r, numbers, count);
    free(numbers);
  }
  const json_t *run = json_object_get(reference, "float64");
  const double expected = json_number_value(json_array_get(json_object_get(run, "loss"), 0)) -
                          json_number_value(json_array_get(json_object_get(run, "data_loss"), 0));
  if (!(fabs(found - expected) <= 1e-7)) fail_msg("%.10g is not %.10g", found, expected);
  json_decref(reference);
}

static void words_and_configurations(void **state) {
  (void)state;
  static const struct {
    const char *text, *written;
    double l1, l2;
  } cases[] = {
      {"none", "none", 0, 0},
      {"null", "none", 0, 0},
      {"l2", "l2:0.01", 0, 0.01},
      {"L1:1e-5", "l1:1e-05", 1e-5, 0},
      {"l1_l2", "l1_l2:0.01,0.01", 0.01, 0.01},
      {"l1l2:0.5,1/4", "l1_l2:0.5,0.25", 0.5, 0.25},
      {"\"l2\"", "l2:0.01", 0, 0.01},
      {"{\"class_name\": \"L2\", \"config\": {\"l2\": 0.001}}", "l2:0.001", 0, 0.001},
      {"{\"module\": \"keras.regularizers\", \"class_name\": \"L1\", \"config\": {\"l1\": 2}, \"registered_name\": "
       "null}",
       "l1:2", 2, 0},
      {"{\"class_name\": \"L1L2\", \"config\": {\"l1\": 0.0, \"l2\": 0.02}}", "l2:0.02", 0, 0.02},
      {"{\"name\": \"WeightRegularizer\", \"l1\": 0.0, \"l2\": 0.0005}", "l2:0.0005", 0, 0.0005},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fv_regularizer r, again;
    char text[100];
    if (fv_regularizer_read(&r, cases[i].text)) fail_msg("%s: %s", cases[i].text, fv_error_message());
    assert_true(r.l1 == cases[i].l1 && r.l2 == cases[i].l2);
    assert_string_equal(fv_regularizer_text(text, sizeof text, &r), cases[i].written);
    assert_int_equal(fv_regularizer_read(&again, text), FV_OK);
    assert_true(again.l1 == r.l1 && again.l2 == r.l2);
  }
  static const char *const wrong[] = {
      "l2:", "l2:x", "l2:1,2", "l2:-1", "l1_l2:1,2,3", "l1:inf", "{\"class_name\": \"L2\", \"config\": {\"l2\": -1}}"};
  fv_regularizer r = {1, 1};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (fv_regularizer_read(&r, wrong[i]) != FV_ERROR_INVALID) fail_msg("%s", wrong[i]);
  assert_true(r.l1 == 0 && r.l2 == 0);
  static const char *const unknown[] = {"l3", "{}", "{\"class_name\": \"Orthogonal\"}", "12", "[1]"};
  for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
    if (fv_regularizer_read(&r, unknown[i]) != FV_ERROR_NOT_FOUND) fail_msg("%s", unknown[i]);
}

static void weights_have_theirs(void **state) {
  (void)state;
  const fv_regularizers r = {.kernel = {.l2 = 0.5}};
  const fv_weight_info kernel = {.name = "kernel", .trainable = true}, frozen = {.name = "kernel"};
  const fv_weight_info depthwise = {.name = "depthwise_kernel", .trainable = true};
  const fv_weight_info bias = {.name = "bias", .trainable = true}, gamma = {.name = "gamma", .trainable = true};
  assert_ptr_equal(fv_regularizers_of(&r, &kernel), &r.kernel);
  assert_ptr_equal(fv_regularizers_of(&r, &depthwise), &r.kernel);
  assert_null(fv_regularizers_of(&r, &frozen));
  assert_null(fv_regularizers_of(&r, &bias));
  assert_null(fv_regularizers_of(&r, &gamma));
  const fv_regularizers b = {.bias = {.l1 = 0.5}};
  assert_ptr_equal(fv_regularizers_of(&b, &bias), &b.bias);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(penalties_and_slopes),
                                     cmocka_unit_test(a_network_costs_what_it_does_in_keras),
                                     cmocka_unit_test(words_and_configurations), cmocka_unit_test(weights_have_theirs)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
