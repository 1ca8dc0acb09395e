/* The layers that no file of Keras's holds, against their formulas; what they refuse; images of one pixel. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/golden.h"

#include <cmocka.h>

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

static fv_graph *start_line(fv_value *x, int32_t length, int32_t channels) {
  fv_graph *graph = fv_graph_create();
  *x = fv_input(graph, .shape = {length, channels});
  return graph;
}

/* Runs a graph of one input and one output; `weights` fill the model's in order. */
static void run(fv_graph *graph, fv_value output, const float *weights, const float *in, float *out, int64_t count) {
  fv_model *model;
  fv_plan *plan;
  if (fv_model_create(&model, graph, output)) fail_msg("%s", fv_error_message());
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    fv_shape shape = fv_model_weight(model, i).shape;
    int64_t elements;
    assert_int_equal(fv_shape_elements(&elements, &shape), FV_OK);
    memcpy(fv_model_weight_data(model, i), weights, (size_t)elements * sizeof *weights);
    weights += elements;
  }
  if (fv_plan_create(&plan, model, NULL)) fail_msg("%s", fv_error_message());
  fv_shape shape = fv_plan_input_shape(plan, 0), found = fv_plan_output_shape(plan, 0);
  int64_t elements;
  assert_int_equal(fv_shape_elements(&elements, &found), FV_OK);
  assert_int_equal(elements, count);
  assert_int_equal(fv_shape_elements(&elements, &shape), FV_OK);
  memcpy(fv_plan_input(plan, 0), in, (size_t)elements * sizeof *in);
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  memcpy(out, fv_plan_output(plan, 0), (size_t)count * sizeof *out);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

static void close_to(const float *found, const double *expected, int count) {
  for (int i = 0; i < count; i++)
    if (!(fabs((double)found[i] - expected[i]) <= 1e-6 * fmax(1, fabs(expected[i]))))
      fail_msg("number %d is %.9g, expected %.9g", i, (double)found[i], expected[i]);
}

static void convolutions_refuse(void **state) {
  (void)state;
  fv_value x;
  fv_graph *g = start(&x, 4, 4, 2);
  fv_conv2d_transpose(g, x, .filters = 2, .kernel_size = {3}, .strides = {2}, .output_padding = {1, 2});
  refused(g, FV_ERROR_INVALID, "width: output_padding 2 must be less than strides, 2");
  g = start(&x, 1, 1, 2);
  fv_conv2d_transpose(g, x, .filters = 2, .kernel_size = {2}, .strides = {2}, .padding = FV_SAME,
                      .output_padding = {FV_ZERO, FV_ZERO});
  refused(g, FV_ERROR_SHAPE, "has size 0, expected at least 1");
  g = start(&x, 1 << 20, 1 << 10, 2);
  fv_conv2d_transpose(g, x, .filters = 2, .kernel_size = {3}, .strides = {65535});
  refused(g, FV_ERROR_SHAPE, "elements");
  g = start(&x, 4, 4, 2);
  fv_separable_conv2d(g, x, .filters = 2, .kernel_size = {5});
  refused(g, FV_ERROR_SHAPE, "a window of 5 pixels does not fit into an input of 4");
  g = start(&x, 4, 4, 2);
  fv_separable_conv2d(g, x, .filters = 2, .kernel_size = {3}, .depth_multiplier = -1);
  refused(g, FV_ERROR_INVALID, "depth_multiplier must be between 1 and");
  g = start(&x, 4096, 4096, 4096);
  fv_separable_conv2d(g, x, .filters = 2, .kernel_size = {1}, .depth_multiplier = 65536);
  refused(g, FV_ERROR_SHAPE, "elements");
  g = start(&x, 4, 4, 2);
  fv_conv1d(g, x, .filters = 2, .kernel_size = 3);
  refused(g, FV_ERROR_SHAPE, "expected lines (batch, length, channels), found (?, 4, 4, 2)");
  g = start_line(&x, 4, 6);
  fv_conv1d(g, x, .filters = 8, .kernel_size = 3, .groups = 4);
  refused(g, FV_ERROR_SHAPE, "6 input channels do not divide into 4 groups");
  g = start_line(&x, 4, 6);
  fv_conv1d(g, x, .filters = 8, .kernel_size = 3, .dilation_rate = 2);
  refused(g, FV_ERROR_SHAPE, "a window of 5 pixels does not fit into an input of 4");
  g = start_line(&x, 4, 6);
  fv_conv1d(g, x, .filters = 8, .kernel_size = 1 << 24, .dilation_rate = 65535, .padding = FV_CAUSAL);
  refused(g, FV_ERROR_SHAPE, "is more than 2147483647");
}

