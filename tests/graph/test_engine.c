/* The engine: building, Keras's order, plans in both modes, runs, and the tripwires against the easy version. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fovea/fovea.h>

#undef fail

/* A network with everything passes look for: padding, normalisation, residual sum, clamps, concatenation, a layer
 * called twice, two inputs and two outputs. */
static fv_model *build_mixture(void) {
  fv_graph *g = fv_graph_create();
  fv_value left = fv_input(g, .shape = {12, 10, 3}, .name = "left");
  fv_value right = fv_input(g, .shape = {12, 10, 3}, .name = "right");
  int32_t stem = fv_graph_add(
      g, "Conv2D",
      &(fv_conv2d_options){.filters = 8, .kernel_size = {3}, .strides = {2}, .no_bias = true, .name = "stem"});
  fv_value padded = fv_zero_padding2d(g, left, .padding = {0, 1, 0, 1}, .name = "pad");
  fv_value padded_right = fv_zero_padding2d(g, right, .padding = {0, 1, 0, 1});
  fv_value a = fv_graph_call(g, stem, &padded, 1);
  fv_value b = fv_graph_call(g, stem, &padded_right, 1);
  a = fv_batch_normalization(g, a, .name = "bn");
  a = fv_re_lu(g, a, .name = "relu");
  fv_value branch = fv_depthwise_conv2d(g, a, .kernel_size = {3}, .padding = FV_SAME, .name = "dw");
  branch = fv_batch_normalization(g, branch);
  branch = fv_re_lu(g, branch, .max_value = 6);
  branch = fv_conv2d(g, branch, .filters = 8, .kernel_size = {1}, .name = "project");
  fv_value sum = fv_add(g, {a, branch}, .name = "sum");
  sum = fv_re_lu(g, sum);
  fv_value pooled = fv_max_pooling2d(g, b, .pool_size = {3}, .strides = {1}, .padding = FV_SAME);
  fv_value joined = fv_concatenate(g, {sum, pooled, b}, .name = "joined");
  fv_value mixed = fv_conv2d(g, joined, .filters = 12, .kernel_size = {3}, .groups = 2, .activation = "tanh");
  fv_value flat = fv_flatten(g, mixed);
  fv_value classes = fv_dense(g, flat, .units = 5, .activation = "softmax", .name = "classes");
  fv_value mean = fv_global_average_pooling2d(g, joined, .name = "mean");
  fv_model *model;
  const fv_value outputs[] = {classes, mean};
  assert_int_equal(fv_model_create_with(&model, g, NULL, 0, outputs, 2), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:7"), FV_OK);
  return model;
}

static int64_t elements_of(fv_shape shape) {
  int64_t elements = 0;
  assert_int_equal(fv_shape_elements(&elements, &shape), FV_OK);
  return elements;
}

static void fill_inputs(fv_plan *plan, int32_t inputs) {
  for (int32_t i = 0; i < inputs; i++) {
    fv_shape shape = fv_plan_input_shape(plan, i);
    fv_fill_by_name(fv_plan_input(plan, i), i ? "right" : "left", &shape, 3, "input");
  }
}

static fv_plan *plan_and_run(fv_model *model, const fv_plan_options *options) {
  fv_plan *plan;
  assert_int_equal(fv_plan_create(&plan, model, options), FV_OK);
  fill_inputs(plan, fv_model_input_count(model));
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  return plan;
}

static void assert_close(const float *a, const float *b, int64_t count, double tolerance) {
  double difference = 0, size = 0;
  for (int64_t i = 0; i < count; i++) {
    difference += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    size += (double)b[i] * b[i];
  }
  assert_true(size > 0);
  assert_true(sqrt(difference / size) <= tolerance);
}

static void assert_same_outputs(const fv_model *model, fv_plan *a, fv_plan *b, double tolerance) {
  for (int32_t i = 0; i < fv_model_output_count(model); i++) {
    int64_t count = elements_of(fv_plan_output_shape(a, i));
    if (tolerance == 0)
      assert_memory_equal(fv_plan_output(a, i), fv_plan_output(b, i), (size_t)count * sizeof(float));
    else
      assert_close(fv_plan_output(a, i), fv_plan_output(b, i), count, tolerance);
  }
}

static bool has_operation(const fv_plan *plan, const char *operation) {
  for (int32_t i = 0; i < fv_plan_step_count(plan); i++)
    if (!strcmp(fv_plan_step(plan, i).operation, operation)) return true;
  return false;
}

static void passes_and_modes_agree(void **state) {
  (void)state;
  fv_model *model = build_mixture();
  for (int level = 0; level <= (int)fv_cpu_best(); level++) {
    assert_int_equal(fv_cpu_set_level((fv_cpu_level)level), FV_OK);
    fv_plan *plain = plan_and_run(model, &(fv_plan_options){.batch = 2, .without = "all"});
    fv_plan *merged = plan_and_run(model, &(fv_plan_options){.batch = 2});
    fv_plan *inspect = plan_and_run(model, &(fv_plan_options){.batch = 2, .mode = FV_PLAN_INSPECT});
    assert_same_outputs(model, merged, plain, 2e-6);
    assert_same_outputs(model, inspect, plain, 2e-6);
    assert_true(fv_plan_step_count(merged) < fv_plan_step_count(plain));
    for (int32_t pass = 0; fv_plan_pass_name(pass); pass++) {
      fv_plan *without = plan_and_run(model, &(fv_plan_options){.batch = 2, .without = fv_plan_pass_name(pass)});
      assert_same_outputs(model, without, plain, 2e-6);
      fv_plan_destroy(without);
    }
    fv_plan_destroy(plain);
    fv_plan_destroy(merged);
    fv_plan_destroy(inspect);
  }
  fv_model_destroy(model);
}

static void merged_plans_have_no_passing_work(void **state) {
  (void)state;
  fv_model *model = build_mixture();
  fv_plan *plan = plan_and_run(model, NULL);
  assert_false(has_operation(plan, "copy"));        /* concatenation writes in place */
  assert_false(has_operation(plan, "zero border")); /* padding is the convolution's */
  assert_false(has_operation(plan, "affine"));      /* normalisation is folded */
  assert_false(has_operation(plan, "binary"));      /* the sum is a residual */
  assert_int_equal(fv_plan_step_count(plan), 10);
  fv_plan *plain = plan_and_run(model, &(fv_plan_options){.without = "all"});
  assert_true(fv_plan_memory_use(plan).buffers < fv_plan_memory_use(plain).buffers);
  assert_true(fv_plan_memory_use(plan).activations < fv_plan_memory_use(plain).activations);
  fv_plan_destroy(plan);
  fv_plan_destroy(plain);
  fv_model_destroy(model);
}

static void threads_do_not_change_bits(void **state) {
  (void)state;
  fv_model *model = build_mixture();
  fv_plan *one = plan_and_run(model, &(fv_plan_options){.batch = 3, .threads = 1});
  for (int32_t threads = 2; threads <= 3; threads++) {
    fv_plan *more = plan_and_run(model, &(fv_plan_options){.batch = 3, .threads = threads});
    assert_same_outputs(model, one, more, 0);
    assert_int_equal(fv_run(more, NULL), FV_OK); /* the second run gives the same */
    assert_same_outputs(model, one, more, 0);
    fv_plan_destroy(more);
  }
  fv_plan_destroy(one);
  fv_model_destroy(model);
}

static void two_batch_sizes_of_one_model(void **state) {
  (void)state;
  fv_model *model = build_mixture();
  fv_plan *two = plan_and_run(model, &(fv_plan_options){.batch = 2});
  fv_plan *one;
  assert_int_equal(fv_plan_create(&one, model, &(fv_plan_options){.batch = 1}), FV_OK);
  int64_t each = elements_of(fv_plan_output_shape(one, 0)), pixels = elements_of(fv_plan_input_shape(one, 0));
  for (int image = 0; image < 2; image++) {
    for (int32_t i = 0; i < 2; i++)
      memcpy(fv_plan_input(one, i), fv_plan_input(two, i) + image * pixels, (size_t)pixels * sizeof(float));
    assert_int_equal(fv_run(one, NULL), FV_OK);
    assert_close(fv_plan_output(two, 0) + image * each, fv_plan_output(one, 0), each, 1e-6);
  }
  fv_plan_destroy(one);
  fv_plan_destroy(two);
  fv_model_destroy(model);
}

static void a_plan_outlives_its_model(void **state) {
  (void)state;
  fv_model *model = build_mixture();
  fv_plan *plan;
  assert_int_equal(fv_plan_create(&plan, model, NULL), FV_OK);
  fv_model_destroy(model);
  fill_inputs(plan, 2);
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  assert_true(fabs((double)fv_plan_output(plan, 0)[0]) <= 1);
  fv_plan_destroy(plan);
}

static void changed_weights_end_old_plans(void **state) {
  (void)state;
  fv_model *model = build_mixture();
  fv_plan *plan = plan_and_run(model, NULL);
  fv_model_weight_data(model, 0)[0] += 1;
  fv_model_weights_changed(model);
  assert_int_equal(fv_run(plan, NULL), FV_ERROR_STATE);
  fv_plan *fresh = plan_and_run(model, NULL);
  int64_t count = elements_of(fv_plan_output_shape(fresh, 1));
  assert_memory_not_equal(fv_plan_output(plan, 1), fv_plan_output(fresh, 1), (size_t)count * sizeof(float));
  fv_plan_destroy(plan);
  fv_plan_destroy(fresh);
  fv_model_destroy(model);
}

static fv_value node_called(const fv_model *model, const char *name) {
  int32_t layer = fv_model_find_layer(model, name);
  assert_true(layer >= 0);
  return (fv_value){fv_model_layer(model, layer).nodes[0], 0};
}

static float *read_value(const fv_plan *plan, fv_value value, int64_t *count) {
  *count = elements_of(fv_plan_shape(plan, value));
  float *numbers = malloc((size_t)*count * sizeof *numbers);
  assert_non_null(numbers);
  assert_int_equal(fv_plan_read(plan, value, numbers), FV_OK);
  return numbers;
}

static void a_run_may_start_and_stop_anywhere(void **state) {
  (void)state;
  fv_model *model = build_mixture();
  const fv_plan_options inspect = {.mode = FV_PLAN_INSPECT};
  fv_plan *whole = plan_and_run(model, &inspect), *part;
  const char *const names[] = {"stem", "bn", "relu", "dw", "project", "sum", "joined"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    fv_value value = node_called(model, names[i]);
    int64_t count, again;
    float *numbers = read_value(whole, value, &count);

    /* until: that value is as in the whole run */
    assert_int_equal(fv_plan_create(&part, model, &inspect), FV_OK);
    fill_inputs(part, 2);
    assert_int_equal(fv_run(part, &(fv_run_options){.until = value}), FV_OK);
    float *stopped = read_value(part, value, &again);
    assert_memory_equal(numbers, stopped, (size_t)count * sizeof(float));
    free(stopped);

    /* from, before any whole run: the other inputs are still needed */
    assert_int_equal(fv_run(part, &(fv_run_options){.from = value, .from_data = numbers}), FV_OK);
    assert_same_outputs(model, part, whole, 0);

    /* from with other data changes the answer; with the old data it comes back */
    assert_int_equal(fv_run(part, NULL), FV_OK);
    float *zeros = calloc((size_t)count, sizeof *zeros);
    assert_int_equal(fv_run(part, &(fv_run_options){.from = value, .from_data = zeros}), FV_OK);
    assert_memory_not_equal(fv_plan_output(part, 1), fv_plan_output(whole, 1), 8 * sizeof(float));
    assert_int_equal(fv_run(part, &(fv_run_options){.from = value, .from_data = numbers}), FV_OK);
    assert_same_outputs(model, part, whole, 0);
    free(zeros);
    free(numbers);
    fv_plan_destroy(part);
  }
  fv_plan_destroy(whole);
  fv_model_destroy(model);
}

static bool stop_at_third(void *context, const fv_step_event *event) {
  int *calls = context;
  (*calls)++;
  return event->step < 2;
}

static void a_callback_may_stop_a_run(void **state) {
  (void)state;
  fv_model *model = build_mixture();
  fv_plan *plan = plan_and_run(model, NULL);
  int calls = 0;
  assert_int_equal(fv_run(plan, &(fv_run_options){.callback = stop_at_third, .context = &calls}), FV_ERROR_STOPPED);
  assert_int_equal(calls, 3);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

static void the_memory_limit_names_a_batch(void **state) {
  (void)state;
  fv_model *model = build_mixture();
  fv_plan *plan;
  fv_plan_options options = {.batch = 64, .memory_limit = 200000, .threads = 1};
  assert_int_equal(fv_plan_create(&plan, model, &options), FV_ERROR_MEMORY);
  assert_null(plan);
  const char *of = strstr(fv_error_message(), "a batch of 64 needs"),
             *fits = strstr(fv_error_message(), ": a batch of ");
  assert_non_null(of);
  assert_non_null(fits);
  options.batch = atoi(fits + strlen(": a batch of "));
  assert_true(options.batch >= 1 && options.batch < 64);
  assert_int_equal(fv_plan_create(&plan, model, &options), FV_OK);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

static void first_failure_sticks(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {8, 8, 3});
  x = fv_conv2d(g, x, .filters = 4, .kernel_size = {9}, .name = "too_large");
  assert_int_equal(x.node, 0);
  x = fv_flatten(g, x);
  x = fv_dense(g, x, .units = 2);
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_ERROR_SHAPE);
  assert_null(model);
  assert_non_null(strstr(fv_error_message(), "too_large"));

  g = fv_graph_create();
  x = fv_input(g, .shape = {8, 8, 3});
  x = fv_conv2d(g, x, .kernel_size = {3});
  assert_int_equal(fv_graph_status(g), FV_ERROR_INVALID);
  assert_non_null(strstr(fv_error_message(), "filters must be given"));
  fv_graph_destroy(g);
  assert_int_equal(fv_model_create(&model, NULL, x), FV_ERROR_MEMORY);
}

static void wrong_graphs_are_refused(void **state) {
  (void)state;
  fv_model *model;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {4, 4, 3}, .name = "same");
  assert_int_equal(fv_re_lu(g, x, .name = "same").node, 0);
  assert_int_equal(fv_model_create(&model, g, x), FV_ERROR_INVALID);
  assert_non_null(strstr(fv_error_message(), "two layers are called 'same'"));

  g = fv_graph_create();
  x = fv_input(g, .shape = {4, 4, 3});
  assert_int_equal(fv_graph_build(g, "LSTM", &(fv_flatten_options){.input = x}).node, 0);
  assert_int_equal(fv_model_create(&model, g, x), FV_ERROR_UNSUPPORTED);

  g = fv_graph_create();
  x = fv_input(g, .shape = {4, 4, 3});
  assert_int_equal(fv_model_create(&model, g, (fv_value){99, 0}), FV_ERROR_INVALID);

  g = fv_graph_create(); /* a layer called again with other channels */
  fv_value y = fv_input(g, .shape = {4, 4, 5});
  x = fv_input(g, .shape = {4, 4, 3});
  int32_t conv = fv_graph_add(g, "Conv2D", &(fv_conv2d_options){.filters = 2, .kernel_size = {1}});
  assert_int_not_equal(fv_graph_call(g, conv, &x, 1).node, 0);
  assert_int_equal(fv_graph_call(g, conv, &y, 1).node, 0);
  assert_int_equal(fv_graph_status(g), FV_ERROR_SHAPE);
  fv_graph_destroy(g);
}

