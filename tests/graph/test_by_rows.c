/* Steps that run together by rows: the bits of the steps one by one, in less memory, whatever the level, the number of
 * threads and the batch; told and stopped as ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/fovea.h>

#include "graph/by_rows.h"
#include "graph/plan.h"
#undef fail

#include <cmocka.h>

/* An image, what is computed of it, and how many steps of that run together with the next. */
typedef struct network {
  const char *name;
  int32_t h, w, c;
  int32_t before; /* channels that a convolution of one pixel makes first, 0: none; negative: of 3x3, stride 2 */
  int32_t kernel_h, kernel_w, stride, dilation;
  bool valid;    /* no padding */
  int32_t after; /* channels that a convolution of one pixel makes of it, 0: none */
  bool residual; /* the image is added then */
  int32_t together;
} network;

static const network NETWORKS[] = {
    {"expansion, window, projection", 61, 43, 9, 56, 3, 3, 1, 1, false, 24, false, 2},
    {"with a residual", 45, 67, 24, 48, 3, 3, 1, 1, false, 24, true, 2},
    {"stride 2", 67, 62, 12, 40, 3, 3, 2, 1, false, 17, false, 2},
    {"stride 2, 5x5", 58, 71, 10, 36, 5, 5, 2, 1, false, 8, false, 2},
    {"stride 3, larger than the window", 64, 61, 7, 40, 2, 2, 3, 1, true, 8, false, 2},
    {"no padding", 50, 61, 6, 48, 3, 3, 1, 1, true, 5, false, 2},
    {"dilation", 50, 61, 6, 48, 3, 5, 1, 4, false, 5, false, 2},
    {"a window as high as the image", 33, 70, 4, 64, 31, 3, 1, 1, false, 5, false, 2},
    {"a row wider than a piece", 5, 1100, 3, 32, 3, 3, 1, 1, false, 6, false, 2},
    {"a column", 2100, 1, 5, 70, 3, 3, 1, 1, false, 6, false, 2},
    {"a stem", 131, 125, 3, -34, 3, 3, 1, 1, false, 12, false, 2},
    {"nothing before", 65, 63, 36, 0, 3, 3, 1, 1, false, 16, false, 0},
    {"many weights", 37, 37, 100, 128, 3, 3, 1, 1, false, 100, true, 0},
    {"nothing behind", 65, 63, 8, 36, 3, 3, 2, 1, false, 0, false, 1},
    {"too small", 20, 20, 8, 40, 3, 3, 1, 1, false, 8, false, 0},
};
enum { NETWORK_COUNT = sizeof NETWORKS / sizeof *NETWORKS };

static fv_model *model_of(const network *n) {
  fv_graph *g = fv_graph_create();
  fv_value image = fv_input(g, .shape = {n->h, n->w, n->c}), x = image;
  const fv_padding padding = n->valid ? FV_VALID : FV_SAME;
  if (n->before > 0) x = fv_conv2d(g, x, .filters = n->before, .kernel_size = {1}, .activation = "relu6");
  if (n->before < 0)
    x = fv_conv2d(g, x, .filters = -n->before, .kernel_size = {3}, .strides = {2}, .padding = FV_SAME,
                  .activation = "relu");
  x = fv_depthwise_conv2d(g, x, .kernel_size = {n->kernel_h, n->kernel_w}, .strides = {n->stride},
                          .dilation_rate = {n->dilation}, .padding = padding);
  x = fv_re_lu(g, fv_batch_normalization(g, x), .max_value = 6);
  if (n->after) x = fv_conv2d(g, x, .filters = n->after, .kernel_size = {1});
  if (n->residual) x = fv_add(g, {x, image});
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:3"), FV_OK);
  return model;
}

