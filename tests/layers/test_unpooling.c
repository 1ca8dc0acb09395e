/* MaxUnpooling2D: PyTorch's numbers (tools/make-unpooling), ties and rows that no window covers among them,
 * at every CPU level; in a network with everything else; what does not fit is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/cpu.h>
#include <fovea/layers.h>
#include <fovea/learner.h>
#include <fovea/receptive_field.h>

#include "support/golden.h"

#include <cmocka.h>

static void fill(float *numbers, const json_t *list) {
  for (size_t i = 0; i < json_array_size(list); i++) numbers[i] = (float)json_number_value(json_array_get(list, i));
}

static int32_t whole(const json_t *one, const char *key) {
  return (int32_t)json_integer_value(json_object_get(one, key));
}

static fv_pair pool_of(const json_t *one) {
  const json_t *pool = json_object_get(one, "pool");
  return (fv_pair){(int32_t)json_integer_value(json_array_get(pool, 0)),
                   (int32_t)json_integer_value(json_array_get(pool, 1))};
}

static fv_model *model_of(const json_t *one) {
  const int32_t h = whole(one, "height"), w = whole(one, "width"), c = whole(one, "channels");
  const fv_pair pool = pool_of(one);
  fv_graph *g = fv_graph_create();
  fv_model *model;
  const fv_value small = fv_input(g, .name = "small", .shape = {h / pool.height, w / pool.width, c});
  const fv_value before = fv_input(g, .name = "before", .shape = {h, w, c});
  const fv_value y = fv_max_unpooling2d(g, {small, before}, .pool_size = pool);
  const fv_value inputs[] = {small, before};
  if (fv_model_create_with(&model, g, inputs, 2, &y, 1)) fail_msg("%s", fv_error_message());
  return model;
}

static void numbers_are_torchs(void **state) {
  (void)state;
  json_t *cases = golden_json("unpooling.json");
  assert_true(json_array_size(cases) == 3);
  for (fv_cpu_level level = FV_CPU_BASELINE; level <= fv_cpu_best(); level++)
    for (size_t i = 0; i < json_array_size(cases); i++) {
      const json_t *one = json_array_get(cases, i), *output = json_object_get(one, "output");
      assert_int_equal(fv_cpu_set_level(level), FV_OK);
      fv_model *model = model_of(one);
      fv_plan *plan;
      if (fv_plan_create(&plan, model, &(fv_plan_options){.batch = 2})) fail_msg("%s", fv_error_message());
      fill(fv_plan_input(plan, 0), json_object_get(one, "small"));
      fill(fv_plan_input(plan, 1), json_object_get(one, "before"));
      for (int run = 0; run < 2; run++) { /* the second writes over the first */
        assert_int_equal(fv_run(plan, NULL), FV_OK);
        for (size_t k = 0; k < json_array_size(output); k++)
          if (fv_plan_output(plan, 0)[k] != (float)json_number_value(json_array_get(output, k)))
            fail_msg("case %d, number %d: %g", (int)i, (int)k, (double)fv_plan_output(plan, 0)[k]);
      }
      fv_plan_destroy(plan);
      fv_model_destroy(model);
    }
  json_decref(cases);
}

