/* Heat and channels against TensorFlow's gradients of the same network in Keras (tests/golden/make_explain.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "explain/small.h"
#include "support/golden.h"

static fv_model *network(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {12, 10, 3}, .name = "picture");
  x = fv_conv2d(g, x, .filters = 6, .kernel_size = {3}, .padding = FV_SAME, .activation = "relu", .name = "edges");
  x = fv_max_pooling2d(g, fv_batch_normalization(g, x, .name = "norm"), .name = "pool");
  fv_value parts = fv_separable_conv2d(g, x, .filters = 6, .kernel_size = {3}, .padding = FV_SAME, .activation = "relu",
                                       .name = "parts");
  x = fv_add(g, {parts, x}, .name = "sum");
  x = fv_conv2d(g, x, .filters = 8, .kernel_size = {3}, .strides = {2}, .padding = FV_SAME, .activation = "relu",
                .name = "things");
  x = fv_dropout(g, fv_global_average_pooling2d(g, x, .name = "mean"), .rate = 0.5, .name = "drop");
  x = fv_dense(g, x, .units = 4, .activation = "softmax", .name = "answer");
  fv_model *model;
  if (fv_model_create(&model, g, x)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  return model;
}

static void compare(const char *what, const char *layer, const float *found, const json_t *expected, int64_t count) {
  assert_int_equal(json_array_size(expected), count);
  for (int64_t i = 0; i < count; i++) {
    const double number = json_number_value(json_array_get(expected, (size_t)i));
    if (!(fabs((double)found[i] - number) <= 2e-6 + 2e-5 * fabs(number)))
      fail_msg("%s at %s [%d]: %.8g, TensorFlow says %.8g", what, layer, (int)i, (double)found[i], number);
  }
}

static void check_case(const fv_activations *seen, const fv_plan *plan, const json_t *item) {
  const char *layer = json_string_value(json_object_get(item, "layer"));
  const json_t *against = json_object_get(item, "against");
  fv_explain_options options = {.score = {.index = json_integer_value(json_object_get(item, "index")),
                                          .is_against = json_is_integer(against),
                                          .against = json_integer_value(against)}};
  const float *logits = fv_plan_logits(plan, 0);
  const float score = logits[options.score.index] - (options.score.is_against ? logits[options.score.against] : 0);
  assert_float_equal(score, (float)json_number_value(json_object_get(item, "score")), 1e-5);
  const fv_value value = value_of(seen->model, layer);
  static const char *const names[] = {"gradcam", "hires"};
  for (int kind = 0; kind < 2; kind++) {
    options.heat = kind ? FV_HEAT_HIRES : FV_HEAT_GRADCAM;
    fv_tensor heat;
    assert_int_equal(fv_explain_heat(&heat, seen, &value, 1, &options), FV_OK);
    compare(names[kind], layer, heat.data, json_object_get(item, names[kind]), elements_of(&heat.shape));
    fv_tensor_destroy(&heat);
  }
  float channels[8];
  assert_int_equal(fv_explain_channels(channels, seen, value, &options), FV_OK);
  compare("channels", layer, channels, json_object_get(item, "channels"), seen->shapes[value.node - 1].dims[3]);
}

/* Heat at several layers from one run back is that of each alone: also where a relu lies between them. */
static void check_together(const fv_activations *seen) {
  static const char *const layers[] = {"edges", "norm", "parts", "sum", "things"};
  enum { LAYERS = sizeof layers / sizeof *layers };
  const fv_explain_options options = {.score = {.index = 1}};
  fv_value values[LAYERS];
  fv_tensor together[LAYERS], alone;
  for (int i = 0; i < LAYERS; i++) values[i] = value_of(seen->model, layers[i]);
  assert_int_equal(fv_explain_heat(together, seen, values, LAYERS, &options), FV_OK);
  for (int i = 0; i < LAYERS; i++) {
    assert_int_equal(fv_explain_heat(&alone, seen, &values[i], 1, &options), FV_OK);
    for (int64_t k = 0; k < elements_of(&alone.shape); k++)
      assert_float_equal(alone.data[k], together[i].data[k], 1e-6);
    fv_tensor_destroy(&alone);
    fv_tensor_destroy(&together[i]);
  }
}

static void heat_and_channels_equal_tensorflow(void **state) {
  (void)state;
  json_t *golden = golden_json("explain.json");
  if (!golden) skip();
  fv_model *model = network();
  fv_plan *plan;
  assert_int_equal(fv_plan_create(&plan, model, &(fv_plan_options){.mode = FV_PLAN_INSPECT}), FV_OK);
  const fv_shape shape = fv_plan_input_shape(plan, 0);
  fv_fill_by_name(fv_plan_input(plan, 0), "input", &shape, 1, "input");
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  fv_activations seen;
  assert_int_equal(fv_activations_lend(&seen, plan, model), FV_OK);
  const json_t *cases = json_object_get(golden, "cases");
  assert_int_equal(json_array_size(cases), 12);
  for (size_t i = 0; i < json_array_size(cases); i++) check_case(&seen, plan, json_array_get(cases, i));
  check_together(&seen);
  fv_activations_destroy(&seen);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
  json_decref(golden);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(heat_and_channels_equal_tensorflow)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
