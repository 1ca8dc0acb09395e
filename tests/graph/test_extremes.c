/* The largest options there may be: little memory is taken for little work, and what is too large ends in a sentence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <fovea/fovea.h>

#undef fail

enum { FAR = 65535 };

static fv_model *model_of(fv_graph *g, fv_value y) {
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, y), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  return model;
}

static fv_plan *plan_and_run(fv_model *model) {
  fv_plan *plan;
  assert_int_equal(fv_plan_create(&plan, model, &(fv_plan_options){.threads = 1}), FV_OK);
  const fv_shape shape = fv_plan_input_shape(plan, 0);
  fv_fill_by_name(fv_plan_input(plan, 0), "image", &shape, 3, "input");
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  return plan;
}

/* Neighbours that far away are padding: what is left is the middle of the kernel. */
static void far_neighbours_are_padding(void **state) {
  (void)state;
  for (int kind = 0; kind < 3; kind++) {
    fv_graph *g = fv_graph_create();
    fv_value x = fv_input(g, .shape = {6, 5, 2});
    fv_pair far = {FAR, kind == 1 ? 1 : FAR};
    fv_value y = kind == 2 ? fv_depthwise_conv2d(g, x, .kernel_size = {3}, .dilation_rate = far, .padding = FV_SAME)
                           : fv_conv2d(g, x, .filters = 2, .kernel_size = {3, kind == 1 ? 1 : 3}, .dilation_rate = far,
                                       .padding = FV_SAME);
    fv_model *model = model_of(g, y);
    fv_plan *plan = plan_and_run(model);
    const int64_t channels = kind == 2 ? 1 : 2; /* per output */
    const float *kernel = fv_model_weight_data(model, 0), *bias = fv_model_weight_data(model, 1);
    kernel += (kind == 1 ? 1 : 4) * 2 * channels; /* the middle: [channels in][2] */
    for (int pixel = 0; pixel < 30; pixel++)
      for (int o = 0; o < 2; o++) {
        const float *in = fv_plan_input(plan, 0) + (ptrdiff_t)pixel * 2;
        const double expected =
            kind == 2 ? (double)in[o] * kernel[o] : (double)in[0] * kernel[o] + (double)in[1] * kernel[2 + o];
        assert_float_equal(fv_plan_output(plan, 0)[pixel * 2 + o], (float)(expected + (double)bias[o]), 1e-6F);
      }
    assert_true(fv_plan_memory_use(plan).scratch < 1 << 20);
    fv_plan_destroy(plan);
    fv_model_destroy(model);
  }
}

static void rows_far_apart_take_no_frame(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {64, 64, 3});
  fv_value y = fv_conv2d(g, x, .filters = 2, .kernel_size = {3}, .dilation_rate = {FAR, 1}, .padding = FV_SAME);
  fv_model *model = model_of(g, y);
  fv_plan *plan = plan_and_run(model);
  assert_true(fv_plan_memory_use(plan).scratch < 1 << 20);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

static void huge_windows_take_no_table(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {2, 2, 1});
  fv_value y = fv_conv2d(g, x, .filters = 1, .kernel_size = {1500, 1500}, .padding = FV_SAME);
  y = fv_max_pooling2d(g, y, .pool_size = {FAR, FAR}, .strides = {FAR}, .padding = FV_SAME);
  fv_model *model = model_of(g, y);
  fv_plan *plan = plan_and_run(model);
  assert_true(fv_plan_memory_use(plan).scratch < 1 << 20);
  assert_non_null(strstr(fv_plan_step(plan, 0).passed_over, "more than 65536"));
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

static void costs_end_at_the_largest_number(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {1000000, 1000000, 1});
  x = fv_conv2d(g, x, .filters = 1, .kernel_size = {3100}, .padding = FV_SAME);
  x = fv_depthwise_conv2d(g, x, .kernel_size = {3100}, .padding = FV_SAME);
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  for (int32_t i = 1; i <= 2; i++) assert_true(fv_model_layer(model, i).multiply_adds == INT64_MAX);
  fv_model_destroy(model);
}

/* Weights that no machine holds: either the pages cannot be had, or filling them is refused. */
static void weights_beyond_memory_are_refused(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {10000000});
  x = fv_dense(g, x, .units = 100000);
  fv_model *model;
  fv_status status = fv_model_create(&model, g, x);
  if (!status) {
    status = fv_model_initialize(model, "by-name:1");
    assert_non_null(strstr(fv_error_message(), "the weights need 3814697 MB"));
    fv_model_destroy(model);
  }
  assert_int_equal(status, FV_ERROR_MEMORY);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(far_neighbours_are_padding), cmocka_unit_test(rows_far_apart_take_no_frame),
      cmocka_unit_test(huge_windows_take_no_table), cmocka_unit_test(costs_end_at_the_largest_number),
      cmocka_unit_test(weights_beyond_memory_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
