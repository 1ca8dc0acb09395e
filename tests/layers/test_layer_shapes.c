/* What layers accept and refuse, in words; and what needs no file to know: functions, merging, windows. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers/layer.h"
#include "support/golden.h"

#include <cmocka.h>

/* The graph must have failed with this status and these words. */
static void refused(fv_graph *graph, fv_status status, const char *words) {
  fv_status found = fv_graph_status(graph);
  if (found != status || !strstr(fv_error_message(), words))
    fail_msg("expected %s with '%s', found %s: %s", fv_status_name(status), words, fv_status_name(found),
             fv_error_message());
  fv_graph_destroy(graph);
}

static fv_graph *start(fv_value *x, int32_t height, int32_t width, int32_t channels) {
  fv_graph *graph = fv_graph_create();
  *x = fv_input(graph, .shape = {height, width, channels});
  return graph;
}

static void convolutions_refuse(void **state) {
  (void)state;
  fv_value x;
  fv_graph *g = start(&x, 8, 8, 6);
  fv_conv2d(g, x, .filters = 8, .kernel_size = {3}, .groups = 4);
  refused(g, FV_ERROR_SHAPE, "6 input channels do not divide into 4 groups");
  g = start(&x, 8, 8, 6);
  fv_conv2d(g, x, .filters = 8, .kernel_size = {3}, .groups = 3);
  refused(g, FV_ERROR_SHAPE, "8 filters do not divide into 3 groups");
  g = start(&x, 8, 4, 6);
  fv_conv2d(g, x, .filters = 8, .kernel_size = {3, 5}, .name = "wide");
  refused(g, FV_ERROR_SHAPE, "wide: width: a window of 5 pixels does not fit into an input of 4");
  g = start(&x, 8, 8, 6);
  fv_conv2d(g, x, .filters = 8, .kernel_size = {5}, .dilation_rate = {2});
  refused(g, FV_ERROR_SHAPE, "a window of 9 pixels does not fit into an input of 8");
  g = start(&x, 8, 8, 6);
  fv_conv2d(g, x, .filters = 8, .kernel_size = {3}, .activation = "sine");
  refused(g, FV_ERROR_UNSUPPORTED, "unknown activation 'sine'");
  g = start(&x, 8, 8, 6);
  fv_conv2d(g, x, .filters = 8, .kernel_size = {3}, .strides = {-1});
  refused(g, FV_ERROR_INVALID, "strides must be between 1 and");
  g = start(&x, 8, 8, 6);
  fv_conv2d(g, x, .filters = 8);
  refused(g, FV_ERROR_INVALID, "kernel_size must be given");
  g = start(&x, 8, 8, -1);
  fv_conv2d(g, x, .filters = 8, .kernel_size = {3});
  refused(g, FV_ERROR_SHAPE, "known number of channels");
  g = start(&x, 8, 8, 6);
  fv_depthwise_conv2d(g, fv_flatten(g, x), .kernel_size = {3});
  refused(g, FV_ERROR_SHAPE, "expected images (batch, height, width, channels)");
}

/* Sizes that multiply beyond what a value may have are refused, not wrapped around. */
static void sizes_do_not_overflow(void **state) {
  (void)state;
  fv_value x;
  fv_graph *g = start(&x, 1 << 20, 1 << 20, 3);
  refused(g, FV_ERROR_SHAPE, "more than 1099511627776 elements");
  g = start(&x, 65535, 65535, 64);
  fv_conv2d(g, x, .filters = INT32_MAX, .kernel_size = {65535}, .padding = FV_SAME);
  refused(g, FV_ERROR_SHAPE, "elements");
  g = start(&x, 4, 4, 1 << 20);
  fv_depthwise_conv2d(g, x, .kernel_size = {3}, .depth_multiplier = INT32_MAX);
  refused(g, FV_ERROR_SHAPE, "elements");
  g = start(&x, 4, 4, 1);
  fv_dense(g, fv_flatten(g, x), .units = INT32_MAX);
  assert_int_equal(fv_graph_status(g), FV_OK); /* 2^31 outputs are legal, a plan will ask for their memory */
  fv_graph_destroy(g);
}

