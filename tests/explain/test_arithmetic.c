/* The arithmetic of single numbers: every layer that Keras's reference cases and files have either gives the number
 * back or says why not; products against the formula; receptive boxes against NaN sent through the network, which marks
 * all that sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "explain/small.h"
#include "support/golden.h"

/* Rows, columns and channels of a value; a vector is one pixel, a line one row. */
static void extents_of(const fv_shape *shape, int64_t extents[3]) {
  extents[0] = shape->rank == 4 ? shape->dims[1] : 1;
  extents[1] = shape->rank == 4 ? shape->dims[2] : shape->rank == 3 ? shape->dims[1] : 1;
  extents[2] = shape->rank > 1 ? shape->dims[shape->rank - 1] : 1;
}

static void check_number(const char *name, const char *kind, const fv_arithmetic *a) {
  double sum = a->bias + a->rest;
  for (int32_t i = 0; i < a->count; i++) {
    sum += a->terms[i].product;
    if (i) assert_true(fabs(a->terms[i].product) <= fabs(a->terms[i - 1].product));
  }
  if (!(fabs(sum - a->sum) <= 1e-6 + 1e-9 * fabs(sum))) fail_msg("%s: %g is not %g", name, sum, a->sum);
  if (isnan(a->result)) {
    assert_non_null(strstr(a->activation, "softmax"));
  } else if (!(fabs(a->result - (double)a->value) <= 1e-5 + 1e-4 * fabs((double)a->value))) {
    fail_msg("%s, a %s: %s gives %g, the run %g", name, kind, a->operation, a->result, (double)a->value);
  }
}

/* Some places of every value of a model. Returns how many values had an answer. */
static int32_t check_model(const char *name, fv_model *model, fv_plan *plan) {
  fv_activations seen;
  assert_int_equal(fv_activations_lend(&seen, plan, model), FV_OK);
  int32_t answered = 0;
  for (int32_t node = 1; node <= fv_model_node_count(model); node++) {
    if (seen.shapes[node - 1].rank == 0) continue;
    const char *kind = fv_model_layer(model, fv_model_node(model, node).layer).kind;
    int64_t extents[3];
    extents_of(&seen.shapes[node - 1], extents);
    bool has_answer = false;
    for (int64_t k = 0; k < 7; k++) {
      fv_arithmetic a;
      const fv_status status = fv_explain_number(&a, &seen, (fv_value){node, 0}, k * 5 % extents[0], k * k % extents[1],
                                                 k * 3 % extents[2], NULL);
      if (status == FV_ERROR_UNSUPPORTED) {
        assert_true(strstr(fv_error_message(), "no sum") || strstr(fv_error_message(), "is the input"));
        continue;
      }
      if (status) fail_msg("%s, node %d: %s", name, (int)node, fv_error_message());
      check_number(name, kind, &a);
      has_answer = true;
    }
    answered += has_answer;
  }
  fv_activations_destroy(&seen);
  return answered;
}