static void normalisations_refuse(void **state) {
  (void)state;
  fv_value x;
  fv_graph *g = start(&x, 4, 4, 6);
  fv_group_normalization(g, x, .groups = 4);
  refused(g, FV_ERROR_SHAPE, "6 channels do not divide into 4 groups");
  g = start(&x, 4, 4, 6);
  fv_group_normalization(g, x, .groups = FV_ZERO);
  refused(g, FV_ERROR_INVALID, "groups must be at least 1");
  g = start(&x, 4, 4, 6);
  fv_group_normalization(g, x, .groups = 2, .axis = 1);
  refused(g, FV_ERROR_UNSUPPORTED, "axis 1, expected the last one, 3");
  g = start(&x, 4, 4, 6);
  fv_layer_normalization(g, x, .axis = {3, -1});
  refused(g, FV_ERROR_INVALID, "axis 3 is listed twice");
  g = start(&x, -1, 4, 6);
  fv_layer_normalization(g, x, .axis = {1});
  refused(g, FV_ERROR_SHAPE, "expected known sizes of the normalised axes");
  g = start(&x, 4, 4, 6);
  fv_unit_normalization(g, x, .axis = {-4});
  refused(g, FV_ERROR_UNSUPPORTED, "axis -4 is the batch");
  g = start(&x, -1, 4, 6);
  fv_p_re_lu(g, x);
  refused(g, FV_ERROR_SHAPE, "expected known sizes of axes that are not shared");
  g = start(&x, 4, 4, 3);
  fv_normalization(g, x, .mean = "[1, 2]", .variance = "1");
  refused(g, FV_ERROR_SHAPE, "mean: 2 numbers, expected 1 or 3");
  g = start(&x, 4, 4, 3);
  fv_normalization(g, x, .mean = "[1, 2, 3, 4]", .variance = "1");
  refused(g, FV_ERROR_INVALID, "mean: expected at most 3 numbers, found 4");
  g = start(&x, 4, 4, 3);
  fv_normalization(g, x, .mean = "0", .variance = "-1");
  refused(g, FV_ERROR_INVALID, "variance: -1, expected at least 0");
  g = start(&x, 4, 4, 3);
  fv_normalization(g, x, .mean = "[nan]", .variance = "1");
  refused(g, FV_ERROR_INVALID, "expected numbers, found 'nan'");
  g = start(&x, 4, 4, 3);
  fv_normalization(g, x, .mean = "0");
  refused(g, FV_ERROR_INVALID, "mean is given without variance");
}

