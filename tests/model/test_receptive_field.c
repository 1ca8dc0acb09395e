/* Receptive fields and multiply-adds against numbers worked out by hand, and those of the literature: Araujo, Norris,
 * Sim, Computing Receptive Fields of Convolutional Neural Networks, Distill 2019, has VGG16, Inception and ResNet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fovea/layers.h>
#include <fovea/receptive_field.h>
#include <fovea/zoo.h>

static fv_model *finish(fv_graph *g, fv_value y) {
  fv_model *model = NULL;
  if (fv_model_create(&model, g, y)) fail_msg("%s", fv_error_message());
  return model;
}

/* The field of the last node, or of the first call of a layer that is named. */
static fv_receptive_field field_at(const fv_model *model, const char *layer) {
  const int32_t count = fv_model_node_count(model);
  fv_receptive_field *fields = calloc((size_t)count, sizeof *fields);
  assert_non_null(fields);
  fv_model_receptive_fields(fields, model);
  int32_t node = count;
  if (layer) {
    assert_true(fv_model_find_layer(model, layer) >= 0);
    node = fv_model_layer(model, fv_model_find_layer(model, layer)).nodes[0];
  }
  const fv_receptive_field field = fields[node - 1];
  free(fields);
  return field;
}

static void check(fv_graph *g, fv_value y, double height, double width, double step_h, double step_w) {
  fv_model *model = finish(g, y);
  const fv_receptive_field f = field_at(model, NULL);
  if (!f.known || f.whole || f.height != height || f.width != width || f.step_height != step_h ||
      f.step_width != step_w)
    fail_msg("expected %g x %g /%g x %g, found %d %d %g x %g /%g x %g", height, width, step_h, step_w, f.known, f.whole,
             f.height, f.width, f.step_height, f.step_width);
  fv_model_destroy(model);
}

static void check_whole(fv_graph *g, fv_value y) {
  fv_model *model = finish(g, y);
  const fv_receptive_field f = field_at(model, NULL);
  assert_true(f.known && f.whole && f.height == 0 && f.step_width == 0);
  fv_model_destroy(model);
}

static void check_unknown(fv_graph *g, fv_value y) {
  fv_model *model = finish(g, y);
  assert_false(field_at(model, NULL).known);
  fv_model_destroy(model);
}

static fv_value image(fv_graph *g) { return fv_input(g, .shape = {20, 20, 4}); }

static fv_value conv(fv_graph *g, fv_value x, int32_t kernel, int32_t stride) {
  return fv_conv2d(g, x, .filters = 4, .kernel_size = {kernel}, .strides = {stride}, .padding = FV_SAME);
}

static void test_windows(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  check(g, conv(g, conv(g, image(g), 3, 1), 3, 1), 5, 5, 1, 1);
  g = fv_graph_create();
  fv_value x = fv_conv2d(g, image(g), .filters = 4, .kernel_size = {3, 5}, .strides = {1, 2}, .dilation_rate = {1});
  x = fv_max_pooling2d(g, fv_batch_normalization(g, x), .pool_size = {2});
  check(g, fv_zero_padding2d(g, x), 4, 7, 2, 4);
  g = fv_graph_create();
  check(g, fv_depthwise_conv2d(g, image(g), .kernel_size = {3}, .dilation_rate = {4}), 9, 9, 1, 1);
  g = fv_graph_create();
  x = fv_conv1d(g, fv_input(g, .shape = {40, 3}), .filters = 4, .kernel_size = 5, .strides = 2);
  check(g, fv_max_pooling1d(g, x, .pool_size = 2), 7, 7, 4, 4);
}

static void test_branches(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = image(g);
  fv_value wide = fv_conv2d(g, x, .filters = 4, .kernel_size = {1, 7}, .padding = FV_SAME), high = conv(g, x, 5, 1);
  check(g, fv_add(g, {wide, high, x}), 5, 7, 1, 1);
  g = fv_graph_create(); /* a branch that sees everything */
  x = image(g);
  fv_value gate = fv_global_average_pooling2d(g, x, .keepdims = true);
  check_whole(g, fv_multiply(g, conv(g, x, 3, 1), fv_dense(g, gate, .units = 4)));
  g = fv_graph_create(); /* a vector beside the picture has no field */
  fv_value vector = fv_reshape(g, fv_input(g, .shape = {4}), .target_shape = {1, 1, 4});
  check(g, fv_add(g, {conv(g, image(g), 3, 2), vector}), 3, 3, 2, 2);
  g = fv_graph_create();
  check_unknown(g, fv_dense(g, fv_input(g, .shape = {4}), .units = 2));
}

static void test_enlarging(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_up_sampling2d(g, conv(g, image(g), 3, 2));
  check(g, conv(g, x, 3, 1), 5, 5, 1, 1);
  g = fv_graph_create(); /* three rows of an image made twice as large touch two of its own */
  check(g, conv(g, fv_up_sampling2d(g, image(g)), 3, 1), 2, 2, 0.5, 0.5);
  g = fv_graph_create();
  check(g, fv_up_sampling2d(g, image(g), .interpolation = FV_BILINEAR), 2, 2, 0.5, 0.5);
  g = fv_graph_create(); /* windows of 4, 2 apart: two meet everywhere */
  x = fv_conv2d_transpose(g, conv(g, image(g), 3, 2), .filters = 2, .kernel_size = {4}, .strides = {2});
  check(g, x, 5, 5, 1, 1);
  g = fv_graph_create();
  check(g, fv_resizing(g, image(g), .height = 10, .width = 20), 2, 1, 2, 1);
  g = fv_graph_create();
  check_unknown(g, fv_resizing(g, fv_input(g, .shape = {-1, -1, 3}), .height = 10, .width = 20));
  g = fv_graph_create();
  x = fv_adaptive_average_pooling2d(g, fv_input(g, .shape = {5, 6, 3}), .output_size = {3});
  check(g, x, 3, 2, 5.0 / 3, 2);
}