static void other_layers_refuse(void **state) {
  (void)state;
  fv_value x;
  fv_graph *g = start(&x, 4, 6, 8);
  fv_batch_normalization(g, x, .axis = 4);
  refused(g, FV_ERROR_SHAPE, "axis 4 does not exist");
  g = fv_graph_create();
  x = fv_input(g, .shape = {-1, 6, 8});
  fv_batch_normalization(g, x, .axis = 1);
  refused(g, FV_ERROR_SHAPE, "the extent of axis 1, which it normalises along, must be known");
  g = start(&x, 4, 6, 8);
  fv_reshape(g, x, .target_shape = {7, -1});
  refused(g, FV_ERROR_SHAPE, "192 numbers");
  g = start(&x, 4, 6, 8);
  fv_reshape(g, x, .target_shape = {-1, -1});
  refused(g, FV_ERROR_INVALID, "-1 twice");
  g = start(&x, 4, 6, 8);
  fv_reshape(g, x, .target_shape = {2, 2, 6, 8});
  refused(g, FV_ERROR_UNSUPPORTED, "1 to 4 axes, not 5");
  g = start(&x, 4, 6, 8);
  fv_add(g, {x, fv_max_pooling2d(g, x)});
  refused(g, FV_ERROR_SHAPE, "do not fit each other");
  g = start(&x, 4, 6, 8);
  fv_add(g, {x});
  refused(g, FV_ERROR_INVALID, "at least 2 inputs, found 1");
  g = start(&x, 4, 6, 8);
  fv_concatenate(g, {x, fv_max_pooling2d(g, x)});
  refused(g, FV_ERROR_SHAPE, "differ along axis 1, only axis 3 may");
  g = start(&x, 4, 6, 8);
  fv_concatenate(g, {x, x}, .axis = 4);
  refused(g, FV_ERROR_SHAPE, "axis 4 does not exist");
  g = start(&x, 4, 6, 8);
  fv_concatenate(g, {x, x}, .axis = FV_ZERO);
  refused(g, FV_ERROR_UNSUPPORTED, "axis 0 is the batch");
  g = start(&x, 4, 6, 8);
  fv_dropout(g, x, .rate = 1.5);
  refused(g, FV_ERROR_INVALID, "rate must be between 0 and 1, not 1.5");
  g = fv_graph_create();
  fv_input(g, .shape = {4}, .dtype = "string");
  refused(g, FV_ERROR_UNSUPPORTED, "type 'string'");
}

static void check_shape(const fv_graph *graph, fv_value value, const char *expected) {
  char text[128];
  fv_shape shape = fv_graph_shape(graph, value);
  assert_string_equal(fv_shape_text(text, sizeof text, &shape), expected);
}

static void shapes_follow_keras(void **state) {
  (void)state;
  fv_value x;
  fv_graph *g = start(&x, 7, 10, 3);
  check_shape(g, fv_conv2d(g, x, .filters = 5, .kernel_size = {3, 2}, .strides = {2}), "(?, 3, 5, 5)");
  check_shape(g, fv_conv2d(g, x, .filters = 5, .kernel_size = {3}, .strides = {2, 3}, .padding = FV_SAME),
              "(?, 4, 4, 5)");
  check_shape(g, fv_depthwise_conv2d(g, x, .kernel_size = {3}, .depth_multiplier = 4), "(?, 5, 8, 12)");
  check_shape(g, fv_max_pooling2d(g, x), "(?, 3, 5, 3)");
  check_shape(g, fv_average_pooling2d(g, x, .pool_size = {3}, .strides = {1}), "(?, 5, 8, 3)");
  check_shape(g, fv_global_max_pooling2d(g, x, .keepdims = true), "(?, 1, 1, 3)");
  check_shape(g, fv_zero_padding2d(g, x, .padding = {1, 2, 3, 4}), "(?, 10, 17, 3)");
  check_shape(g, fv_zero_padding2d(g, x), "(?, 9, 12, 3)");
  check_shape(g, fv_flatten(g, x), "(?, 210)");
  check_shape(g, fv_reshape(g, x, .target_shape = {-1, 6}), "(?, 35, 6)");
  check_shape(g, fv_concatenate(g, {x, x, x}, .axis = 2), "(?, 7, 30, 3)");
  check_shape(g, fv_dense(g, x, .units = 9), "(?, 7, 10, 9)");
  check_shape(g, fv_add(g, {fv_global_average_pooling2d(g, x), x}), "(?, 7, 10, 3)");
  fv_value open = fv_input(g, .shape = {-1, -1, 3});
  check_shape(g, fv_conv2d(g, open, .filters = 5, .kernel_size = {3}), "(?, ?, ?, 5)");
  check_shape(g, fv_flatten(g, open), "(?, ?)");
  check_shape(g, fv_concatenate(g, {x, open}), "(?, 7, 10, 6)");
  assert_int_equal(fv_graph_status(g), FV_OK);
  fv_graph_destroy(g);
}

