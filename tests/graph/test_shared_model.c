/* Several threads make plans of one model, run and end them at the same time, at different batch sizes, modes and
 * numbers of threads: each gets the answers it gets alone. Made for ThreadSanitizer. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <fovea/fovea.h>

#undef fail

enum { THREADS = 4, ROUNDS = 12, CLASSES = 5 };

static fv_model *build(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {12, 10, 3});
  x = fv_conv2d(g, x, .filters = 16, .kernel_size = {3}, .padding = FV_SAME, .no_bias = true);
  x = fv_re_lu(g, fv_batch_normalization(g, x), .max_value = 6);
  fv_value y = fv_depthwise_conv2d(g, x, .kernel_size = {3}, .padding = FV_SAME);
  x = fv_add(g, {x, fv_conv2d(g, y, .filters = 16, .kernel_size = {1})});
  x = fv_global_average_pooling2d(g, x);
  x = fv_dense(g, x, .units = CLASSES, .activation = "softmax");
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:4"), FV_OK);
  return model;
}

/* One plan from beginning to end; the first image's answer. Returns a status: cmocka asserts on the main thread only.
 */
static fv_status answer(fv_model *model, int32_t round, float classes[CLASSES]) {
  const fv_plan_options options = {
      .batch = 1 + round % 2, .threads = 1 + round % 3, .mode = round % 4 ? FV_PLAN_INFER : FV_PLAN_INSPECT};
  fv_plan *plan;
  fv_status status = fv_plan_create(&plan, model, &options);
  if (status) return status;
  const fv_shape shape = fv_plan_input_shape(plan, 0);
  fv_fill_by_name(fv_plan_input(plan, 0), "image", &shape, 6, "input");
  for (int run = 0; run < 3 && !status; run++) status = fv_run(plan, NULL);
  memcpy(classes, fv_plan_output(plan, 0), CLASSES * sizeof *classes);
  fv_plan_destroy(plan);
  return status;
}

typedef struct worker {
  fv_model *model;
  const float (*expected)[CLASSES];
  int32_t first;
  int wrong;
} worker;

static void *work(void *argument) {
  worker *w = argument;
  for (int32_t i = 0; i < ROUNDS; i++) {
    const int32_t round = (w->first + i) % ROUNDS;
    float classes[CLASSES];
    if (answer(w->model, round, classes) || memcmp(classes, w->expected[round], sizeof classes) != 0) w->wrong++;
  }
  return NULL;
}

static void threads_share_a_model(void **state) {
  (void)state;
  fv_model *model = build();
  float expected[ROUNDS][CLASSES];
  for (int32_t round = 0; round < ROUNDS; round++) assert_int_equal(answer(model, round, expected[round]), FV_OK);
  worker workers[THREADS];
  pthread_t handles[THREADS];
  for (int i = 0; i < THREADS; i++) {
    workers[i] = (worker){.model = model, .expected = (const float(*)[CLASSES])expected, .first = i * 5};
    assert_int_equal(pthread_create(&handles[i], NULL, work, &workers[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(handles[i], NULL), 0);
    assert_int_equal(workers[i].wrong, 0);
  }
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(threads_share_a_model)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