static void test_other_places(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_conv2d(g, image(g), .filters = 4, .kernel_size = {3, 5}, .strides = {2, 1}, .padding = FV_SAME);
  check(g, fv_permute(g, x, .dims = {2, 1, 3}), 5, 3, 1, 2);
  g = fv_graph_create();
  check(g, fv_activation(g, fv_flatten(g, conv(g, image(g), 3, 1)), .activation = "relu"), 3, 3, 0, 0);
  g = fv_graph_create();
  check_whole(g, fv_dense(g, fv_flatten(g, conv(g, image(g), 3, 1)), .units = 3));
  g = fv_graph_create();
  check_whole(g, fv_activation(g, fv_flatten(g, conv(g, image(g), 3, 1)), .activation = "softmax"));
  g = fv_graph_create(); /* of one pixel, a flattened image is the same */
  x = fv_conv2d(g, fv_input(g, .shape = {5, 5, 1}), .filters = 2, .kernel_size = {5});
  check(g, fv_dense(g, fv_flatten(g, x), .units = 3), 5, 5, 1, 1);
}

static void test_means(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  check_whole(g, fv_group_normalization(g, image(g), .groups = 2));
  g = fv_graph_create();
  check(g, fv_layer_normalization(g, image(g)), 1, 1, 1, 1);
  g = fv_graph_create();
  check_whole(g, fv_layer_normalization(g, image(g), .axis = {1, 2, 3}));
  g = fv_graph_create();
  check_whole(g, fv_softmax(g, image(g), .axis = 1));
  g = fv_graph_create();
  check(g, fv_dense(g, fv_softmax(g, image(g)), .units = 2), 1, 1, 1, 1);
}

/* Every call of a layer has its own. */
static void test_shared_layers(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = image(g);
  int32_t layer = fv_graph_add(g, "Conv2D", &(fv_conv2d_options){.filters = 4, .kernel_size = {3}});
  fv_value once = fv_graph_call(g, layer, &x, 1);
  fv_model *model = finish(g, fv_graph_call(g, layer, &once, 1));
  fv_receptive_field fields[3];
  assert_int_equal(fv_model_node_count(model), 3);
  fv_model_receptive_fields(fields, model);
  assert_true(fields[1].height == 3 && fields[2].height == 5);
  assert_int_equal(fv_model_node(model, 2).multiply_adds, 18 * 18 * 4 * 9 * 4);
  assert_int_equal(fv_model_node(model, 3).multiply_adds, 16 * 16 * 4 * 9 * 4);
  assert_int_equal(fv_model_node(model, 3).activation_bytes, 16 * 16 * 4 * 4);
  fv_model_destroy(model);
}

static fv_model *network(const char *name) {
  fv_model *model;
  if (fv_zoo_build(&model, name, NULL)) fail_msg("%s", fv_error_message());
  return model;
}

static void test_networks(void **state) {
  (void)state;
  static const struct {
    const char *name, *layer;
    double size, step;
  } cases[] = {{"VGG16", "block1_pool", 6, 2},
               {"VGG16", "block4_conv3", 92, 8},
               {"VGG16", "block5_conv3", 196, 16},
               {"VGG16", "block5_pool", 212, 32},
               {"ResNet50", "conv1_conv", 7, 2},
               {"ResNet50", "conv5_block3_out", 483, 32},
               {"InceptionV3", "mixed10", 1311, 32},
               {"MobileNet", "conv_pw_13_relu", 315, 32},
               {"ResNet101", "conv5_block3_out", 1027, 32}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fv_model *model = network(cases[i].name);
    const fv_receptive_field f = field_at(model, cases[i].layer);
    if (f.height != cases[i].size || f.width != cases[i].size || f.step_height != cases[i].step)
      fail_msg("%s %s: %g x %g /%g", cases[i].name, cases[i].layer, f.height, f.width, f.step_height);
    fv_model_destroy(model);
  }
}

/* 15.47 G: convolutions 15,346,630,656 and dense layers 123,633,664. */
static void test_multiply_adds(void **state) {
  (void)state;
  fv_model *model = network("VGG16");
  int64_t sum = 0, bytes = 0;
  for (int32_t node = 1; node <= fv_model_node_count(model); node++) {
    sum += fv_model_node(model, node).multiply_adds;
    bytes += fv_model_node(model, node).activation_bytes;
  }
  assert_int_equal(sum, INT64_C(15346630656) + 25088 * 4096 + 4096 * 4096 + 4096 * 1000);
  const int64_t pixels = 224 * 224;
  const int64_t images = pixels * 3 + pixels * 64 * 2 + pixels / 4 * (64 + 2 * 128) + pixels / 16 * (128 + 3 * 256) +
                         pixels / 64 * (256 + 3 * 512) + pixels / 256 * (512 + 3 * 512) + pixels / 1024 * 512;
  assert_int_equal(bytes, 4 * (images + 25088 + 4096 + 4096 + 1000));
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_windows),   cmocka_unit_test(test_branches),
                                     cmocka_unit_test(test_enlarging), cmocka_unit_test(test_other_places),
                                     cmocka_unit_test(test_means),     cmocka_unit_test(test_shared_layers),
                                     cmocka_unit_test(test_networks),  cmocka_unit_test(test_multiply_adds)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
