/* Graphs drawn at random: values read by several layers, nested concatenations, chains of activations, sums with
 * repeated axes, padding read twice, layers called twice, outputs that others read too. Whatever passes run, whatever
 * the mode and the threads, the answers agree. Before a run all memory is NaN, so that a number read before it was
 * written, or written over while it was wanted, shows. The draws are the same every time; a failure names its graph.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/fovea.h>

#include "graph/plan.h"
#include "support/drawing.h"
#undef fail

#include <cmocka.h>

enum { GRAPHS = 900 };

/* A plan that has run on memory full of NaN. */
static fv_plan *plan_and_run(fv_model *model, const fv_plan_options *options, const fv_run_options *run) {
  fv_plan *plan;
  assert_int_equal(fv_plan_create(&plan, model, options), FV_OK);
  memset(plan->block, 0xFF, plan->block_bytes);
  for (int32_t i = 0; i < fv_model_input_count(model); i++) {
    const fv_shape shape = fv_plan_input_shape(plan, i);
    fv_fill_by_name(fv_plan_input(plan, i), i ? "second" : "first", &shape, 3, "input");
  }
  assert_int_equal(fv_run(plan, run), FV_OK);
  return plan;
}

static void assert_close(int graph, const char *what, const float *a, const float *b, int64_t count) {
  double difference = 0, size = 0;
  for (int64_t i = 0; i < count; i++) {
    difference += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    size += (double)b[i] * b[i];
  }
  if (!(difference <= 1e-10 * size)) /* also where there is NaN */
    fail_msg("graph %d, %s: relative difference %g", graph, what, sqrt(difference / size));
}

static void compare(int graph, const char *what, fv_model *model, const fv_plan_options *options,
                    const fv_plan *plain) {
  fv_plan *plan = plan_and_run(model, options, NULL);
  for (int32_t i = 0; i < fv_model_output_count(model); i++)
    assert_close(graph, what, fv_plan_output(plan, i), fv_plan_output(plain, i),
                 elements_of(fv_plan_output_shape(plain, i)));
  fv_plan_destroy(plan);
}

/* The names of the passes that `mask` has not, comma-separated. */
static void name_passes(char *text, size_t size, uint32_t mask) {
  size_t used = 0;
  text[0] = '\0';
  for (int32_t i = 0; fv_plan_pass_name(i); i++)
    if (!(mask >> i & 1))
      used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "," : "", fv_plan_pass_name(i));
}

static void any_passes_agree(void **state) {
  (void)state;
  int32_t passes = 0;
  while (fv_plan_pass_name(passes)) passes++;
  for (int graph = 0; graph < GRAPHS; graph++) {
    draw_from((uint64_t)graph);
    fv_model *model = draw_model();
    assert_int_equal(fv_cpu_set_level((fv_cpu_level)draw((uint32_t)fv_cpu_best() + 1)), FV_OK);
    const int32_t batch = less(5);
    const int64_t cache = 1 + draw(1u << draw(16)); /* most graphs run in slices of several sizes */
    fv_plan *plain = plan_and_run(model, &(fv_plan_options){.batch = batch, .threads = 1, .without = "all"}, NULL);
    compare(graph, "every pass", model, &(fv_plan_options){.batch = batch, .threads = 1, .cache = cache}, plain);
    for (int32_t pass = 0; pass < passes + 2; pass++) {
      char without[256];
      name_passes(without, sizeof without, pass < passes ? 1u << pass : draw(1u << passes));
      const fv_plan_options some = {.batch = batch, .threads = 1, .cache = cache, .without = without};
      compare(graph, without, model, &some, plain);
    }
    const fv_plan_options inspect = {.batch = batch, .threads = 1, .mode = FV_PLAN_INSPECT};
    compare(graph, "inspect", model, &inspect, plain);
    fv_plan_destroy(plain);
    fv_model_destroy(model);
  }
}

/* What `plan` found for a node, for the caller to free. */
static float *read_node(const fv_plan *plan, int32_t node, int64_t *count) {
  *count = elements_of(fv_plan_shape(plan, (fv_value){node, 0}));
  float *numbers = malloc((size_t)*count * sizeof *numbers);
  assert_non_null(numbers);
  assert_int_equal(fv_plan_read(plan, (fv_value){node, 0}, numbers), FV_OK);
  return numbers;
}

static void assert_same_outputs(const fv_model *model, const fv_plan *a, const fv_plan *b) {
  for (int32_t i = 0; i < fv_model_output_count(model); i++)
    assert_memory_equal(fv_plan_output(a, i), fv_plan_output(b, i),
                        (size_t)elements_of(fv_plan_output_shape(a, i)) * sizeof(float));
}

/* A fresh plan that starts behind any node, with what that node gave, gives the same answers. With other numbers for
 * the node, a plan that has run, and recomputes only what changes, agrees with a fresh one. */
static void a_run_may_start_behind_any_node(void **state) {
  (void)state;
  for (int graph = 0; graph < GRAPHS; graph += 9) {
    draw_from((uint64_t)graph);
    fv_model *model = draw_model();
    const fv_plan_options inspect = {.threads = 1, .mode = FV_PLAN_INSPECT};
    fv_plan *whole = plan_and_run(model, &inspect, NULL);
    for (int32_t node = 1; node <= fv_model_node_count(model); node++) {
      if (fv_plan_shape(whole, (fv_value){node, 0}).rank == 0 || fv_model_node(model, node).input_count == 0) continue;
      int64_t count;
      float *numbers = read_node(whole, node, &count);
      fv_plan *part = plan_and_run(model, &inspect, &(fv_run_options){.from = {node, 0}, .from_data = numbers});
      assert_same_outputs(model, part, whole);
      for (int64_t i = 0; i < count; i++) numbers[i] += 1;
      const fv_run_options changed = {.from = {node, 0}, .from_data = numbers};
      fv_plan *fresh = plan_and_run(model, &inspect, &changed);
      assert_int_equal(fv_run(whole, &changed), FV_OK);
      assert_same_outputs(model, whole, fresh);
      assert_int_equal(fv_run(whole, NULL), FV_OK);
      free(numbers);
      fv_plan_destroy(part);
      fv_plan_destroy(fresh);
    }
    fv_plan_destroy(whole);
    fv_model_destroy(model);
  }
}

static void threads_change_no_bit(void **state) {
  (void)state;
  for (int graph = 1; graph < GRAPHS; graph += 3) {
    draw_from((uint64_t)graph);
    fv_model *model = draw_model();
    const int32_t batch = less(3);
    fv_plan *one = plan_and_run(model, &(fv_plan_options){.batch = batch, .threads = 1}, NULL);
    const int32_t threads[] = {2, 3, less(8)};
    for (int t = 0; t < 3; t++) {
      fv_plan *more = plan_and_run(model, &(fv_plan_options){.batch = batch, .threads = threads[t]}, NULL);
      assert_same_outputs(model, one, more);
      fv_plan_destroy(more);
    }
    fv_plan_destroy(one);
    fv_model_destroy(model);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(any_passes_agree),
                                     cmocka_unit_test(a_run_may_start_behind_any_node),
                                     cmocka_unit_test(threads_change_no_bit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
