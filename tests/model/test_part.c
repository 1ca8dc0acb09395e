/* Parts of models, and where a classifier's description of a picture is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/layers.h>
#include <fovea/plan.h>
#include <fovea/predict.h>
#include <fovea/zoo.h>

#include <math.h>
#include <string.h>

/* Two branches, one layer called twice, a module, a head. */
static fv_model *make_net(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .name = "in", .shape = {8, 8, 3});
  fv_graph_begin_module(g, "stem");
  x = fv_conv2d(g, x, .name = "conv", .filters = 4, .kernel_size = {3}, .padding = FV_SAME, .frozen = true);
  fv_graph_end_module(g);
  const int32_t shared = fv_graph_add(
      g, "Conv2D", &(fv_conv2d_options){.name = "shared", .filters = 4, .kernel_size = {3}, .padding = FV_SAME});
  fv_value a = fv_graph_call(g, shared, &x, 1), b = fv_graph_call(g, shared, &a, 1);
  fv_value sum = fv_add(g, {a, b}, .name = "sum");
  fv_value y = fv_global_average_pooling2d(g, sum, .name = "pool");
  y = fv_dropout(g, y, .name = "drop", .rate = 0.5);
  y = fv_dense(g, y, .name = "head", .units = 5);
  y = fv_softmax(g, y, .name = "probabilities");
  fv_model *model;
  if (fv_model_create(&model, g, y)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_model_initialize(model, "by-name:3"), FV_OK);
  return model;
}

static fv_value value_of(const fv_model *model, const char *layer) {
  fv_value value;
  if (fv_model_features(&value, model, layer)) fail_msg("%s", fv_error_message());
  return value;
}

static const char *layer_of(const fv_model *model, fv_value value) {
  return fv_model_layer(model, fv_model_node(model, value.node).layer).name;
}

/* The part's output, and what the whole model has at that place. */
static void expect_part(fv_model *model, const char *layer, int32_t layers, int32_t weights) {
  fv_model *part;
  fv_plan *whole, *small;
  fv_value value = value_of(model, layer);
  if (fv_model_cut(&part, model, value)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_model_layer_count(part), layers);
  assert_int_equal(fv_model_weight_count(part), weights);
  assert_string_equal(fv_model_output_name(part, 0), layer);
  assert_string_equal(fv_model_name(part), fv_model_name(model));
  assert_int_equal(fv_plan_create(&whole, model, &(fv_plan_options){.mode = FV_PLAN_INSPECT, .threads = 1}), FV_OK);
  assert_int_equal(fv_plan_create(&small, part, &(fv_plan_options){.mode = FV_PLAN_INSPECT, .threads = 1}), FV_OK);
  const fv_shape input = fv_plan_input_shape(whole, 0), output = fv_plan_output_shape(small, 0);
  fv_fill_by_name(fv_plan_input(whole, 0), "input", &input, 1, "input");
  fv_fill_by_name(fv_plan_input(small, 0), "input", &input, 1, "input");
  assert_int_equal(fv_run(whole, NULL), FV_OK);
  assert_int_equal(fv_run(small, NULL), FV_OK);
  float expected[512];
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, &output), FV_OK);
  assert_true(count <= 512);
  assert_int_equal(fv_plan_read(whole, value, expected), FV_OK);
  assert_memory_equal(fv_plan_output(small, 0), expected, (size_t)count * sizeof(float));
  fv_plan_destroy(whole);
  fv_plan_destroy(small);
  fv_model_destroy(part);
}

static void parts_equal_the_whole(void **state) {
  (void)state;
  fv_model *model = make_net();
  expect_part(model, "stem/conv", 2, 2);
  expect_part(model, "shared", 3, 4);
  expect_part(model, "sum", 4, 4);
  expect_part(model, "pool", 5, 4);
  expect_part(model, "probabilities", 8, 6);
  fv_model_destroy(model);
}

/* What is set on a part or on its layers stays its own; what the model knows comes along. */
static void parts_are_models_of_their_own(void **state) {
  (void)state;
  fv_model *model = make_net(), *part;
  fv_preprocessing preprocessing = {0};
  assert_int_equal(fv_preprocessing_parse(&preprocessing, "tf"), FV_OK);
  assert_int_equal(fv_model_set_preprocessing(model, &preprocessing), FV_OK);
  assert_int_equal(fv_model_cut(&part, model, value_of(model, "sum")), FV_OK);
  assert_int_equal(fv_model_preprocessing(part).mode, preprocessing.mode);
  assert_true(fv_model_layer(part, fv_model_find_layer(part, "stem/conv")).frozen);
  assert_int_equal(fv_model_layer(part, fv_model_find_layer(part, "stem/conv")).trainable_parameters, 0);
  assert_int_equal(fv_model_layer(part, fv_model_find_layer(part, "shared")).node_count, 2);
  const float before = fv_model_weight_data(part, 0)[0];
  fv_model_weight_data(model, 0)[0] = before + 1;
  assert_true(fv_model_weight_data(part, 0)[0] == before);
  fv_model_destroy(model);
  fv_model_destroy(part);
}