static void the_small_network_is_taken_apart(void **state) {
  (void)state;
  fv_model *model = small_model();
  fv_plan *plan = run_inspected(model);
  assert_int_equal(check_model("small", model, plan), fv_model_node_count(model) - 1);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

/* These have no sum of products; all others of the reference cases must have an answer. */
static bool may_be_refused(const char *name) {
  static const char *const words[] = {"groupnorm", "layernorm", "resizing", "upsampling", "softmax_layer", "input"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strstr(name, words[i])) return true;
  return false;
}

static void every_layer_gives_its_numbers_back(void **state) {
  (void)state;
  char **names = golden_layer_cases();
  int32_t cases = 0;
  for (int32_t i = 0; names && names[i]; i++) {
    char path[256];
    snprintf(path, sizeof path, "layers/%s/case.json", names[i]);
    json_t *info = golden_json(path);
    if (!info) continue;
    fv_model *model;
    fv_plan *plan;
    if (golden_layer_model(&model, info)) fail_msg("%s: %s", names[i], fv_error_message());
    golden_fill_weights(model, info);
    assert_int_equal(fv_plan_create(&plan, model, &(fv_plan_options){.mode = FV_PLAN_INSPECT}), FV_OK);
    golden_fill_inputs(plan, model, info);
    assert_int_equal(fv_run(plan, NULL), FV_OK);
    const int32_t answered = check_model(names[i], model, plan);
    if (!answered && !may_be_refused(names[i])) fail_msg("%s has no answer: %s", names[i], fv_error_message());
    cases++;
    fv_plan_destroy(plan);
    fv_model_destroy(model);
    json_decref(info);
  }
  golden_names_free(names);
  if (cases == 0) skip();
}

static void every_model_file_gives_its_numbers_back(void **state) {
  (void)state;
  static const char *const files[] = {"adam.keras",
                                      "lenet.keras",
                                      "nested.keras",
                                      "random_a.keras",
                                      "random_b.keras",
                                      "sequential.keras",
                                      "sequential_deferred.keras",
                                      "sink_act.keras",
                                      "sink_act3.keras",
                                      "sink_conv.keras",
                                      "sink_merge.keras",
                                      "sink_norm.keras",
                                      "sink_pool.keras",
                                      "sink_preproc.keras",
                                      "sink_shape.keras"};
  int32_t cases = 0;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char path[512];
    fv_model *model = NULL;
    snprintf(path, sizeof path, "%s/tests/golden/files/%s", FOVEA_SOURCE_DIR, files[i]);
    if (fv_model_load(&model, path, NULL)) {
      snprintf(path, sizeof path, "%s/../shared/golden/files/%s", FOVEA_SOURCE_DIR, files[i]);
      if (fv_model_load(&model, path, NULL)) continue;
    }
    fv_plan *plan = run_inspected(model);
    assert_true(check_model(files[i], model, plan) > 0);
    cases++;
    fv_plan_destroy(plan);
    fv_model_destroy(model);
  }
  if (cases == 0) skip();
}