/* Runs a graph of one input and one output on these numbers. */
static void run(fv_graph *graph, fv_value output, const float *in, int64_t in_count, float *out, int64_t out_count) {
  fv_model *model;
  fv_plan *plan;
  if (fv_model_create(&model, graph, output)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_plan_create(&plan, model, NULL), FV_OK);
  memcpy(fv_plan_input(plan, 0), in, (size_t)in_count * sizeof *in);
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  memcpy(out, fv_plan_output(plan, 0), (size_t)out_count * sizeof *out);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

enum { POINTS = 10 };
static const float points[POINTS] = {-7.0f, -2.0f, -0.75f, -0.3f, 0.0f, 0.2f, 0.6f, 1.5f, 4.0f, 9.0f};

/* Values worked out from each function's definition in double precision. */
static const struct {
  const char *word;
  double values[POINTS];
} functions[] = {
    {"celu", {-0.999088118, -0.864664717, -0.527633447, -0.259181779, 0, 0.2, 0.6, 1.5, 4, 9}},
    {"hard_tanh", {-1, -1, -0.75, -0.3, 0, 0.2, 0.6, 1, 1, 1}},
    {"hard_shrink", {-7, -2, -0.75, 0, 0, 0, 0.6, 1.5, 4, 9}},
    {"soft_shrink", {-6.5, -1.5, -0.25, 0, 0, 0, 0.1, 1, 3.5, 8.5}},
    {"tanh_shrink",
     {-6.00000166, -1.03597242, -0.114851048, -0.00868738755, 0, 0.00262467978, 0.062950433, 0.594851746, 3.0006707,
      8.00000003}},
    {"squareplus",
     {0.140054945, 0.414213562, 0.693000468, 0.861187421, 1, 1.10498756, 1.34403065, 2, 4.23606798, 9.10977223}},
    {"sparse_plus", {0, 0, 0.015625, 0.1225, 0.25, 0.36, 0.64, 1.5, 4, 9}},
    {"log_sigmoid",
     {-7.00091147, -2.12692801, -1.13687101, -0.854355244, -0.693147181, -0.598138869, -0.43748795, -0.201413278,
      -0.0181499279, -0.00012340219}},
    {"sparse_sigmoid", {0, 0, 0.125, 0.35, 0.5, 0.6, 0.8, 1, 1, 1}},
    {"hard_sigmoid_keras2", {0, 0.1, 0.35, 0.44, 0.5, 0.54, 0.62, 0.8, 1, 1}},
    {"linear", {-7, -2, -0.75, -0.3, 0, 0.2, 0.6, 1.5, 4, 9}},
};

static void functions_have_their_values(void **state) {
  (void)state;
  for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
    float found[POINTS];
    fv_graph *g = fv_graph_create();
    fv_value x = fv_input(g, .shape = {POINTS});
    run(g, fv_activation(g, x, .activation = functions[f].word), points, POINTS, found, POINTS);
    for (int i = 0; i < POINTS; i++)
      if (fabs(found[i] - functions[f].values[i]) > 1e-6 * fmax(1, fabs(functions[f].values[i])))
        fail_msg("%s(%g) is %.9g, expected %.9g", functions[f].word, points[i], found[i], functions[f].values[i]);
  }
}

/* A NaN stays where it is, and does not spread, in every element-wise function. */
static void not_a_number_stays(void **state) {
  (void)state;
  for (const fv__layer_type *const *type = fv__layer_table; *type; type++) {
    const char *word = (*type)->kind.function;
    if (!word || !strcmp(word, "softmax") || !strcmp(word, "log_softmax")) continue;
    float numbers[POINTS], found[POINTS];
    memcpy(numbers, points, sizeof numbers);
    numbers[3] = NAN;
    fv_graph *g = fv_graph_create();
    fv_value x = fv_input(g, .shape = {POINTS});
    run(g, fv_activation(g, x, .activation = word), numbers, POINTS, found, POINTS);
    for (int i = 0; i < POINTS; i++)
      if (!isnan(found[i]) != (i != 3)) fail_msg("%s gives %g for %g", word, found[i], numbers[i]);
  }
}