static void values_of_nobody_are_refused(void **state) {
  (void)state;
  fv_model *model = make_net(), *part;
  fv_value value;
  assert_int_equal(fv_model_cut(&part, model, (fv_value){0, 0}), FV_ERROR_INVALID);
  assert_null(part);
  assert_int_equal(fv_model_cut(&part, model, (fv_value){99, 0}), FV_ERROR_INVALID);
  assert_int_equal(fv_model_features(&value, model, "absent"), FV_ERROR_NOT_FOUND);
  fv_model_destroy(model);
}

static void expect_zoo_features(const char *name, bool no_top, const char *layer) {
  fv_model *model;
  if (fv_zoo_build(&model, name, &(fv_zoo_options){.no_top = no_top})) fail_msg("%s", fv_error_message());
  assert_string_equal(layer_of(model, value_of(model, NULL)), layer);
  fv_model_destroy(model);
}

static void heads_are_found(void **state) {
  (void)state;
  fv_model *model = make_net();
  assert_string_equal(layer_of(model, value_of(model, NULL)), "drop");
  fv_model_destroy(model);
  expect_zoo_features("VGG16", false, "fc2");
  expect_zoo_features("VGG16", true, "block5_pool");
  expect_zoo_features("MobileNet", false, "dropout");
  expect_zoo_features("MobileNet", true, "conv_pw_13_relu");
}

/* Rows of an unusual shape; a picture that cannot be read leaves zeros and says why. */
static void outputs_come_as_they_are(void **state) {
  (void)state;
  fv_model *model = make_net(), *part;
  fv_preprocessing preprocessing = {0};
  assert_int_equal(fv_preprocessing_parse(&preprocessing, "scale:1/255"), FV_OK);
  assert_int_equal(fv_model_set_preprocessing(model, &preprocessing), FV_OK);
  assert_int_equal(fv_model_cut(&part, model, value_of(model, "sum")), FV_OK);
  uint8_t pixels[2][8 * 8 * 3];
  for (int i = 0; i < 192; i++) pixels[0][i] = (uint8_t)i, pixels[1][i] = (uint8_t)(255 - i);
  const fv_picture pictures[] = {{.pixels = pixels[0], .width = 8, .height = 8},
                                 {.path = "nowhere.png"},
                                 {.pixels = pixels[1], .width = 8, .height = 8}};
  fv_predictor *predictor;
  fv_prediction results[3];
  fv_tensor all, one;
  assert_int_equal(fv_predictor_create(&predictor, part, NULL), FV_ERROR_SHAPE); /* no classifier */
  assert_int_equal(
      fv_predictor_create(&predictor, part, &(fv_predict_options){.batch = 2, .threads = 1, .any_output = true}),
      FV_OK);
  assert_int_equal(fv_predictor_run(predictor, pictures, 1, results), FV_ERROR_SHAPE); /* no classifier */
  fv_prediction_destroy(results, 1);
  assert_int_equal(fv_predictor_outputs(predictor, pictures, 0, &all, results), FV_ERROR_INVALID);
  if (fv_predictor_outputs(predictor, pictures, 3, &all, results)) fail_msg("%s", fv_error_message());
  assert_true(fv_shape_equal(&all.shape, &(fv_shape){4, {3, 8, 8, 4}}));
  assert_int_equal(results[0].status, FV_OK);
  assert_int_equal(results[1].status, FV_ERROR_NOT_FOUND);
  assert_non_null(strstr(results[1].message, "nowhere.png"));
  for (int i = 0; i < 256; i++) assert_true(all.data[256 + i] == 0);
  fv_prediction_destroy(results, 3);
  assert_int_equal(fv_predictor_outputs(predictor, pictures + 2, 1, &one, results), FV_OK);
  assert_memory_equal(one.data, all.data + 512, 256 * sizeof(float));
  fv_prediction_destroy(results, 1);
  fv_tensor_destroy(&all);
  fv_tensor_destroy(&one);
  fv_predictor_destroy(predictor);
  fv_model_destroy(part);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parts_equal_the_whole),        cmocka_unit_test(parts_are_models_of_their_own),
      cmocka_unit_test(values_of_nobody_are_refused), cmocka_unit_test(heads_are_found),
      cmocka_unit_test(outputs_come_as_they_are),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
