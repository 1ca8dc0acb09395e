/* Gradients of whole plans against central differences: branches that meet in a concatenation, a value read twice, a
 * residual in an epilogue, a clamp, padding, a layer called twice, a frozen beginning. */
#include <fovea/fovea.h>

#include "graph/train.h"
#include "model/model.h"

#undef fail

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static fv_value conv(fv_graph *g, fv_value x, int32_t filters, int32_t kernel, const char *activation, bool frozen) {
  return fv_conv2d(g, x, .filters = filters, .kernel_size = {kernel, kernel}, .padding = FV_SAME,
                   .activation = activation, .frozen = frozen);
}

/* Everything at once, 6 x 6 pixels. */
static fv_model *make_model(bool frozen_start) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {6, 6, 3});
  x = conv(g, x, 4, 3, "relu", frozen_start);
  fv_value left = fv_conv2d(g, fv_zero_padding2d(g, x), .filters = 3, .kernel_size = {3, 3});
  fv_value right = conv(g, x, 4, 1, NULL, false);
  fv_value sum = fv_add(g, {x, right});
  int32_t shared =
      fv_graph_add(g, "Conv2D", &(fv_conv2d_options){.filters = 4, .kernel_size = {3, 3}, .padding = FV_SAME});
  fv_value twice = fv_graph_call(g, shared, (fv_value[]){fv_graph_call(g, shared, &sum, 1)}, 1);
  fv_value joined = fv_concatenate(g, {left, sum, twice});
  fv_value y = conv(g, fv_average_pooling2d(g, joined), 2, 3, NULL, false);
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, y), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:7"), FV_OK);
  return model;
}

static double run(fv_plan *plan, float *upstream, int64_t count) {
  fv__plan_forward(plan, (fv__draw){0});
  const float *y = fv_plan_output(plan, 0);
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)y[i] * upstream[i];
  return sum;
}

static int64_t elements(fv_shape shape) {
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, &shape), FV_OK);
  return count;
}

/* Compares all gradients; the differences of kinks are few and small. */
static void check(fv_model *model, const char *without, int32_t threads, float **kept) {
  fv_plan *plan;
  const fv_plan_options options = {.batch = 2, .threads = threads, .without = without, .accuracy = FV_ACCURACY_EXACT};
  assert_int_equal(fv__plan_create_training(&plan, model->core, &options, &(fv__training_options){.join = NULL}),
                   FV_OK);
  const fv_shape input = fv_plan_input_shape(plan, 0), output = fv_plan_output_shape(plan, 0);
  const int64_t count = elements(output);
  fv_fill_by_name(fv_plan_input(plan, 0), "input", &input, 1, "input");
  float *upstream = malloc((size_t)count * sizeof *upstream);
  assert_non_null(upstream);
  fv_fill_by_name(upstream, "upstream", &output, 1, "input");
  run(plan, upstream, count);
  fv__seed seed = fv__plan_seed(plan, 0);
  assert_int_equal(seed.joined, FV__JOINED_NONE);
  memcpy(seed.gradient, upstream, (size_t)count * sizeof *upstream);
  fv__plan_backward(plan, false);
  int32_t places;
  int64_t length;
  const fv__gradient_place *place = fv__plan_gradient_places(plan, &places);
  float *gradients = fv__plan_gradients(plan, &length);
  assert_true(places > 0 && length > 0);
  if (*kept) assert_memory_equal(*kept, gradients, (size_t)length * sizeof *gradients);
  free(*kept);
  *kept = malloc((size_t)length * sizeof *gradients);
  assert_non_null(*kept);
  memcpy(*kept, gradients, (size_t)length * sizeof *gradients);
  for (int32_t p = 0; p < places; p++) {
    float *weights = fv_model_weight_data(model, place[p].weight);
    for (int64_t i = 0; i < place[p].count; i++) {
      const float before = weights[i], step = 0x1p-11f;
      weights[i] = before + step;
      const double more = run(plan, upstream, count);
      weights[i] = before - step;
      const double less = run(plan, upstream, count);
      weights[i] = before;
      const double found = (more - less) / (2 * (double)step), gradient = (*kept)[place[p].offset + i];
      if (!(fabs(found - gradient) <= 4e-3 + 5e-3 * fabs(found)))
        fail_msg("%s[%d] is %.7g, not %.7g", fv_model_weight(model, place[p].weight).path, (int)i, gradient, found);
    }
  }
  run(plan, upstream, count);
  memcpy(seed.gradient, upstream, (size_t)count * sizeof *upstream);
  fv__plan_backward(plan, true); /* once more on top */
  for (int64_t i = 0; i < length; i++)
    assert_true(fabs((double)gradients[i] - 2 * (double)(*kept)[i]) <= 1e-4 + 1e-5 * fabs((double)(*kept)[i]));
  free(upstream);
  fv_plan_destroy(plan);
}

static void differences(void **state) {
  (void)state;
  for (int frozen = 0; frozen < 2; frozen++) {
    fv_model *model = make_model(frozen);
    float *kept = NULL;
    check(model, NULL, 1, &kept);
    check(model, NULL, 3, &kept); /* the same bits */
    free(kept);
    kept = NULL;
    check(model, NULL, 1, &kept);
    free(kept);
    fv_model_destroy(model);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(differences)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