static void shapes_refuse(void **state) {
  (void)state;
  fv_value x;
  fv_graph *g = start(&x, 4, 6, 2);
  fv_cropping2d(g, x, .cropping = {2, 2, 0, 0});
  refused(g, FV_ERROR_SHAPE, "height: cutting 4 of 4 leaves nothing, expected at most 3");
  g = start(&x, 4, 6, 2);
  fv_cropping2d(g, x, .cropping = {0, 0, 3, 4});
  refused(g, FV_ERROR_SHAPE, "width: cutting 7 of 6 leaves nothing");
  g = start(&x, 4, 6, 2);
  fv_permute(g, x, .dims = {1, 2});
  refused(g, FV_ERROR_SHAPE, "dims lists 2 axes, expected all 3 behind the batch");
  g = start(&x, 4, 6, 2);
  fv_permute(g, x, .dims = {1, 2, 2});
  refused(g, FV_ERROR_INVALID, "axis 2 is listed twice");
  g = start(&x, 4, 6, 2);
  fv_permute(g, x, .dims = {1, 2, 4});
  refused(g, FV_ERROR_SHAPE, "axis 4 does not exist");
  g = start(&x, 4, 6, 2);
  fv_repeat_vector(g, x, .n = 3);
  refused(g, FV_ERROR_SHAPE, "expected vectors (batch, channels), found (?, 4, 6, 2)");
  g = start(&x, 1 << 19, 1 << 19, 2);
  fv_up_sampling2d(g, x);
  refused(g, FV_ERROR_SHAPE, "elements");
  g = start(&x, 4, 6, 2);
  fv_resizing(g, x, .height = 8);
  refused(g, FV_ERROR_INVALID, "width must be given");
  g = start(&x, 4, 6, 2);
  fv_resizing(g, x, .height = 8, .width = 8, .antialias = true);
  refused(g, FV_ERROR_UNSUPPORTED, "antialias is not supported");
  g = start(&x, 4, 6, 2);
  fv_resizing(g, x, .height = 8, .width = 8, .pad_to_aspect_ratio = true, .crop_to_aspect_ratio = true);
  refused(g, FV_ERROR_INVALID, "exclude each other");
  g = start(&x, 4, 6, 2);
  fv_dot(g, {x, fv_flatten(g, x)}, .axes = {1});
  refused(g, FV_ERROR_SHAPE, "axis 1 of the first input has size 4, axis 1 of the second 48");
  g = start(&x, 4, 6, 2);
  fv_dot(g, {x, x}, .axes = {1});
  refused(g, FV_ERROR_UNSUPPORTED, "1 to 4 axes, not 5");
  g = start(&x, 4, 6, 2);
  fv_subtract(g, {x, x, x});
  refused(g, FV_ERROR_INVALID, "2 inputs, found 3");
  g = start(&x, 4, 6, 2);
  fv_random_rotation(g, x, .factor = "[0.2, 0.1]");
  refused(g, FV_ERROR_INVALID, "factor: the lower number 0.2 is above the upper one, 0.1");
  g = start(&x, 4, 6, 2);
  fv_random_zoom(g, x);
  refused(g, FV_ERROR_INVALID, "height_factor must be given");
}

/* TensorFlow's own numbers of the same picture. */
static void resizing_is_tensorflows(void **state) {
  (void)state;
  static const char *const pictures[] = {"gray", "rgb"};
  static const char *const words[] = {"nearest", "bilinear", "bicubic"};
  for (int i = 0; i < 6; i++) {
    char path[512];
    fv_tensor in, expected;
    snprintf(path, sizeof path, FOVEA_SOURCE_DIR "/tests/golden/resize/%s.npy", pictures[i / 3]);
    assert_int_equal(fv_npy_read(&in, path), FV_OK);
    snprintf(path, sizeof path, FOVEA_SOURCE_DIR "/tests/golden/resize/%s_tf_%s_24x24.npy", pictures[i / 3],
             words[i % 3]);
    assert_int_equal(fv_npy_read(&expected, path), FV_OK);
    fv_value x;
    fv_graph *g = start(&x, (int32_t)in.shape.dims[0], (int32_t)in.shape.dims[1], (int32_t)in.shape.dims[2]);
    float found[24 * 24 * 3];
    const int64_t count = 24 * 24 * in.shape.dims[2];
    run(g, fv_resizing(g, x, .height = 24, .width = 24, .interpolation = FV_NEAREST + i % 3), NULL, in.data, found,
        count);
    const double error = golden_relative_rms(found, expected.data, count);
    if (!(error <= 2e-6)) fail_msg("%s of %s differs by %g", words[i % 3], pictures[i / 3], error);
    fv_tensor_destroy(&in);
    fv_tensor_destroy(&expected);
  }
}

