/* Steps of a learner beside Keras's: what batch normalization keeps of a batch, by Keras 2 and by Keras 3; what weights
 * cost, in the loss, in gradients and in files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <unistd.h>

#include <fovea/file.h>
#include <fovea/fovea.h>
#include <fovea/head.h>
#include <fovea/learner.h>
#include <fovea/regularizer.h>

static void check(fv_status status) {
  if (status) fail_msg("%s: %s", fv_status_name(status), fv_error_message());
}

static void put(fv_model *model, int32_t weight, float first, float second) {
  float *numbers = fv_model_weight_data(model, weight);
  numbers[0] = first;
  numbers[1] = second;
}

static void expect_near(fv_model *model, int32_t weight, const double expected[2]) {
  const float *numbers = fv_model_weight_data(model, weight);
  for (int i = 0; i < 2; i++)
    if (!(fabs(numbers[i] - expected[i]) < 2e-7))
      fail_msg("%s: %.9g, not %.9g", fv_model_weight(model, weight).path, (double)numbers[i], expected[i]);
}

/* ---- moving statistics */

enum { BATCH = 3 };

static const float numbers[36] = {0.102f,  0.416f,  -0.418f, 0.022f, 0.786f,  0.793f,  -0.749f, -0.586f, -0.897f,
                                  -0.118f, -0.94f,  -0.086f, 0.298f, -0.443f, 0.353f,  0.182f,  -0.952f, 0.118f,
                                  -0.481f, -0.17f,  -0.433f, 0.386f, -0.119f, -0.686f, 0.089f,  0.561f,  -0.387f,
                                  -0.556f, -0.224f, 0.873f,  0.952f, 0.345f,  0.806f,  0.692f,  -0.244f, -0.816f};

/* After one step on the first of these numbers, from (0.1, -0.2) and (0.75, 1.25) and with momentum 0.75, by tf_keras
 * 2.21: of images Keras 2 keeps the unbiased variance, of everything else the biased one; Keras 3 the biased one. */
static const struct {
  int32_t rank;
  int32_t shape[3];
  double mean[2], keras2[2], keras3[2];
} statistics[] = {
    {3, {3, 2, 2}, {0.04086111, -0.13712500}, {0.65209633, 1.00604248}, {0.64711875, 1.00223450}},
    {1, {2}, {0.11416667, -0.04741667}, {0.62327421, 0.96227241}, {0.62327423, 0.96227239}},
    {2, {5, 2}, {0.00880001, -0.13823333}, {0.62518239, 0.99436086}, {0.62518238, 0.99436085}},
};

static fv_model *make_normalised(size_t s) {
  fv_graph *g = fv_graph_create();
  fv_input_layer_options input = {.name = "in"};
  memcpy(input.shape, statistics[s].shape, sizeof statistics[s].shape);
  fv_value x = fv_input_layer_with(g, &input);
  x = fv_batch_normalization(g, x, .momentum = 0.75);
  if (statistics[s].rank > 1) x = fv_flatten(g, x);
  x = fv_dense(g, x, .units = 1);
  fv_model *model;
  check(fv_model_create(&model, g, x));
  check(fv_model_initialize(model, "random:1"));
  put(model, 0, 1.5f, 0.5f);
  put(model, 1, 0.25f, -0.5f);
  put(model, 2, 0.1f, -0.2f);
  put(model, 3, 0.75f, 1.25f);
  fv_model_weights_changed(model);
  return model;
}

static void moving_statistics(void **state) {
  (void)state;
  const float zeros[BATCH] = {0};
  for (size_t s = 0; s < sizeof statistics / sizeof *statistics; s++)
    for (int keras2 = 0; keras2 < 2; keras2++) {
      fv_model *model = make_normalised(s);
      fv_learner *learner;
      check(fv_learner_create(
          &learner, model,
          &(fv_learner_options){
              .loss = "mean_squared_error", .optimizer = "sgd", .batch_size = BATCH, .unbiased_variance = keras2}));
      const float *const inputs[] = {numbers}, *const targets[] = {zeros};
      check(fv_train_on_batch(learner, &(fv_learner_batch){BATCH, inputs, targets, NULL}, NULL));
      expect_near(model, 2, statistics[s].mean);
      expect_near(model, 3, keras2 ? statistics[s].keras2 : statistics[s].keras3);
      fv_learner_destroy(learner);
      fv_model_destroy(model);
    }
}

