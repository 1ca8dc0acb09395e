/* A small network with all that makes explanations hard, and a run of it: branches, a residual, a layer called twice,
 * dropout, normalisation, strides, softmax. */
#ifndef FOVEA_TESTS_EXPLAIN_SMALL_H
#define FOVEA_TESTS_EXPLAIN_SMALL_H

#include <stdlib.h>

#include <fovea/fovea.h>

enum { SMALL_CLASSES = 5 };

static inline fv_model *small_model(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {9, 8, 3}, .name = "picture");
  x = fv_conv2d(g, x, .filters = 4, .kernel_size = {3, 3}, .padding = FV_SAME, .activation = "tanh", .name = "first");
  fv_value left = fv_conv2d(g, x, .filters = 4, .kernel_size = {3, 3}, .padding = FV_SAME, .name = "left");
  fv_value right = fv_separable_conv2d(g, x, .filters = 4, .kernel_size = {3, 3}, .padding = FV_SAME, .name = "right");
  right = fv_batch_normalization(g, right, .name = "norm");
  fv_value sum = fv_add(g, {left, right, x}, .name = "sum");
  int32_t shared = fv_graph_add(
      g, "Conv2D",
      &(fv_conv2d_options){.filters = 4, .kernel_size = {1, 1}, .activation = "sigmoid", .name = "shared"});
  fv_value twice = fv_graph_call(g, shared, (fv_value[]){fv_graph_call(g, shared, &sum, 1)}, 1);
  fv_value joined = fv_concatenate(g, {twice, sum, left}, .name = "joined");
  x = fv_conv2d(g, joined, .filters = 6, .kernel_size = {3, 3}, .strides = {2, 2}, .activation = "tanh",
                .name = "last");
  x = fv_dropout(g, fv_max_pooling2d(g, x, .name = "pool"), .rate = 0.5, .name = "drop");
  x = fv_dense(g, fv_flatten(g, x, .name = "flat"), .units = SMALL_CLASSES, .activation = "softmax", .name = "answer");
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(model, "random:3"), FV_OK);
  return model;
}

static inline int32_t layer_of(const fv_model *model, const char *layer) {
  const int32_t index = fv_model_find_layer(model, layer);
  assert_true(index >= 0);
  return index;
}

static inline fv_value value_of(const fv_model *model, const char *layer) {
  return (fv_value){fv_model_layer(model, layer_of(model, layer)).nodes[0], 0};
}

static inline int64_t elements_of(const fv_shape *shape) {
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, shape), FV_OK);
  return count;
}

/* An inspected run on inputs that follow from the rule. */
static inline fv_plan *run_inspected(fv_model *model) {
  fv_plan *plan;
  if (fv_plan_create(&plan, model, &(fv_plan_options){.mode = FV_PLAN_INSPECT})) fail_msg("%s", fv_error_message());
  for (int32_t i = 0; i < fv_model_input_count(model); i++) {
    const fv_shape shape = fv_plan_input_shape(plan, i);
    fv_fill_by_name(fv_plan_input(plan, i), fv_model_input_name(model, i), &shape, 1, "input");
  }
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  return plan;
}

/* A copy of a value; to be freed. */
static inline float *read_value(const fv_plan *plan, fv_value value) {
  const fv_shape shape = fv_plan_shape(plan, value);
  float *numbers = malloc((size_t)elements_of(&shape) * sizeof *numbers);
  assert_non_null(numbers);
  assert_int_equal(fv_plan_read(plan, value, numbers), FV_OK);
  return numbers;
}

#endif
