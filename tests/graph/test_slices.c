/* A batch in slices: the same answers as in one piece, in less memory, and a run that tells and stops as ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/fovea.h>

#include "graph/plan.h"
#undef fail

#include <cmocka.h>

enum { SIDE = 24, FILTERS = 8, MAP_BYTES = SIDE * SIDE * FILTERS * 4 };

/* Large maps at first, then small ones: a residual sum across the border of slices, branches that meet, and, as a
 * second output, one from the middle. */
static fv_model *narrowing_model(int32_t outputs_used) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {SIDE, SIDE, 3});
  x = fv_conv2d(g, x, .filters = FILTERS, .kernel_size = {3}, .padding = FV_SAME, .activation = "relu");
  fv_value y = fv_conv2d(g, x, .filters = FILTERS, .kernel_size = {3}, .padding = FV_SAME);
  x = fv_add(g, {x, y});
  fv_value middle = x = fv_concatenate(g, {x, fv_depthwise_conv2d(g, x, .kernel_size = {3}, .padding = FV_SAME)});
  for (int i = 0; i < 3; i++) {
    x = fv_conv2d(g, fv_max_pooling2d(g, x), .filters = FILTERS, .kernel_size = {3}, .padding = FV_SAME);
    y = fv_conv2d(g, x, .filters = FILTERS, .kernel_size = {1}, .activation = "relu");
    x = fv_add(g, {x, y});
  }
  const fv_value outputs[] = {fv_dense(g, fv_flatten(g, x), .units = 5), fv_global_max_pooling2d(g, middle)};
  fv_model *model;
  assert_int_equal(fv_model_create_with(&model, g, NULL, 0, outputs, outputs_used), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:4"), FV_OK);
  return model;
}

static fv_plan *plan_of(fv_model *model, int32_t batch, int64_t cache) {
  fv_plan *plan;
  const fv_plan_options options = {.batch = batch, .threads = 1, .cache = cache, .accuracy = FV_ACCURACY_EXACT};
  assert_int_equal(fv_plan_create(&plan, model, &options), FV_OK);
  memset(plan->block, 0xFF, plan->block_bytes); /* NaN: what is read before it is written shows */
  const fv_shape shape = fv_plan_input_shape(plan, 0);
  fv_fill_by_name(fv_plan_input(plan, 0), "image", &shape, 3, "input");
  return plan;
}

static int32_t sliced_steps(const fv_plan *plan) {
  int32_t count = 0;
  for (int32_t i = 0; i < plan->program.op_count; i++) count += plan->program.ops[i].images > 0;
  return count;
}

/* Direct convolution adds up the same products in the same order whatever the slice. */
static void slices_change_no_answer(void **state) {
  (void)state;
  fv_model *model = narrowing_model(2);
  for (int32_t batch = 1; batch <= 8; batch++)
    for (int64_t cache = MAP_BYTES / 64; cache < 32 * MAP_BYTES; cache *= 2) {
      fv_plan *whole = plan_of(model, batch, INT64_MAX), *sliced = plan_of(model, batch, cache);
      assert_int_equal(sliced_steps(whole), 0);
      if (batch > 1 && cache < 2 * MAP_BYTES) assert_true(sliced_steps(sliced) > 0);
      assert_int_equal(fv_run(whole, NULL), FV_OK);
      for (int run = 0; run < 2; run++) assert_int_equal(fv_run(sliced, NULL), FV_OK);
      assert_memory_equal(fv_plan_output(whole, 0), fv_plan_output(sliced, 0), (size_t)batch * 5 * sizeof(float));
      assert_memory_equal(fv_plan_output(whole, 1), fv_plan_output(sliced, 1),
                          (size_t)batch * 2 * FILTERS * sizeof(float));
      assert_true(fv_plan_memory_use(sliced).activations <= fv_plan_memory_use(whole).activations);
      fv_plan_destroy(whole);
      fv_plan_destroy(sliced);
    }
  fv_model_destroy(model);
}