/* ---- what weights cost */

/* Numbers of the depthwise kernel, the beta and the dense kernel and bias. */
static const struct {
  const char *path;
  fv_regularizer cost;
} costs[] = {
    {"deep/kernel", {0, 0.5}}, {"norm/beta", {0.25, 0}}, {"head/kernel", {0.125, 0.0625}}, {"head/bias", {1, 0}}};
enum { COSTS = sizeof costs / sizeof *costs };

static int32_t weight_called(const fv_model *model, const char *path) {
  for (int32_t i = 0; i < fv_model_weight_count(model); i++)
    if (!strcmp(fv_model_weight(model, i).path, path)) return i;
  fail_msg("no weight %s", path);
  return -1;
}

static fv_model *make_costly(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {4, 4, 2});
  x = fv_depthwise_conv2d(g, x, .kernel_size = {3}, .name = "deep");
  x = fv_batch_normalization(g, x, .name = "norm");
  x = fv_dense(g, fv_flatten(g, x), .units = 2, .name = "head");
  fv_model *model;
  check(fv_model_create(&model, g, x));
  check(fv_model_initialize(model, "by-name:3"));
  for (int i = 0; i < COSTS; i++)
    check(fv_model_set_regularizer(model, weight_called(model, costs[i].path), &costs[i].cost));
  return model;
}

static void expect_costs(const fv_model *model, bool has_head) {
  for (int i = 0; i < COSTS; i++) {
    if (!has_head && strstr(costs[i].path, "head")) continue;
    const fv_regularizer found = fv_model_regularizer(model, weight_called(model, costs[i].path));
    if (found.l1 != costs[i].cost.l1 || found.l2 != costs[i].cost.l2)
      fail_msg("%s: %g, %g", costs[i].path, found.l1, found.l2);
  }
}

static double cost_of(fv_model *model) {
  double sum = 0;
  for (int i = 0; i < COSTS; i++) {
    const int32_t weight = weight_called(model, costs[i].path);
    const fv_shape shape = fv_model_weight(model, weight).shape;
    int64_t count;
    check(fv_shape_elements(&count, &shape));
    sum += fv_regularizer_penalty(&costs[i].cost, fv_model_weight_data(model, weight), count);
  }
  return sum;
}

static void weights_cost_what_they_should(void **state) {
  (void)state;
  fv_model *model = make_costly();
  float x[2 * 32], y[2 * 2] = {0};
  for (int i = 0; i < 64; i++) x[i] = (float)(i % 7) / 7;
  const float *const inputs[] = {x}, *const targets[] = {y};
  fv_learner *learner;
  fv_learner_result result;
  const double cost = cost_of(model);
  check(fv_learner_create(&learner, model,
                          &(fv_learner_options){.loss = "mean_squared_error", .optimizer = "sgd", .batch_size = 2}));
  check(fv_train_on_batch(learner, &(fv_learner_batch){2, inputs, targets, NULL}, &result));
  assert_true(fabs(result.loss - result.data_loss - cost) < 1e-9);
  for (int i = 0; i < 300; i++)
    check(fv_train_on_batch(learner, &(fv_learner_batch){2, inputs, targets, NULL}, &result));
  assert_true(cost_of(model) < cost / 4); /* they have shrunk */
  fv_learner_destroy(learner);
  fv_model_destroy(model);
}

static void files_say_what_weights_cost(void **state) {
  (void)state;
  static const char *const endings[] = {"keras", "h5"};
  fv_model *model = make_costly(), *read, *part;
  for (int i = 0; i < 2; i++) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/fovea-learner-%d.%s", (int)getpid(), endings[i]);
    check(fv_model_save(model, path, NULL));
    check(fv_model_load(&read, path, NULL));
    unlink(path);
    expect_costs(read, true);
    assert_null(fv_model_ignored_regularizers(read));
    check(fv_model_with_head(&part, read, "dense:3", 2, 1));
    expect_costs(part, false);
    fv_model_destroy(part);
    fv_model_destroy(read);
  }
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(moving_statistics),
                                     cmocka_unit_test(weights_cost_what_they_should),
                                     cmocka_unit_test(files_say_what_weights_cost)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