static void names_are_numbered_by_class(void **state) {
  (void)state;
  for (int from_one = 0; from_one < 2; from_one++) {
    fv_graph *g = fv_graph_create();
    if (from_one) fv_graph_number_names_from_one(g);
    fv_value x = fv_input(g, .shape = {8, 8, 3});
    x = fv_conv2d(g, x, .filters = 2, .kernel_size = {1});
    x = fv_conv2d(g, x, .filters = 2, .kernel_size = {1}, .name = "mine");
    x = fv_conv2d(g, x, .filters = 2, .kernel_size = {1});
    fv_model *model;
    assert_int_equal(fv_model_create(&model, g, x), FV_OK);
    assert_string_equal(fv_model_layer(model, 0).name, from_one ? "input_layer_1" : "input_layer");
    assert_string_equal(fv_model_layer(model, 1).name, from_one ? "conv2d_1" : "conv2d");
    assert_string_equal(fv_model_layer(model, 2).name, "mine");
    assert_string_equal(fv_model_layer(model, 3).name, from_one ? "conv2d_2" : "conv2d_1");
    fv_model_destroy(model);
  }
}

/* A ResNet block is listed 1_conv ... 2_relu, then 0_conv, 3_conv, 0_bn, 3_bn: by depth, not as created. */
static void layers_are_in_keras_order(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {8, 8, 4}, .name = "in"), y = x;
  fv_value shortcut = fv_conv2d(g, x, .filters = 8, .kernel_size = {1}, .name = "0_conv");
  shortcut = fv_batch_normalization(g, shortcut, .name = "0_bn");
  y = fv_conv2d(g, y, .filters = 4, .kernel_size = {1}, .name = "1_conv");
  y = fv_batch_normalization(g, y, .name = "1_bn");
  y = fv_conv2d(g, y, .filters = 8, .kernel_size = {1}, .name = "3_conv");
  y = fv_batch_normalization(g, y, .name = "3_bn");
  y = fv_add(g, {shortcut, y}, .name = "add");
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, y), FV_OK);
  const char *const expected[] = {"in", "1_conv", "1_bn", "0_conv", "3_conv", "0_bn", "3_bn", "add"};
  assert_int_equal(fv_model_layer_count(model), 8);
  for (int32_t i = 0; i < 8; i++) assert_string_equal(fv_model_layer(model, i).name, expected[i]);
  fv_model_destroy(model);
}