static fv_plan *plan_of(fv_model *model, const fv_plan_options *options) {
  fv_plan *plan;
  assert_int_equal(fv_plan_create(&plan, model, options), FV_OK);
  memset(plan->block, 0xFF, plan->block_bytes); /* NaN: what is read before it is written shows */
  const fv_shape shape = fv_plan_input_shape(plan, 0);
  fv_fill_by_name(fv_plan_input(plan, 0), "image", &shape, 3, "input");
  return plan;
}

static int32_t steps_together(const fv_plan *plan) {
  int32_t count = 0;
  for (int32_t i = 0; i < plan->program.op_count; i++) count += plan->program.ops[i].by_rows;
  return count;
}

static void expect_equal(const network *n, const fv_plan *expected, const fv_plan *found) {
  int64_t count;
  const fv_shape shape = fv_plan_output_shape(expected, 0);
  assert_int_equal(fv_shape_elements(&count, &shape), FV_OK);
  const float *a = fv_plan_output(expected, 0), *b = fv_plan_output(found, 0);
  for (int64_t i = 0; i < count; i++)
    if (memcmp(&a[i], &b[i], sizeof *a) != 0)
      fail_msg("%s, %s: number %lld is %.9g, not %.9g", n->name, fv_cpu_name(fv_cpu()), (long long)i, (double)b[i],
               (double)a[i]);
}

static void check(const network *n, fv_model *model, int32_t batch) {
  fv_plan *whole = plan_of(model, &(fv_plan_options){.batch = batch, .threads = 1, .without = "run-by-rows"});
  assert_int_equal(steps_together(whole), 0);
  assert_int_equal(fv_run(whole, NULL), FV_OK);
  for (int threads = 1; threads <= 3; threads++) {
    fv_plan *plan = plan_of(model, &(fv_plan_options){.batch = batch, .threads = threads});
    assert_int_equal(steps_together(plan), n->together);
    if (n->together && batch == 1)
      assert_true(fv_plan_memory_use(plan).activations < fv_plan_memory_use(whole).activations);
    for (int run = 0; run < 2; run++) {
      assert_int_equal(fv_run(plan, NULL), FV_OK);
      expect_equal(n, whole, plan);
    }
    fv_plan_destroy(plan);
  }
  fv_plan_destroy(whole);
}

static void rows_change_no_bit(void **state) {
  (void)state;
  const fv_cpu_level before = fv_cpu();
  for (int i = 0; i < NETWORK_COUNT; i++) {
    fv_model *model = model_of(&NETWORKS[i]);
    for (int level = 0; level <= (int)fv_cpu_best(); level++) {
      assert_int_equal(fv_cpu_set_level((fv_cpu_level)level), FV_OK);
      check(&NETWORKS[i], model, 1);
    }
    check(&NETWORKS[i], model, 3);
    fv_model_destroy(model);
  }
  assert_int_equal(fv_cpu_set_level(before), FV_OK);
}

/* In slices of the batch, too, where the ops that run together take equal ones. */
static void rows_run_in_slices(void **state) {
  (void)state;
  const network *n = &NETWORKS[1];
  fv_model *model = model_of(n);
  fv_plan *whole = plan_of(model, &(fv_plan_options){.batch = 6, .threads = 1, .without = "run-by-rows"});
  assert_int_equal(fv_run(whole, NULL), FV_OK);
  for (int64_t cache = 1 << 18; cache < 1 << 23; cache *= 2) {
    fv_plan *plan = plan_of(model, &(fv_plan_options){.batch = 6, .threads = 2, .cache = cache});
    assert_int_equal(steps_together(plan), n->together);
    for (int32_t i = 0; i < plan->program.op_count; i++)
      if (plan->program.ops[i].by_rows) assert_int_equal(plan->program.ops[i].images, plan->program.ops[i + 1].images);
    if (cache == 1 << 18) assert_int_equal(plan->program.ops[0].images, 1);
    assert_int_equal(fv_run(plan, NULL), FV_OK);
    expect_equal(n, whole, plan);
    fv_plan_destroy(plan);
  }
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
  assert_true(event->nanoseconds > 0);
  w->nanoseconds += event->nanoseconds;
  return event->step != w->stop_after;
}