/* Down and up around a convolution, as a segmenter is taught: the loss falls. */
static void a_network_learns_through_it(void **state) {
  (void)state;
  enum { SIDE = 8, BATCH = 2 };
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {SIDE, SIDE, 1});
  const fv_value before = fv_conv2d(g, x, .filters = 6, .kernel_size = {3}, .padding = FV_SAME, .activation = "relu");
  x = fv_max_pooling2d(g, before);
  x = fv_conv2d(g, x, .filters = 6, .kernel_size = {3}, .padding = FV_SAME, .activation = "relu");
  x = fv_max_unpooling2d(g, {x, before});
  x = fv_conv2d(g, x, .filters = 2, .kernel_size = {3}, .padding = FV_SAME, .activation = "softmax");
  fv_model *model;
  fv_learner *learner;
  if (fv_model_create(&model, g, x)) fail_msg("%s", fv_error_message());
  assert_int_equal(fv_model_initialize(model, "random:1"), FV_OK);
  float pixels[BATCH * SIDE * SIDE], labels[BATCH * SIDE * SIDE];
  for (int i = 0; i < BATCH * SIDE * SIDE; i++) {
    labels[i] = (i % SIDE) / 4 == (i / SIDE % SIDE) / 4;
    pixels[i] = labels[i] * 2 - 1 + (float)(i * 7 % 10) / 20;
  }
  const fv_learner_options options = {.loss = "pixel",
                                      .optimizer = "adam",
                                      .batch_size = BATCH,
                                      .optimizer_options = &(fv_optimizer_options){.learning_rate = 0.01}};
  if (fv_learner_create(&learner, model, &options)) fail_msg("%s", fv_error_message());
  const fv_learner_batch batch = {
      .count = BATCH, .inputs = (const float *const[]){pixels}, .targets = (const float *const[]){labels}};
  double first = 0, last = 0;
  for (int step = 0; step < 60; step++) {
    fv_learner_result found;
    if (fv_train_on_batch(learner, &batch, &found)) fail_msg("%s", fv_error_message());
    if (step == 0) first = found.loss;
    last = found.loss;
  }
  if (!(last < first / 4)) fail_msg("the loss went from %g to %g", first, last);
  fv_learner_destroy(learner);
  fv_model_destroy(model);
}

/* A place sees its number of the small map, and the whole window that decides whether it stands here. */
static void places_see_their_windows(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {16, 20, 3});
  const fv_value before = fv_conv2d(g, x, .filters = 4, .kernel_size = {3}, .padding = FV_SAME);
  fv_value y = fv_max_unpooling2d(g, {fv_max_pooling2d(g, before), before});
  fv_model *model;
  fv_receptive_box box;
  if (fv_model_create(&model, g, y)) fail_msg("%s", fv_error_message());
  y = (fv_value){fv_model_node_count(model), 0};
  if (fv_model_receptive_box(&box, model, NULL, y, 7, 4)) fail_msg("%s", fv_error_message());
  assert_true(box.top == 5 && box.height == 4 && box.left == 3 && box.width == 4);
  if (fv_model_receptive_box(&box, model, NULL, y, 0, 19)) fail_msg("%s", fv_error_message());
  assert_true(box.top == -1 && box.height == 4 && box.seen_top == 0 && box.seen_height == 3);
  assert_true(box.left == 17 && box.seen_left == 17 && box.seen_width == 3);
  fv_model_destroy(model);
}

static void refused(fv_graph *g, fv_value y, const char *words) {
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, y), FV_ERROR_SHAPE);
  if (!strstr(fv_error_message(), words)) fail_msg("'%s' does not say '%s'", fv_error_message(), words);
}

static void wrong_shapes_are_refused(void **state) {
  (void)state;
  static const int32_t wrong[][3] = {{3, 2, 5}, {2, 3, 5}, {2, 2, 4}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    fv_graph *g = fv_graph_create();
    const fv_value small = fv_input(g, .shape = {wrong[i][0], wrong[i][1], wrong[i][2]});
    refused(g, fv_max_unpooling2d(g, {small, fv_input(g, .shape = {4, 5, 5})}),
            "is not what pooling by 2 x 2 makes of");
  }
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {-1, -1, 3}), y = fv_max_unpooling2d(g, {fv_max_pooling2d(g, x), x});
  const fv_shape shape = fv_graph_shape(g, y);
  assert_true(shape.rank == 4 && shape.dims[1] == -1 && shape.dims[3] == 3);
  fv_graph_destroy(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_torchs), cmocka_unit_test(a_network_learns_through_it),
      cmocka_unit_test(places_see_their_windows), cmocka_unit_test(wrong_shapes_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