static void unused_nodes_are_left_out(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {4, 4, 2});
  fv_value y = fv_conv2d(g, x, .filters = 3, .kernel_size = {1}, .name = "used");
  (void)fv_conv2d(g, y, .filters = 3, .kernel_size = {1}, .name = "unused");
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, y), FV_OK);
  assert_int_equal(fv_model_layer_count(model), 2);
  assert_int_equal(fv_model_find_layer(model, "unused"), -1);
  assert_int_equal(fv_model_parameters(model), 9);
  fv_model_destroy(model);
}

static void open_extents_are_fixed_when_planned(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {-1, -1, 3}, .name = "left");
  fv_value y = fv_conv2d(g, x, .filters = 3, .kernel_size = {3}, .strides = {2}, .padding = FV_SAME);
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, y), FV_OK);
  assert_int_equal(fv_model_initialize(model, "random:1"), FV_OK);
  fv_plan *plan;
  assert_int_equal(fv_plan_create(&plan, model, NULL), FV_ERROR_SHAPE);
  for (int64_t side = 1; side < 40; side += 6) {
    fv_shape shape = {4, {2, side, side + 1, 3}};
    assert_int_equal(fv_plan_create(&plan, model, &(fv_plan_options){.input_shapes = &shape}), FV_OK);
    assert_int_equal(fv_plan_output_shape(plan, 0).dims[1], (side + 1) / 2);
    assert_int_equal(fv_plan_output_shape(plan, 0).dims[2], (side + 2) / 2);
    fill_inputs(plan, 1);
    assert_int_equal(fv_run(plan, NULL), FV_OK);
    fv_plan_destroy(plan);
  }
  fv_shape wrong = {4, {2, 8, 8, 4}};
  assert_int_equal(fv_plan_create(&plan, model, &(fv_plan_options){.input_shapes = &wrong}), FV_ERROR_SHAPE);
  fv_model_destroy(model);
}