static void local_response_follows_the_paper(void **state) {
  (void)state;
  const float in[6] = {1, -2, 3, 0.5f, -4, 2};
  float found[6];
  for (int average = 0; average < 2; average++) {
    double expected[6];
    for (int c = 0; c < 6; c++) {
      double sum = 0;
      for (int k = c - 2; k <= c + 2; k++)
        if (k >= 0 && k < 6) sum += (double)in[k] * (double)in[k];
      expected[c] = (double)in[c] / pow(2 + 0.1 * sum / (average ? 5 : 1), 0.75);
    }
    fv_value x;
    fv_graph *g = start(&x, 1, 1, 6);
    x = fv_local_response_normalization(g, x, .depth_radius = 2, .bias = 2, .alpha = 0.1, .beta = 0.75,
                                        .average = average == 1);
    run(g, x, NULL, in, found, 6);
    close_to(found, expected, 6);
  }
}

/* Statistics from options, one number or one per channel, from weights, and the way back. */
static void normalization_with_known_statistics(void **state) {
  (void)state;
  const float in[4] = {3, 10, -1, 20}, weights[5] = {1, 10, 4, 0, 7};
  float found[4];
  fv_value x;
  fv_graph *g = start(&x, 2, 1, 2);
  run(g, fv_normalization(g, x, .mean = "[1, 10]", .variance = "4.0"), NULL, in, found, 4);
  close_to(found, (const double[]){1, 0, -1, 5}, 4);
  g = start(&x, 2, 1, 2);
  run(g, fv_normalization(g, x), weights, in, found, 4);
  close_to(found, (const double[]){1, 0, -1, 1e8}, 4); /* a variance of 0 counts as a deviation of 1e-7 */
  g = start(&x, 2, 1, 2);
  run(g, fv_normalization(g, x, .invert = true), weights, in, found, 4);
  close_to(found, (const double[]){7, 10 + 1e-6, -1, 10 + 2e-6}, 4);
  g = start(&x, 2, 1, 2);
  run(g, fv_normalization(g, x, .mean = "1", .variance = "[4, 9]", .invert = true), NULL, in, found, 4);
  close_to(found, (const double[]){7, 31, -1, 61}, 4);
}

static void layer_normalization_keeps_the_mean_when_only_scaling(void **state) {
  (void)state;
  const float in[4] = {1, 2, 3, 6}, gamma[4] = {1, 1, 2, 1};
  float found[4];
  fv_value x;
  fv_graph *g = start(&x, 1, 1, 4);
  run(g, fv_layer_normalization(g, x, .rms_scaling = true, .epsilon = 0.5), gamma, in, found, 4);
  close_to(found, (const double[]){0.5, 1, 3, 3}, 4); /* variance 3.5 */
  g = start(&x, 1, 1, 4);
  run(g, fv_group_normalization(g, x, .groups = -1), (const float[]){1, 1, 1, 1, 5, 6, 7, 8}, in, found, 4);
  close_to(found, (const double[]){5, 6, 7, 8}, 4); /* each number is its own mean */
}

static void lines_look_back_only(void **state) {
  (void)state;
  const float in[5] = {1, 2, 3, 4, 5}, kernel[3] = {100, 10, 1}, separable[4] = {100, 10, 1, 2};
  float found[5];
  fv_value x;
  fv_graph *g = start_line(&x, 5, 1);
  run(g, fv_conv1d(g, x, .filters = 1, .kernel_size = 3, .padding = FV_CAUSAL, .no_bias = true), kernel, in, found, 5);
  close_to(found, (const double[]){1, 12, 123, 234, 345}, 5);
  g = start_line(&x, 5, 1);
  x = fv_conv1d(g, x, .filters = 1, .kernel_size = 3, .padding = FV_CAUSAL, .no_bias = true, .dilation_rate = 2,
                .strides = 2);
  run(g, x, kernel, in, found, 3);
  close_to(found, (const double[]){1, 13, 135}, 3);
  g = start_line(&x, 5, 1);
  x = fv_separable_conv1d(g, x, .filters = 1, .kernel_size = 3, .padding = FV_SAME, .no_bias = true);
  run(g, x, separable, in, found, 5);
  close_to(found, (const double[]){24, 246, 468, 690, 900}, 5);
}

