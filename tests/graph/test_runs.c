/* Runs that start and stop within a plan: each sees the network as its inputs and its own `from` make it, and nothing
 * of runs before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fovea/fovea.h>

#undef fail

enum { PIXELS = 6 * 5 };

static const float ZEROS[PIXELS * 16];

static fv_model *model_of(fv_graph *g, const fv_value *outputs, int32_t count) {
  fv_model *model;
  assert_int_equal(fv_model_create_with(&model, g, NULL, 0, outputs, count), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:2"), FV_OK);
  return model;
}

static fv_plan *inspect(fv_model *model) {
  fv_plan *plan;
  assert_int_equal(fv_plan_create(&plan, model, &(fv_plan_options){.threads = 1, .mode = FV_PLAN_INSPECT}), FV_OK);
  const fv_shape shape = fv_plan_input_shape(plan, 0);
  fv_fill_by_name(fv_plan_input(plan, 0), "image", &shape, 3, "input");
  return plan;
}

static bool is_zero(const float *numbers, int64_t count) {
  while (count > 0 && numbers[count - 1] == 0) count--;
  return count == 0;
}

/* With zeros for `from`, output 0, which does not read it, stays; output 1, which reads nothing else, is zero. */
static void check_ablation(fv_model *model, fv_value from, int64_t count) {
  for (int whole_before = 0; whole_before < 2; whole_before++) {
    fv_plan *whole = inspect(model), *plan = inspect(model);
    assert_int_equal(fv_run(whole, NULL), FV_OK);
    if (whole_before) assert_int_equal(fv_run(plan, NULL), FV_OK);
    assert_int_equal(fv_run(plan, &(fv_run_options){.from = from, .from_data = ZEROS}), FV_OK);
    assert_false(is_zero(fv_plan_output(whole, 0), count));
    assert_memory_equal(fv_plan_output(plan, 0), fv_plan_output(whole, 0), (size_t)count * sizeof(float));
    assert_false(is_zero(fv_plan_output(whole, 1), count));
    assert_true(is_zero(fv_plan_output(plan, 1), count));
    fv_plan_destroy(whole);
    fv_plan_destroy(plan);
  }
}

/* Layers that only look at the memory of the one before: another reader of that must not see what is put there. */
static void a_start_is_seen_behind_it_only(void **state) {
  (void)state;
  for (int kind = 0; kind < 4; kind++) {
    fv_graph *g = fv_graph_create();
    fv_value x = fv_conv2d(g, fv_input(g, .shape = {6, 5, 3}), .filters = 4, .kernel_size = {1}), look;
    switch (kind) {
    case 0: look = fv_dropout(g, x, .rate = 0.5); break;
    case 1: look = fv_reshape(g, x, .target_shape = {5, 6, 4}); break;
    case 2: look = fv_cropping2d(g, x, .cropping = {1, 1, 1, 1}); break;
    default: look = fv_zero_padding2d(g, x); break;
    }
    const fv_value outputs[] = {fv_global_max_pooling2d(g, x), fv_global_max_pooling2d(g, look)};
    fv_model *model = model_of(g, outputs, 2);
    check_ablation(model, look, 4);
    fv_model_destroy(model);
  }
}

/* As in DenseNet: x is part of a concatenation and read by others too. */
static void a_start_at_a_concatenation_leaves_its_parts(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_conv2d(g, fv_input(g, .shape = {6, 5, 3}), .filters = 8, .kernel_size = {1});
  fv_value y = fv_concatenate(g, {x, fv_conv2d(g, x, .filters = 8, .kernel_size = {3}, .padding = FV_SAME)});
  const fv_value outputs[] = {fv_global_max_pooling2d(g, x), fv_global_max_pooling2d(g, y)};
  fv_model *model = model_of(g, outputs, 2);
  check_ablation(model, y, 8);
  fv_model_destroy(model);
}

/* Starting here, then there: the second run knows nothing of the first. */
static void starts_do_not_add_up(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {6, 5, 3});
  fv_value a = fv_conv2d(g, x, .filters = 4, .kernel_size = {1}), b = fv_conv2d(g, x, .filters = 4, .kernel_size = {3});
  const fv_value outputs[] = {fv_global_max_pooling2d(g, a), fv_global_max_pooling2d(g, b)};
  fv_model *model = model_of(g, outputs, 2);
  fv_plan *whole = inspect(model), *plan = inspect(model);
  assert_int_equal(fv_run(whole, NULL), FV_OK);
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  for (int i = 0; i < 4; i++) {
    const fv_value from = i % 2 ? b : a;
    assert_int_equal(fv_run(plan, &(fv_run_options){.from = from, .from_data = ZEROS}), FV_OK);
    assert_true(is_zero(fv_plan_output(plan, i % 2), 4));
    assert_memory_equal(fv_plan_output(plan, 1 - i % 2), fv_plan_output(whole, 1 - i % 2), 4 * sizeof(float));
  }
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  for (int i = 0; i < 2; i++) assert_memory_equal(fv_plan_output(plan, i), fv_plan_output(whole, i), 4 * sizeof(float));
  fv_plan_destroy(whole);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

static bool stop_at_once(void *context, const fv_step_event *event) {
  (void)context, (void)event;
  return false;
}

static void only_what_was_computed_can_be_read(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {6, 5, 3});
  fv_value a = fv_conv2d(g, x, .filters = 4, .kernel_size = {1}), b = fv_re_lu(g, a), c = fv_softmax(g, b);
  fv_model *model = model_of(g, &c, 1);
  fv_plan *plan = inspect(model);
  float numbers[PIXELS * 4];
  assert_int_equal(fv_plan_read(plan, x, numbers), FV_OK);
  assert_int_equal(fv_plan_read(plan, a, numbers), FV_ERROR_STATE);
  assert_int_equal(fv_run(plan, &(fv_run_options){.until = b}), FV_OK);
  assert_int_equal(fv_plan_read(plan, a, numbers), FV_OK);
  assert_int_equal(fv_plan_read(plan, b, numbers), FV_OK);
  assert_int_equal(fv_plan_read(plan, c, numbers), FV_ERROR_STATE);
  assert_non_null(strstr(fv_error_message(), "has not been computed"));
  assert_int_equal(fv_run(plan, &(fv_run_options){.from = b, .from_data = ZEROS}), FV_OK);
  assert_int_equal(fv_plan_read(plan, a, numbers), FV_ERROR_STATE);
  assert_int_equal(fv_plan_read(plan, b, numbers), FV_OK);
  assert_int_equal(fv_plan_read(plan, c, numbers), FV_OK);
  assert_float_equal(numbers[0], 0.25, 1e-6);
  assert_int_equal(fv_run(plan, &(fv_run_options){.callback = stop_at_once}), FV_ERROR_STOPPED);
  assert_int_equal(fv_plan_read(plan, a, numbers), FV_OK);
  assert_int_equal(fv_plan_read(plan, b, numbers), FV_ERROR_STATE);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_start_is_seen_behind_it_only), cmocka_unit_test(a_start_at_a_concatenation_leaves_its_parts),
      cmocka_unit_test(starts_do_not_add_up), cmocka_unit_test(only_what_was_computed_can_be_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