/* The files of layers' goldens are of single layers; this is one network of all functions that only Keras 3 has. */
static fv_model *build_functions(const json_t *layers) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {20, 24, 3}, .name = "in");
  x = fv_conv2d(g, x, .filters = 4, .kernel_size = {3}, .strides = {3}, .activation = "hard_silu", .name = "conv");
  x = fv_conv2d(g, x, .filters = 4, .kernel_size = {1}, .name = "conv2");
  x = fv_rescaling(g, x, .scale = 3, .name = "wide");
  fv_concatenate_options all = {.name = "cat"};
  int count = 0;
  for (size_t i = 0; i < json_array_size(layers); i++) {
    const char *name = json_string_value(json_object_get(json_array_get(layers, i), "name"));
    if (!strncmp(name, "act_", 4)) all.inputs[count++] = fv_activation(g, x, .activation = name + 4, .name = name);
  }
  assert_int_equal(count, 10);
  fv_model *model;
  if (fv_model_create(&model, g, fv_concatenate_with(g, &all))) fail_msg("%s", fv_error_message());
  return model;
}

static void functions_of_keras_3(void **state) {
  (void)state;
  json_t *layers = golden_json("layers/sink_act3.json");
  assert_non_null(layers);
  json_t *reference = json_pack("{s:i, s:O}", "seed", 3, "layers", layers);
  fv_model *model = build_functions(layers);
  assert_int_equal(fv_model_initialize(model, "by-name:3"), FV_OK);
  for (int level = FV_CPU_BASELINE; level <= (int)fv_cpu_best(); level++) {
    golden_report report;
    assert_int_equal(fv_cpu_set_level((fv_cpu_level)level), FV_OK);
    if (golden_inspect(model, reference, 2, &report)) fail_msg("%s", fv_error_message());
    if (!(report.layers <= 1)) fail_msg("%s differs by %g times what is allowed", report.worst, report.layers);
  }
  fv_model_destroy(model);
  json_decref(reference);
  json_decref(layers);
}

/* Values of ranks 2 and 3 along every axis, against copying by hand. */
static void concatenation_along_every_axis(void **state) {
  (void)state;
  float in[24], out[48];
  for (int i = 0; i < 24; i++) in[i] = (float)i;
  for (int axis = 1; axis <= 3; axis++) {
    fv_graph *g = fv_graph_create();
    fv_value x = fv_input(g, .shape = {2, 3, 4});
    run(g, fv_concatenate(g, {x, fv_re_lu(g, x, .max_value = 10)}, .axis = axis), in, 24, out, 48);
    int inner = axis == 1 ? 24 : axis == 2 ? 12 : 4;
    for (int i = 0; i < 48; i++) {
      int block = i / inner, from = block / 2 * inner + i % inner;
      float expected = block % 2 ? fminf(in[from], 10) : in[from];
      assert_true(out[i] == expected);
    }
  }
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {24});
  run(g, fv_concatenate(g, {x, x}), in, 24, out, 48);
  for (int i = 0; i < 48; i++) assert_true(out[i] == in[i % 24]);
  g = fv_graph_create();
  x = fv_input(g, .shape = {6, 4});
  run(g, fv_concatenate(g, {x, x}, .axis = 1), in, 24, out, 48);
  for (int i = 0; i < 48; i++) assert_true(out[i] == in[i % 24]);
}

/* log_softmax where softmax itself is zero in float32. */
static void log_softmax_is_exact(void **state) {
  (void)state;
  const float in[3] = {0, 200, -1000};
  float out[3];
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {3});
  run(g, fv_log_softmax(g, x), in, 3, out, 3);
  assert_true(out[0] == -200 && out[1] == 0 && out[2] == -1200);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(convolutions_refuse),         cmocka_unit_test(sizes_do_not_overflow),
      cmocka_unit_test(other_layers_refuse),         cmocka_unit_test(shapes_follow_keras),
      cmocka_unit_test(functions_have_their_values), cmocka_unit_test(not_a_number_stays),
      cmocka_unit_test(functions_of_keras_3),        cmocka_unit_test(concatenation_along_every_axis),
      cmocka_unit_test(log_softmax_is_exact),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