static void outputs_may_be_inputs_and_slices(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {4, 3, 2}, .name = "left");
  fv_value a = fv_conv2d(g, x, .filters = 3, .kernel_size = {1}), b = fv_conv2d(g, x, .filters = 2, .kernel_size = {1});
  fv_value both = fv_concatenate(g, {a, b, a});
  fv_value still = fv_dropout(g, x, .rate = 0.5);
  fv_model *model;
  const fv_value outputs[] = {both, a, still, both};
  assert_int_equal(fv_model_create_with(&model, g, NULL, 0, outputs, 4), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  fv_plan *plan = plan_and_run(model, NULL);
  for (int pixel = 0; pixel < 12; pixel++)
    for (int c = 0; c < 3; c++) {
      assert_true(fv_plan_output(plan, 0)[pixel * 8 + c] == fv_plan_output(plan, 1)[pixel * 3 + c]);
      assert_true(fv_plan_output(plan, 0)[pixel * 8 + 5 + c] == fv_plan_output(plan, 1)[pixel * 3 + c]);
    }
  assert_memory_equal(fv_plan_output(plan, 2), fv_plan_input(plan, 0), 24 * sizeof(float));
  assert_memory_equal(fv_plan_output(plan, 3), fv_plan_output(plan, 0), 96 * sizeof(float));
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(passes_and_modes_agree),
      cmocka_unit_test(merged_plans_have_no_passing_work),
      cmocka_unit_test(threads_do_not_change_bits),
      cmocka_unit_test(two_batch_sizes_of_one_model),
      cmocka_unit_test(a_plan_outlives_its_model),
      cmocka_unit_test(changed_weights_end_old_plans),
      cmocka_unit_test(a_run_may_start_and_stop_anywhere),
      cmocka_unit_test(a_callback_may_stop_a_run),
      cmocka_unit_test(the_memory_limit_names_a_batch),
      cmocka_unit_test(first_failure_sticks),
      cmocka_unit_test(wrong_graphs_are_refused),
      cmocka_unit_test(names_are_numbered_by_class),
      cmocka_unit_test(layers_are_in_keras_order),
      cmocka_unit_test(unused_nodes_are_left_out),
      cmocka_unit_test(open_extents_are_fixed_when_planned),
      cmocka_unit_test(outputs_may_be_inputs_and_slices),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