static void steps_are_told_as_ever(void **state) {
  (void)state;
  fv_model *model = model_of(&NETWORKS[0]);
  fv_plan *plan = plan_of(model, &(fv_plan_options){.threads = 2}),
          *whole = plan_of(model, &(fv_plan_options){.threads = 1, .without = "run-by-rows"});
  assert_int_equal(fv_plan_step_count(plan), fv_plan_step_count(whole));
  for (int32_t i = 0; i < fv_plan_step_count(plan); i++) {
    const fv_step_info a = fv_plan_step(plan, i), b = fv_plan_step(whole, i);
    assert_string_equal(a.operation, b.operation);
    assert_string_equal(a.way, b.way);
    assert_int_equal(a.multiply_adds, b.multiply_adds);
    assert_int_equal(a.node_count, b.node_count);
    assert_true(a.by_rows);
    assert_false(b.by_rows);
  }
  watch all = {.stop_after = -1};
  assert_int_equal(fv_run(plan, &(fv_run_options){.callback = watch_step, .context = &all}), FV_OK);
  assert_int_equal(all.next, 3);
  for (int32_t stop = 0; stop < 3; stop++) {
    watch some = {.stop_after = stop};
    assert_int_equal(fv_run(plan, &(fv_run_options){.callback = watch_step, .context = &some}), FV_ERROR_STOPPED);
    assert_int_equal(some.next, stop + 1);
  }
  assert_int_equal(fv_run(whole, NULL), FV_OK);
  for (int32_t node = 1; node <= fv_model_node_count(model); node++) {
    assert_int_equal(fv_run(plan, &(fv_run_options){.until = {node, 0}}), FV_OK);
    assert_int_equal(fv_run(plan, NULL), FV_OK);
    expect_equal(&NETWORKS[0], whole, plan);
  }
  fv_plan_destroy(plan);
  fv_plan_destroy(whole);
  fv_model_destroy(model);
}

/* A value that is an output, or that two steps read, stays whole; so does everything in inspect mode. */
static void what_is_read_stays(void **state) {
  (void)state;
  for (int kept = 0; kept < 4; kept++) { /* the expansion, the depthwise convolution's output; none; both read twice */
    fv_graph *g = fv_graph_create();
    fv_value x = fv_input(g, .shape = {64, 64, 8});
    fv_value expanded = fv_conv2d(g, x, .filters = 40, .kernel_size = {1});
    fv_value y = fv_depthwise_conv2d(g, expanded, .kernel_size = {3}, .padding = FV_SAME);
    if (kept == 3) y = fv_concatenate(g, {y, expanded});
    const fv_value outputs[] = {fv_conv2d(g, y, .filters = 8, .kernel_size = {1}), kept == 0 ? expanded : y};
    fv_model *model;
    assert_int_equal(fv_model_create_with(&model, g, NULL, 0, outputs, kept < 2 ? 2 : 1), FV_OK);
    assert_int_equal(fv_model_initialize(model, "by-name:3"), FV_OK);
    for (int inspect = 0; inspect < 2; inspect++) {
      fv_plan *plan = plan_of(model, &(fv_plan_options){.mode = inspect ? FV_PLAN_INSPECT : FV_PLAN_INFER});
      assert_int_equal(steps_together(plan), inspect || kept == 0 || kept == 3 ? 0 : kept == 1 ? 1 : 2);
      assert_int_equal(fv_run(plan, NULL), FV_OK);
      fv_plan_destroy(plan);
    }
    fv_model_destroy(model);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_change_no_bit),
      cmocka_unit_test(rows_run_in_slices),
      cmocka_unit_test(steps_are_told_as_ever),
      cmocka_unit_test(what_is_read_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
