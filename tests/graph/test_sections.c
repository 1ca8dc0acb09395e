/* Runs that change values, plans of the part behind given values, and gradients at inference by values in the middle:
 * on a network with branches, a residual, a layer called twice, dropout and normalisation. */
#include <fovea/fovea.h>

#include "graph/train.h"
#include "model/model.h"

#undef fail /* cmocka has its own */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 5 };

static fv_model *make_model(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {8, 8, 3});
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
  joined = fv_dropout(g, fv_average_pooling2d(g, joined), .rate = 0.5, .name = "drop");
  x = fv_dense(g, fv_flatten(g, joined), .units = CLASSES, .activation = "softmax", .name = "answer");
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(model, "random:3"), FV_OK);
  return model;
}

static int32_t node_of(const fv_model *model, const char *layer) {
  return fv_model_layer(model, fv_model_find_layer(model, layer)).nodes[0];
}

static fv_plan *run_plan(fv_model *model) {
  fv_plan *plan;
  assert_int_equal(fv_plan_create(&plan, model, &(fv_plan_options){.mode = FV_PLAN_INSPECT}), FV_OK);
  const fv_shape shape = fv_plan_input_shape(plan, 0);
  fv_fill_by_name(fv_plan_input(plan, 0), "input", &shape, 1, "input");
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  return plan;
}

static float *read_node(const fv_plan *plan, int32_t node) {
  const fv_shape shape = fv_plan_shape(plan, (fv_value){node, 0});
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, &shape), FV_OK);
  float *numbers = malloc((size_t)count * sizeof *numbers);
  assert_int_equal(fv_plan_read(plan, (fv_value){node, 0}, numbers), FV_OK);
  return numbers;
}

/* Channel 1 is 0, channel 2 three times as large. */
static void disturb(void *context, const fv__view *value) {
  ++*(int *)context;
  for (int64_t h = 0; h < value->h; h++)
    for (int64_t w = 0; w < value->w; w++) {
      float *pixel = value->data + h * value->row + w * value->pixel;
      pixel[1] = 0;
      pixel[2] *= 3;
    }
}

static void one_change_is_a_run_from_there(void **state) {
  (void)state;
  fv_model *model = make_model();
  fv_plan *plan = run_plan(model), *other = run_plan(model);
  const char *const names[] = {"first", "left", "right", "norm", "sum", "joined", "drop"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const int32_t node = node_of(model, names[i]);
    const fv_shape shape = fv_plan_shape(plan, (fv_value){node, 0});
    float *numbers = read_node(other, node);
    fv__view view = fv__view_dense(numbers, 1, shape.dims[1], shape.dims[2], shape.dims[3]);
    int calls = 0;
    disturb(&calls, &view);
    assert_int_equal(fv_run(other, &(fv_run_options){.from = {node, 0}, .from_data = numbers}), FV_OK);
    const fv__change change = {node, disturb, NULL, &calls};
    assert_int_equal(fv__run_changed(plan, &change, 1, NULL), FV_OK);
    assert_int_equal(calls, 2);
    assert_memory_equal(fv_plan_output(plan, 0), fv_plan_output(other, 0), CLASSES * sizeof(float));
    float *changed = read_node(plan, node);
    assert_memory_equal(changed, numbers, sizeof(float) * 4);
    free(changed);
    free(numbers);
    assert_int_equal(fv_run(other, NULL), FV_OK);
  }
  fv_plan_destroy(plan);
  fv_plan_destroy(other);
  fv_model_destroy(model);
}

static bool count_steps(void *context, const fv_step_event *event) {
  (void)event;
  ++*(int *)context;
  return true;
}