static void products_of_every_rank(void **state) {
  (void)state;
  const float in[6] = {1, 2, 3, 4, 5, 6};
  float found[36];
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {6});
  run(g, fv_dot(g, {x, x}, .axes = {1}), NULL, in, found, 1);
  close_to(found, (const double[]){91}, 1);
  g = fv_graph_create();
  x = fv_input(g, .shape = {2, 3});
  fv_value sums = fv_global_average_pooling1d(g, x); /* {2.5, 3.5, 4.5} */
  run(g, fv_dot(g, {x, sums}, .axes = {2, 1}), NULL, in, found, 2);
  close_to(found, (const double[]){23, 54.5}, 2);
  g = start(&x, 2, 1, 3); /* (1, 2, 1, 3) with (1, 2): over the height */
  fv_value line = fv_reshape(g, fv_global_average_pooling2d(g, fv_permute(g, x, .dims = {2, 3, 1})),
                             .target_shape = {2}); /* {2, 5} */
  run(g, fv_dot(g, {x, line}, .axes = {1, -1}), NULL, in, found, 3);
  close_to(found, (const double[]){22, 29, 36}, 3);
}

/* Parts of parts, and parts in what is put together again. */
static void crops_lie_in_memory(void **state) {
  (void)state;
  float in[25], found[18];
  for (int i = 0; i < 25; i++) in[i] = (float)i;
  fv_value x;
  fv_graph *g = start(&x, 5, 5, 1);
  fv_value a = fv_cropping2d(g, x, .cropping = {1, 1, 1, 1}), b = fv_cropping2d(g, a, .cropping = {0, 1, 1, 0});
  b = fv_zero_padding2d(g, fv_re_lu(g, b), .padding = {0, 1, 1, 0});
  run(g, fv_concatenate(g, {a, b}), NULL, in, found, 18);
  const double expected[18] = {6, 0, 7, 7, 8, 8, 11, 0, 12, 12, 13, 13, 16, 0, 17, 0, 18, 0};
  close_to(found, expected, 18);
  g = start_line(&x, 5, 5);
  run(g, fv_flatten(g, fv_cropping1d(g, x, .cropping = {3, 1})), NULL, in, found, 5);
  close_to(found, (const double[]){15, 16, 17, 18, 19}, 5);
  g = start(&x, 5, 5, 1);
  run(g, fv_center_crop(g, x, .height = 2, .width = 3), NULL, in, found, 6);
  close_to(found, (const double[]){6, 7, 8, 11, 12, 13}, 6);
}

