/* Heads: words become layers after a network whose weights stay, and wrong words are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fovea/head.h>
#include <fovea/layers.h>

static fv_model *make_model(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {8, 8, 3});
  x = fv_conv2d(g, x, .filters = 4, .kernel_size = {3}, .activation = "relu", .frozen = true);
  x = fv_flatten(g, x);
  x = fv_dense(g, x, .units = 6, .activation = "relu");
  x = fv_dense(g, x, .units = 10, .activation = "softmax");
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  return model;
}

static void layers_are_replaced(void **state) {
  (void)state;
  fv_model *model = make_model(), *made;
  assert_int_equal(fv_model_with_head(&made, model, " dense:5:relu dropout:0.5  batch_normalization ", 3, 7), FV_OK);
  assert_int_equal(fv_model_output_shape(made, 0).dims[1], 3);
  const int32_t count = fv_model_layer_count(made);
  assert_string_equal(fv_model_layer(made, count - 1).name, "predictions");
  assert_string_equal(fv_model_layer(made, count - 2).kind, "BatchNormalization");
  assert_string_equal(fv_model_layer(made, count - 3).kind, "Dropout");
  assert_string_equal(fv_model_layer(made, count - 4).kind, "Dense");
  assert_true(fv_model_layer(made, 1).frozen);
  const int32_t conv = fv_model_layer(made, 1).weights[0], old = fv_model_layer(model, 1).weights[0];
  assert_memory_equal(fv_model_weight_data(made, conv), fv_model_weight_data(model, old), 27 * 4 * sizeof(float));
  fv_model *again;
  assert_int_equal(fv_model_with_head(&again, made, "", 2, 7), FV_OK);
  assert_int_equal(fv_model_output_shape(again, 0).dims[1], 2);
  assert_int_equal(fv_model_layer_count(again), count);
  fv_model_destroy(again);
  fv_model_destroy(made);
  fv_model_destroy(model);
}

static void images_are_pooled(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {8, 8, 3});
  x = fv_conv2d(g, x, .filters = 4, .kernel_size = {3}, .activation = "relu");
  fv_model *model, *made;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  const char *const heads[] = {NULL, "average", "max", "flatten", "dense:2"};
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
    assert_int_equal(fv_model_with_head(&made, model, heads[i], 2, 1), FV_OK);
    assert_int_equal(fv_model_output_shape(made, 0).rank, 2);
    fv_model_destroy(made);
  }
  fv_model_destroy(model);
}

static void wrong_words_are_refused(void **state) {
  (void)state;
  static const char *const words[] = {"dens:3",         "dense",     "dense:0", "dense:1.5", "dense:3:nothing",
                                      "dense:3:relu:4", "dropout:1", "dropout", "flatten:2"};
  fv_model *model = make_model(), *made;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    assert_int_not_equal(fv_model_with_head(&made, model, words[i], 2, 1), FV_OK);
    assert_null(made);
  }
  assert_int_equal(fv_model_with_head(&made, model, "", 1, 1), FV_ERROR_INVALID);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layers_are_replaced),
      cmocka_unit_test(images_are_pooled),
      cmocka_unit_test(wrong_words_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
