/* The rules that fill weights: what Keras starts with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <fovea/fovea.h>

static fv_model *make_model(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {8, 8, 3});
  x = fv_conv2d(g, x, .filters = 4, .kernel_size = {3, 3});
  x = fv_batch_normalization(g, x);
  x = fv_flatten(g, x);
  x = fv_dense(g, x, .units = 5);
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  return model;
}

/* The bits of all numbers of the weight, "bias", are `expected`'s. */
static void expect_all(fv_model *model, const char *name, float expected) {
  int found = 0;
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    fv_weight_info weight = fv_model_weight(model, i);
    int64_t count;
    if (strcmp(weight.name, name)) continue;
    assert_int_equal(fv_shape_elements(&count, &weight.shape), FV_OK);
    for (int64_t k = 0; k < count; k++)
      assert_memory_equal(&fv_model_weight_data(model, i)[k], &expected, sizeof expected);
    found++;
  }
  assert_true(found > 0);
}

static void zeros_and_ones_are_exact(void **state) {
  (void)state;
  fv_model *model = make_model();
  assert_int_equal(fv_model_initialize(model, "random:1"), FV_OK);
  expect_all(model, "bias", 0.0F);
  expect_all(model, "beta", 0.0F);
  expect_all(model, "moving_mean", 0.0F);
  expect_all(model, "gamma", 1.0F);
  expect_all(model, "moving_variance", 1.0F);
  fv_model_destroy(model);
}

/* Glorot and Bengio's bound, nearly reached on both sides. */
static void kernels_fill_their_range(void **state) {
  (void)state;
  fv_model *model = make_model();
  assert_int_equal(fv_model_initialize(model, "random:1"), FV_OK);
  fv_weight_info kernel = fv_model_weight(model, 0);
  assert_string_equal(kernel.name, "kernel");
  const float *values = fv_model_weight_data(model, 0);
  const double bound = sqrt(6.0 / (9 * (3 + 4)));
  double least = 0, most = 0;
  for (int i = 0; i < 3 * 3 * 3 * 4; i++) {
    if ((double)values[i] < least) least = (double)values[i];
    if ((double)values[i] > most) most = (double)values[i];
  }
  assert_true(least >= -bound && least < -0.9 * bound && most <= bound && most > 0.9 * bound);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(zeros_and_ones_are_exact),
                                     cmocka_unit_test(kernels_fill_their_range)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