static void small_images_are_fitted(void **state) {
  (void)state;
  const float in[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  float found[16];
  fv_value x;
  fv_graph *g = start(&x, 2, 4, 1); /* the middle 2 x 2, twice as large */
  run(g, fv_center_crop(g, x, .height = 4, .width = 4), NULL, in, found, 16);
  const double expected[16] = {2, 2.25, 2.75, 3, 3, 3.25, 3.75, 4, 5, 5.25, 5.75, 6, 6, 6.25, 6.75, 7};
  close_to(found, expected, 16);
  g = start(&x, 2, 4, 1);
  run(g, fv_random_crop(g, x, .height = 4, .width = 4), NULL, in, found, 16);
  close_to(found, expected, 16);
  g = start(&x, 2, 4, 1); /* a row of zeros above and below */
  x = fv_resizing(g, x, .height = 4, .width = 4, .interpolation = FV_NEAREST, .pad_to_aspect_ratio = true);
  run(g, x, NULL, in, found, 16);
  close_to(found, (const double[]){0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0}, 16);
}

static void images_of_one_pixel(void **state) {
  (void)state;
  const float in[2] = {3, -4}, weights[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  float found[8];
  fv_value x;
  fv_graph *g = start(&x, 1, 1, 2);
  x = fv_conv2d_transpose(g, x, .filters = 1, .kernel_size = {2}, .strides = {2}, .no_bias = true);
  run(g, x, weights, in, found, 4);
  close_to(found, (const double[]){-1, -1, -1, -1}, 4);
  g = start(&x, 1, 1, 2);
  run(g, fv_up_sampling2d(g, x, .interpolation = FV_BICUBIC), NULL, in, found, 8);
  close_to(found, (const double[]){3, -4, 3, -4, 3, -4, 3, -4}, 8);
  g = start(&x, 1, 1, 2);
  run(g, fv_unit_normalization(g, x), NULL, in, found, 2);
  close_to(found, (const double[]){0.6, -0.8}, 2);
  g = start(&x, 1, 1, 2);
  run(g, fv_unit_normalization(g, fv_multiply(g, {x, fv_rescaling(g, x, .scale = FV_ZERO)})), NULL, in, found, 2);
  close_to(found, (const double[]){0, 0}, 2);
  g = start(&x, 1, 1, 2);
  run(g, fv_p_re_lu(g, x, .shared_axes = {1, 2}), (const float[]){0.5f, 0.25f}, in, found, 2);
  close_to(found, (const double[]){3, -1}, 2);
  g = start_line(&x, 1, 2);
  run(g, fv_max_pooling1d(g, x, .pool_size = 3, .padding = FV_SAME), NULL, in, found, 2);
  close_to(found, (const double[]){3, -4}, 2);
}

/* gamma (x - mean) / sqrt(variance + epsilon) + beta, one number of each per row, then per column. */
static void batches_are_normalised_along_any_axis(void **state) {
  (void)state;
  static const float in[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  static const float rows[] = {1, 2, 10, 20, 1, 7, 0, 3}, columns[] = {1, 2, 3, 0, 0, 1, 2, 4, 6, 3, 3, 8};
  float found[12];
  double expected[12];
  fv_value x;
  fv_graph *g = start(&x, 2, 3, 2);
  run(g, fv_batch_normalization(g, x, .axis = 1, .epsilon = 1), rows, in, found, 12);
  for (int i = 0; i < 12; i++) expected[i] = i < 6 ? 10 + ((double)in[i] - 1) : 20 + 2 * ((double)in[i] - 7) / 2;
  close_to(found, expected, 12);
  g = start(&x, 2, 3, 2);
  run(g, fv_batch_normalization(g, x, .axis = -2, .epsilon = 1), columns, in, found, 12);
  for (int i = 0; i < 12; i++) {
    const int column = i / 2 % 3;
    expected[i] = (double)columns[column] * ((double)in[i] - (double)columns[6 + column]) /
                      sqrt((double)columns[9 + column] + 1) +
                  (double)columns[3 + column];
  }
  close_to(found, expected, 12);
  g = start_line(&x, 3, 4);
  run(g, fv_batch_normalization(g, x, .axis = 1, .epsilon = 1), columns, in, found, 12);
  for (int i = 0; i < 12; i++) {
    const int row = i / 4;
    expected[i] =
        (double)columns[row] * ((double)in[i] - (double)columns[6 + row]) / sqrt((double)columns[9 + row] + 1) +
        (double)columns[3 + row];
  }
  close_to(found, expected, 12);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(convolutions_refuse),
      cmocka_unit_test(normalisations_refuse),
      cmocka_unit_test(shapes_refuse),
      cmocka_unit_test(resizing_is_tensorflows),
      cmocka_unit_test(local_response_follows_the_paper),
      cmocka_unit_test(normalization_with_known_statistics),
      cmocka_unit_test(layer_normalization_keeps_the_mean_when_only_scaling),
      cmocka_unit_test(lines_look_back_only),
      cmocka_unit_test(products_of_every_rank),
      cmocka_unit_test(crops_lie_in_memory),
      cmocka_unit_test(small_images_are_fitted),
      cmocka_unit_test(images_of_one_pixel),
      cmocka_unit_test(batches_are_normalised_along_any_axis),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