/* Slices divide the batch, grow along the steps up to a dense one, which takes all, and need room for one slice. */
static void slices_grow_as_maps_shrink(void **state) {
  (void)state;
  fv_model *model = narrowing_model(1);
  fv_plan *plan = plan_of(model, 8, 4 * MAP_BYTES), *whole = plan_of(model, 8, INT64_MAX);
  int64_t before = 0;
  bool grew = false;
  for (int32_t i = 0; i < plan->program.op_count; i++) {
    const fv__program_op *op = &plan->program.ops[i];
    const int64_t images = op->images ? op->images : 8;
    assert_int_equal(8 % images, 0);
    assert_true(images >= before);
    grew = grew || (before && images > before);
    before = images;
    if (op->op.type != &fv__op_dense) continue;
    assert_int_equal(op->images, 0);
    break;
  }
  assert_true(grew);
  assert_true(fv_plan_memory_use(plan).activations < fv_plan_memory_use(whole).activations * 2 / 3);
  int64_t sliced_work = 0, work = 0;
  for (int32_t i = 0; i < fv_plan_step_count(plan); i++) {
    sliced_work += fv_plan_step(plan, i).multiply_adds;
    work += fv_plan_step(whole, i).multiply_adds;
  }
  assert_true(work > 0);
  assert_int_equal(sliced_work, work);
  fv_plan_destroy(plan);
  fv_plan_destroy(whole);
  fv_model_destroy(model);
}

typedef struct watch {
  int32_t next, stop_after;
  int64_t nanoseconds;
} watch;

static bool watch_step(void *context, const fv_step_event *event) {
  watch *w = context;
  assert_int_equal(event->step, w->next++);
  assert_true(event->nanoseconds >= 0);
  w->nanoseconds += event->nanoseconds;
  return event->step != w->stop_after;
}

static void each_step_is_told_once(void **state) {
  (void)state;
  fv_model *model = narrowing_model(2);
  fv_plan *plan = plan_of(model, 4, MAP_BYTES);
  assert_true(sliced_steps(plan) > 0);
  watch all = {.stop_after = -1};
  assert_int_equal(fv_run(plan, &(fv_run_options){.callback = watch_step, .context = &all}), FV_OK);
  assert_int_equal(all.next, fv_plan_step_count(plan));
  assert_true(all.nanoseconds > 0);
  for (int32_t stop = 0; stop < fv_plan_step_count(plan); stop++) {
    watch some = {.stop_after = stop};
    const fv_run_options options = {.callback = watch_step, .context = &some};
    assert_int_equal(fv_run(plan, &options), FV_ERROR_STOPPED);
    assert_int_equal(some.next, stop + 1);
  }
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

/* A run that stops inside a group computes its part of it for the whole batch; a whole run after it is right. */
static void a_run_may_stop_inside_a_group(void **state) {
  (void)state;
  fv_model *model = narrowing_model(2);
  fv_plan *plan = plan_of(model, 4, MAP_BYTES), *whole = plan_of(model, 4, INT64_MAX);
  assert_int_equal(fv_run(whole, NULL), FV_OK);
  for (int32_t node = 1; node <= fv_model_node_count(model); node++) {
    watch w = {.stop_after = -1};
    const fv_run_options until = {.until = {node, 0}, .callback = watch_step, .context = &w};
    assert_int_equal(fv_run(plan, &until), FV_OK);
    assert_true(w.next <= fv_plan_step_count(plan));
    assert_int_equal(fv_run(plan, NULL), FV_OK);
    assert_memory_equal(fv_plan_output(whole, 0), fv_plan_output(plan, 0), 4 * 5 * sizeof(float));
  }
  fv_plan_destroy(plan);
  fv_plan_destroy(whole);
  fv_model_destroy(model);
}

/* The batch that a refusal names fits, and a negative cache is no cache. */
static void the_limit_knows_of_slices(void **state) {
  (void)state;
  fv_model *model = narrowing_model(2);
  for (int64_t limit = 3 * MAP_BYTES; limit < 16 * MAP_BYTES; limit += MAP_BYTES / 2) {
    fv_plan_options options = {.batch = 64, .memory_limit = limit, .threads = 1, .cache = 6 * MAP_BYTES};
    fv_plan *plan;
    if (fv_plan_create(&plan, model, &options) == FV_OK) {
      fv_plan_destroy(plan);
      continue;
    }
    const char *fits = strstr(fv_error_message(), ": a batch of ");
    if (!fits) continue;
    options.batch = atoi(fits + strlen(": a batch of "));
    assert_in_range(options.batch, 1, 63);
    assert_int_equal(fv_plan_create(&plan, model, &options), FV_OK);
    fv_plan_destroy(plan);
  }
  fv_plan *plan;
  assert_int_equal(fv_plan_create(&plan, model, &(fv_plan_options){.cache = -1}), FV_ERROR_INVALID);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(slices_change_no_answer),   cmocka_unit_test(slices_grow_as_maps_shrink),
      cmocka_unit_test(each_step_is_told_once),    cmocka_unit_test(a_run_may_stop_inside_a_group),
      cmocka_unit_test(the_limit_knows_of_slices),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