/* Products of a convolution at a border, against the formula. */
static void products_are_those_of_the_window(void **state) {
  (void)state;
  fv_model *model = small_model();
  fv_plan *plan = run_inspected(model);
  fv_activations seen;
  assert_int_equal(fv_activations_lend(&seen, plan, model), FV_OK);
  fv_arithmetic a;
  assert_int_equal(fv_explain_number(&a, &seen, value_of(model, "first"), 0, 7, 2, NULL), FV_OK);
  const float *x = seen.values[value_of(model, "picture").node - 1];
  const fv_layer_info first = fv_model_layer(model, layer_of(model, "first"));
  const float *kernel = fv_model_weight_data(model, first.weights[0]);
  assert_string_equal(a.operation, "convolution");
  assert_string_equal(a.activation, "tanh");
  assert_true(a.has_window && a.top == -1 && a.left == 6 && a.height == 3 && a.width == 3);
  assert_int_equal(a.padded, 5 * 3);
  assert_int_equal(a.total, 4 * 3);
  assert_int_equal(a.count, 4 * 3);
  for (int32_t i = 0; i < a.count; i++) {
    const fv_term *t = &a.terms[i];
    assert_int_equal(t->input, 0);
    assert_int_equal(t->row, a.top + t->kernel_row);
    assert_int_equal(t->column, a.left + t->kernel_column);
    const float weight = kernel[((t->kernel_row * 3 + t->kernel_column) * 3 + t->channel) * 4 + 2];
    const float number = x[(t->row * 8 + t->column) * 3 + t->channel];
    assert_true(t->weight == weight && t->number == number);
  }
  assert_int_equal(fv_explain_number(&a, &seen, value_of(model, "sum"), 3, 3, 1, NULL), FV_OK);
  assert_string_equal(a.operation, "sum");
  assert_int_equal(a.count, 3);
  for (int32_t i = 0; i < 3; i++) assert_true(a.terms[i].input >= 0 && a.terms[i].weight == 1);
  assert_int_equal(fv_explain_number(&a, &seen, value_of(model, "answer"), 0, 0, 4, NULL), FV_OK);
  assert_string_equal(a.operation, "matrix product");
  assert_float_equal((float)a.sum, fv_plan_logits(plan, 0)[4], 1e-5);
  fv_activations_destroy(&seen);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

static void what_has_no_arithmetic_is_told(void **state) {
  (void)state;
  fv_model *model = small_model();
  fv_plan *plan = run_inspected(model);
  fv_activations seen;
  assert_int_equal(fv_activations_lend(&seen, plan, model), FV_OK);
  fv_overlay *overlay;
  assert_int_equal(fv_overlay_create(&overlay, model), FV_OK);
  assert_int_equal(fv_overlay_add(overlay, layer_of(model, "first"), 1, FV_OVERLAY_ZERO, 0), FV_OK);
  fv_arithmetic a;
  const fv_value first = value_of(model, "first");
  assert_int_equal(fv_explain_number(&a, &seen, first, 0, 0, 1, overlay), FV_ERROR_STATE);
  assert_int_equal(fv_explain_number(&a, &seen, first, 0, 0, 0, overlay), FV_OK);
  assert_int_equal(fv_explain_number(&a, &seen, first, 9, 0, 0, NULL), FV_ERROR_INVALID);
  assert_int_equal(fv_explain_number(&a, &seen, first, 0, -1, 0, NULL), FV_ERROR_INVALID);
  assert_int_equal(fv_explain_number(&a, &seen, first, 0, 0, 4, NULL), FV_ERROR_INVALID);
  assert_int_equal(fv_explain_number(&a, &seen, (fv_value){0, 0}, 0, 0, 0, NULL), FV_ERROR_INVALID);
  assert_int_equal(fv_explain_number(&a, &seen, value_of(model, "picture"), 0, 0, 0, NULL), FV_ERROR_UNSUPPORTED);
  fv_overlay_destroy(overlay);
  fv_activations_destroy(&seen);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

/* ---- receptive boxes */

typedef struct box {
  int64_t top, left, bottom, right;
} box;

/* Which input pixels a place of every value sees: each pixel in turn is NaN, and what becomes NaN has seen it. */
static void send_nan(fv_model *model, int64_t height, int64_t width, int64_t channels, box **boxes) {
  fv_plan *plan;
  const fv_plan_options options = {.mode = FV_PLAN_INSPECT, .accuracy = FV_ACCURACY_EXACT};
  assert_int_equal(fv_plan_create(&plan, model, &options), FV_OK);
  const fv_shape shape = fv_plan_input_shape(plan, 0);
  for (int64_t pixel = 0; pixel < height * width; pixel++) {
    fv_fill_by_name(fv_plan_input(plan, 0), "input", &shape, 1, "input");
    for (int64_t c = 0; c < channels; c++) fv_plan_input(plan, 0)[pixel * channels + c] = NAN;
    assert_int_equal(fv_run(plan, NULL), FV_OK);
    for (int32_t node = 1; node <= fv_model_node_count(model); node++) {
      const fv_shape of = fv_plan_shape(plan, (fv_value){node, 0});
      int64_t e[3];
      extents_of(&of, e);
      float *numbers = read_value(plan, (fv_value){node, 0});
      for (int64_t at = 0; at < e[0] * e[1]; at++) {
        bool sees = false;
        for (int64_t c = 0; c < e[2]; c++) sees = sees || isnan(numbers[at * e[2] + c]);
        box *b = &boxes[node - 1][at];
        if (!sees) continue;
        const int64_t y = pixel / width, x = pixel % width;
        if (y < b->top) b->top = y;
        if (y > b->bottom) b->bottom = y;
        if (x < b->left) b->left = x;
        if (x > b->right) b->right = x;
      }
      free(numbers);
    }
  }
  fv_plan_destroy(plan);
}

static void check_boxes(fv_model *model, int64_t height, int64_t width, int64_t channels) {
  const int32_t nodes = fv_model_node_count(model);
  box **boxes = calloc((size_t)nodes, sizeof *boxes);
  for (int32_t n = 0; n < nodes; n++) {
    int64_t e[3];
    extents_of(&(fv_shape){0}, e);
    const fv_shape shape = fv_model_node(model, n + 1).output;
    extents_of(&shape, e);
    boxes[n] = malloc((size_t)(e[0] * e[1]) * sizeof **boxes);
    for (int64_t at = 0; at < e[0] * e[1]; at++) boxes[n][at] = (box){INT64_MAX, INT64_MAX, -1, -1};
  }
  send_nan(model, height, width, channels, boxes);
  for (int32_t n = 0; n < nodes; n++) {
    int64_t e[3];
    const fv_node_info node = fv_model_node(model, n + 1);
    extents_of(&node.output, e);
    for (int64_t at = 0; at < e[0] * e[1]; at++) {
      fv_receptive_box found;
      assert_int_equal(fv_model_receptive_box(&found, model, NULL, (fv_value){n + 1, 0}, at / e[1], at % e[1]), FV_OK);
      const box *b = &boxes[n][at];
      const bool nothing = b->bottom < 0;
      if (nothing ? found.seen_height != 0
                  : found.seen_top != b->top || found.seen_left != b->left ||
                        found.seen_height != b->bottom - b->top + 1 || found.seen_width != b->right - b->left + 1)
        fail_msg("%s (%d, %d): rows %d and %d more, columns %d and %d more; NaN says rows %d to %d, columns %d to %d",
                 fv_model_layer(model, node.layer).name, (int)(at / e[1]), (int)(at % e[1]), (int)found.seen_top,
                 (int)found.seen_height, (int)found.seen_left, (int)found.seen_width, (int)b->top, (int)b->bottom,
                 (int)b->left, (int)b->right);
      if (nothing) continue;
      assert_true(found.top <= found.seen_top && found.top + found.height >= found.seen_top + found.seen_height);
      assert_true(found.left <= found.seen_left && found.left + found.width >= found.seen_left + found.seen_width);
    }
    free(boxes[n]);
  }
  free(boxes);
}

static fv_model *finish(fv_graph *g, fv_value y) {
  fv_model *model;
  if (fv_model_create(&model, g, y)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_model_initialize(model, "by-name:3"), FV_OK);
  return model;
}

static void boxes_are_what_nan_reaches(void **state) {
  (void)state;
  fv_model *model = small_model();
  check_boxes(model, 9, 8, 3);
  fv_model_destroy(model);

  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {11, 13, 1});
  x = fv_zero_padding2d(g, x, .padding = {2, 1, 0, 3});
  x = fv_conv2d(g, x, .filters = 2, .kernel_size = {3, 2}, .strides = {2, 3}, .name = "strided");
  x = fv_conv2d_transpose(g, x, .filters = 2, .kernel_size = {3, 3}, .strides = {2, 2}, .padding = FV_SAME);
  x = fv_up_sampling2d(g, x, .size = {2, 3});
  x = fv_cropping2d(g, x, .cropping = {1, 2, 3, 0});
  x = fv_average_pooling2d(g, x, .pool_size = {3, 3}, .padding = FV_SAME);
  x = fv_conv2d(g, x, .filters = 2, .kernel_size = {2, 2}, .dilation_rate = {1, 2}, .padding = FV_SAME);
  model = finish(g, fv_dense(g, x, .units = 2, .name = "pixelwise"));
  check_boxes(model, 11, 13, 1);
  fv_model_destroy(model);

  g = fv_graph_create();
  x = fv_input(g, .shape = {6, 7, 2});
  fv_value turned = fv_permute(g, x, .dims = {2, 1, 3});
  turned = fv_depthwise_conv2d(g, turned, .kernel_size = {3, 1}, .padding = FV_SAME);
  fv_value back = fv_permute(g, turned, .dims = {2, 1, 3});
  fv_value mean = fv_global_average_pooling2d(g, back, .keepdims = true);
  fv_value y = fv_multiply(g, {fv_max_pooling2d(g, back), mean}, .name = "gated");
  model = finish(g, fv_flatten(g, fv_add(g, {y, fv_max_pooling2d(g, x)}), .name = "flat"));
  check_boxes(model, 6, 7, 2);
  fv_model_destroy(model);

  g = fv_graph_create();
  x = fv_input(g, .shape = {12, 3});
  x = fv_conv1d(g, x, .filters = 2, .kernel_size = 3, .padding = FV_CAUSAL);
  x = fv_max_pooling1d(g, x);
  model = finish(g, fv_conv1d(g, x, .filters = 2, .kernel_size = 2, .strides = 2));
  check_boxes(model, 1, 12, 3);
  fv_model_destroy(model);
}

static void boxes_of_the_reference_cases(void **state) {
  (void)state;
  char **names = golden_layer_cases();
  int32_t cases = 0;
  for (int32_t i = 0; names && names[i]; i++) {
    char path[256];
    fv_model *model;
    snprintf(path, sizeof path, "layers/%s/case.json", names[i]);
    json_t *info = golden_json(path);
    if (!info) continue;
    assert_int_equal(golden_layer_model(&model, info), FV_OK);
    golden_fill_weights(model, info);
    const fv_shape shape = fv_model_input_shape(model, 0), output = fv_model_output_shape(model, 0);
    if (fv_model_input_count(model) == 1 && shape.rank == 4 && output.rank == 4 &&
        shape.dims[1] * shape.dims[2] <= 256) {
      check_boxes(model, shape.dims[1], shape.dims[2], shape.dims[3]);
      cases++;
    }
    fv_model_destroy(model);
    json_decref(info);
  }
  golden_names_free(names);
  if (cases == 0) skip();
}

/* The numbers of the literature (Araujo, Norris, Sim 2019): block5_conv3 of VGG16 sees 196 pixels in steps of 16. */
static void the_box_of_a_deep_layer_of_vgg16(void **state) {
  (void)state;
  fv_model *model;
  assert_int_equal(fv_zoo_build(&model, "VGG16", &(fv_zoo_options){.no_top = true, .input_shape = {224, 224, 3}}),
                   FV_OK);
  fv_receptive_box deep, next;
  const fv_value value = value_of(model, "block5_conv3");
  assert_int_equal(fv_model_receptive_box(&deep, model, NULL, value, 7, 7), FV_OK);
  assert_int_equal(fv_model_receptive_box(&next, model, NULL, value, 8, 7), FV_OK);
  assert_true(deep.height == 196 && deep.width == 196 && next.top - deep.top == 16 && next.left == deep.left);
  assert_int_equal(fv_model_receptive_box(&deep, model, NULL, value, 0, 0), FV_OK);
  assert_true(deep.top < 0 && deep.seen_top == 0 && deep.seen_height == deep.top + 196);
  assert_float_equal((float)deep.share, (float)(deep.seen_height * deep.seen_width) / (224 * 224), 1e-6);
  assert_int_equal(fv_model_receptive_box(&deep, model, NULL, value, 14, 0), FV_ERROR_INVALID);
  assert_int_equal(fv_model_receptive_box(&deep, model, NULL, (fv_value){0, 0}, 0, 0), FV_ERROR_INVALID);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_small_network_is_taken_apart),
      cmocka_unit_test(every_layer_gives_its_numbers_back),
      cmocka_unit_test(every_model_file_gives_its_numbers_back),
      cmocka_unit_test(products_are_those_of_the_window),
      cmocka_unit_test(what_has_no_arithmetic_is_told),
      cmocka_unit_test(boxes_are_what_nan_reaches),
      cmocka_unit_test(boxes_of_the_reference_cases),
      cmocka_unit_test(the_box_of_a_deep_layer_of_vgg16),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