static void several_changes_come_and_go(void **state) {
  (void)state;
  fv_model *model = make_model();
  fv_plan *plan = run_plan(model), *fresh;
  float before[CLASSES], whole[CLASSES];
  memcpy(before, fv_plan_output(plan, 0), sizeof before);
  int calls = 0, all = 0, some = 0;
  const fv__change changes[] = {{node_of(model, "left"), disturb, NULL, &calls},
                                {node_of(model, "norm"), disturb, NULL, &calls}};

  assert_int_equal(fv_plan_create(&fresh, model, &(fv_plan_options){.mode = FV_PLAN_INSPECT}), FV_OK);
  const fv_shape shape = fv_plan_input_shape(fresh, 0);
  fv_fill_by_name(fv_plan_input(fresh, 0), "input", &shape, 1, "input");
  assert_int_equal(fv__run_changed(fresh, changes, 2, &(fv_run_options){.callback = count_steps, .context = &all}),
                   FV_OK);
  assert_int_equal(all, fv_plan_step_count(fresh));
  memcpy(whole, fv_plan_output(fresh, 0), sizeof whole);
  fv_plan_destroy(fresh);

  assert_int_equal(fv__run_changed(plan, changes, 2, &(fv_run_options){.callback = count_steps, .context = &some}),
                   FV_OK);
  assert_true(some < all);
  assert_memory_equal(whole, fv_plan_output(plan, 0), sizeof whole);
  assert_true(memcmp(whole, before, sizeof before) != 0);
  assert_int_equal(fv__run_changed(plan, changes + 1, 1, NULL), FV_OK); /* the first goes */
  assert_int_equal(fv__run_changed(plan, changes, 2, NULL), FV_OK);     /* and comes again */
  assert_memory_equal(whole, fv_plan_output(plan, 0), sizeof whole);
  assert_int_equal(fv__run_changed(plan, NULL, 0, NULL), FV_OK);
  assert_memory_equal(before, fv_plan_output(plan, 0), sizeof before);

  assert_int_equal(fv__run_changed(plan, changes, 2, NULL), FV_OK);
  float *left = read_node(plan, node_of(model, "left")); /* a start in the middle knows of no changes */
  assert_int_equal(fv_run(plan, &(fv_run_options){.from = {node_of(model, "left"), 0}, .from_data = left}), FV_OK);
  free(left);
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  assert_memory_equal(before, fv_plan_output(plan, 0), sizeof before);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

/* What a section behind `names` needs: these nodes' values from a plan that has run. */
static fv_plan *make_section(fv_model *model, const fv_plan *from, const int32_t *nodes, int32_t count, int32_t batch) {
  fv_plan *plan;
  assert_int_equal(
      fv__plan_create_section(&plan, model->core, &(fv_plan_options){.batch = batch}, &(fv__section){nodes, count}),
      FV_OK);
  for (int32_t i = 0; i < count; i++) {
    float *numbers = read_node(from, nodes[i]);
    for (int32_t image = 0; image < batch; image++) fv__plan_give(plan, nodes[i], image, numbers);
    free(numbers);
  }
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  return plan;
}

static void a_section_goes_on_from_given_values(void **state) {
  (void)state;
  fv_model *model = make_model();
  fv_plan *plan = run_plan(model);
  const struct {
    const char *names[2];
    int32_t count;
  } cases[] = {{{"first"}, 1}, {{"sum", "left"}, 2}, {{"left", "first"}, 2}, {{"joined"}, 1}, {{"drop"}, 1}};
  int32_t steps = fv_plan_step_count(plan);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int32_t nodes[2];
    for (int32_t k = 0; k < cases[i].count; k++) nodes[k] = node_of(model, cases[i].names[k]);
    fv_plan *section = make_section(model, plan, nodes, cases[i].count, 3);
    assert_true(fv_plan_step_count(section) < steps);
    for (int k = 0; k < 3 * CLASSES; k++)
      assert_float_equal(fv_plan_output(section, 0)[k], fv_plan_output(plan, 0)[k % CLASSES], 1e-6);
    fv_plan_destroy(section);
  }
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

static bool go_on(void *context) { return context != NULL; }

/* The logit of class 2 less the mean of all: what the probabilities know of logits. */
static double score_of(const float *probabilities) {
  double mean = 0;
  for (int c = 0; c < CLASSES; c++) mean += log((double)probabilities[c]) / CLASSES;
  return log((double)probabilities[2]) - mean;
}

/* Gradients of that score by the value of every layer, against central differences of a run from there. */
static void gradients_by_values_in_the_middle(void **state) {
  (void)state;
  fv_model *model = make_model();
  fv_plan *plan = run_plan(model), *back;
  const char *const names[] = {"first", "left", "right", "norm", "sum", "joined", "drop"};
  enum { NAMES = sizeof names / sizeof *names };
  int32_t nodes[NAMES];
  for (int i = 0; i < NAMES; i++) nodes[i] = node_of(model, names[i]);
  const fv__joined join = FV__JOINED_SOFTMAX;
  const fv__training_options options = {
      .join = &join, .at_inference = true, .wanted = nodes, .wanted_count = NAMES, .section = &(fv__section){nodes, 1}};
  assert_int_equal(fv__plan_create_training(&back, model->core, &(fv_plan_options){0}, &options), FV_OK);
  float *first = read_node(plan, nodes[0]);
  fv__plan_give(back, nodes[0], 0, first);
  free(first);
  assert_int_equal(fv_run(back, NULL), FV_OK);
  const fv__seed seed = fv__plan_seed(back, 0);
  assert_int_equal(seed.joined, FV__JOINED_SOFTMAX);
  for (int c = 0; c < CLASSES; c++) seed.gradient[c] = (c == 2 ? 1 : 0) - 1.0f / CLASSES;
  assert_false(fv__plan_backward_while(back, NULL, 0, go_on, NULL));
  assert_true(fv__plan_backward_while(back, NULL, 0, go_on, plan));
  for (int i = 0; i < NAMES; i++) {
    const fv__view gradient = fv__plan_gradient(back, nodes[i]);
    assert_non_null(gradient.data);
    const int64_t count = gradient.h * gradient.w * gradient.c;
    float *found = malloc((size_t)count * sizeof *found), *numbers = read_node(plan, nodes[i]);
    fv__view_read(&gradient, found);
    for (int64_t k = 0; k < count; k += 7) {
      double score[2];
      const float before = numbers[k];
      for (int side = 0; side < 2; side++) {
        numbers[k] = before + (side ? -0x1p-6f : 0x1p-6f);
        assert_int_equal(fv_run(plan, &(fv_run_options){.from = {nodes[i], 0}, .from_data = numbers}), FV_OK);
        score[side] = score_of(fv_plan_output(plan, 0));
      }
      numbers[k] = before;
      const double expected = (score[0] - score[1]) / 0x1p-5;
      if (!(fabs(expected - (double)found[k]) <= 1e-4 + 2e-3 * fabs(expected)))
        fail_msg("%s[%d]: %.6g, expected %.6g", names[i], (int)k, (double)found[k], expected);
    }
    free(found);
    free(numbers);
  }
  fv_plan_destroy(plan);
  fv_plan_destroy(back);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_change_is_a_run_from_there),
      cmocka_unit_test(several_changes_come_and_go),
      cmocka_unit_test(a_section_goes_on_from_given_values),
      cmocka_unit_test(gradients_by_values_in_the_middle),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
