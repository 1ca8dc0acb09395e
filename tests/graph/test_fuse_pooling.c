/* Maxima of 2x2 windows made by the convolution before: the bits of the steps one by one, whatever the level, the
 * number of threads and the batch; and left to a step of its own where somebody else wants what it reads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/fovea.h>

#include "graph/plan.h"
#undef fail

#include <cmocka.h>

typedef struct network {
  const char *name;
  int32_t h, w, c, filters;
  const char *activation; /* NULL: none */
  bool valid, residual, fast;
  bool merges; /* where there are vectors enough for transforms to pay */
} network;

static const network NETWORKS[] = {
    {"many blocks", 56, 48, 32, 32, "relu", false, false, false, true},
    {"few blocks", 14, 14, 64, 80, "relu", false, false, false, true},
    {"no clamp", 20, 24, 16, 16, NULL, false, false, false, true},
    {"a residual", 28, 36, 48, 48, "relu", false, true, false, true},
    {"a residual, odd", 29, 35, 24, 24, "relu", false, true, false, true},
    {"channels that fill no vector", 24, 28, 17, 37, "relu6", false, false, false, true},
    {"odd extents", 27, 33, 20, 24, "relu", false, false, false, true},
    {"a last tile without a window", 41, 45, 16, 19, "relu", false, false, false, true},
    {"no padding", 31, 30, 16, 20, "relu", true, false, false, true},
    {"tiles of 6x6", 66, 60, 64, 64, "relu", false, false, false, true},
    {"tiles of 6x6, odd", 67, 79, 64, 48, "relu", false, false, true, true},
    {"a small map", 15, 12, 160, 160, "relu", false, true, false, true},
    {"few channels", 32, 32, 3, 8, "relu", false, false, false, false},
};
enum { NETWORK_COUNT = sizeof NETWORKS / sizeof *NETWORKS };

static fv_model *initialized(fv_graph *g, fv_value output) {
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, output), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:3"), FV_OK);
  return model;
}

static fv_model *model_of(const network *n) {
  fv_graph *g = fv_graph_create();
  fv_value image = fv_input(g, .shape = {n->h, n->w, n->c});
  fv_value x = fv_conv2d(g, image, .filters = n->filters, .kernel_size = {3}, .padding = n->valid ? FV_VALID : FV_SAME);
  if (n->residual) x = fv_add(g, {x, image});
  if (n->activation) x = fv_activation(g, x, .activation = n->activation);
  return initialized(g, fv_max_pooling2d(g, x, .pool_size = {2}));
}

/* Inputs with numbers that are none: a NaN spreads over its tiles, and what meets an infinity is NaN. */
static fv_plan *plan_of(fv_model *model, const fv_plan_options *options) {
  fv_plan *plan;
  int64_t count;
  assert_int_equal(fv_plan_create(&plan, model, options), FV_OK);
  memset(plan->block, 0xFF, plan->block_bytes); /* NaN: what is read before it is written shows */
  const fv_shape shape = fv_plan_input_shape(plan, 0);
  assert_int_equal(fv_shape_elements(&count, &shape), FV_OK);
  fv_fill_by_name(fv_plan_input(plan, 0), "image", &shape, 3, "input");
  fv_plan_input(plan, 0)[count / 3] = NAN;
  fv_plan_input(plan, 0)[count - 1] = INFINITY;
  for (int64_t i = count / 2; i < count / 2 + count / 8; i++) fv_plan_input(plan, 0)[i] = -0.f;
  return plan;
}

static int32_t merged(const fv_plan *plan) {
  int32_t count = 0;
  for (int32_t i = 0; i < fv_plan_step_count(plan); i++) count += fv_plan_step(plan, i).pooled;
  return count;
}

static void expect_equal(const char *name, const fv_plan *expected, const fv_plan *found) {
  int64_t count;
  const fv_shape shape = fv_plan_output_shape(expected, 0);
  assert_int_equal(fv_shape_elements(&count, &shape), FV_OK);
  const float *a = fv_plan_output(expected, 0), *b = fv_plan_output(found, 0);
  int64_t numbers = 0;
  for (int64_t i = 0; i < count; i++) {
    numbers += isfinite(a[i]);
    if (memcmp(&a[i], &b[i], sizeof *a) != 0)
      fail_msg("%s, %s: number %lld of %lld is %.9g, not %.9g", name, fv_cpu_name(fv_cpu()), (long long)i,
               (long long)count, (double)b[i], (double)a[i]);
  }
  assert_true(numbers > 0 && numbers < count);
}

static bool takes_even_tiles(const fv_plan *plan) {
  static const char *const WAYS[] = {"winograd 2x2", "winograd 4x2", "winograd 4x4", "winograd 6x6"};
  for (int i = 0; i < 4; i++)
    if (!strcmp(fv_plan_step(plan, 0).way, WAYS[i])) return true;
  return false;
}

static void check(const network *n, fv_model *model, int32_t batch, int64_t cache) {
  fv_plan_options options = {.batch = batch, .threads = 1, .cache = cache, .without = "fuse-pooling"};
  if (n->fast) options.accuracy = FV_ACCURACY_FAST;
  fv_plan *apart = plan_of(model, &options);
  assert_int_equal(merged(apart), 0);
  assert_int_equal(fv_run(apart, NULL), FV_OK);
  if (fv_cpu() >= FV_CPU_AVX2 && takes_even_tiles(apart) != n->merges)
    fail_msg("%s, %s: %s", n->name, fv_cpu_name(fv_cpu()), fv_plan_step(apart, 0).way);
  options.without = NULL;
  for (options.threads = 1; options.threads <= 3; options.threads++) {
    fv_plan *plan = plan_of(model, &options);
    assert_int_equal(merged(plan), takes_even_tiles(apart));
    assert_int_equal(fv_plan_step_count(plan), fv_plan_step_count(apart) - merged(plan));
    if (merged(plan)) {
      assert_string_equal(fv_plan_step(plan, 0).way, fv_plan_step(apart, 0).way);
      assert_int_equal(fv_plan_step(plan, 0).multiply_adds, fv_plan_step(apart, 0).multiply_adds);
    }
    for (int run = 0; run < 2; run++) {
      assert_int_equal(fv_run(plan, NULL), FV_OK);
      expect_equal(n->name, apart, plan);
    }
    fv_plan_destroy(plan);
  }
  fv_plan_destroy(apart);
}

static void merging_changes_no_bit(void **state) {
  (void)state;
  const fv_cpu_level before = fv_cpu();
  for (int i = 0; i < NETWORK_COUNT; i++) {
    fv_model *model = model_of(&NETWORKS[i]);
    for (int level = 0; level <= (int)fv_cpu_best(); level++) {
      assert_int_equal(fv_cpu_set_level((fv_cpu_level)level), FV_OK);
      check(&NETWORKS[i], model, 1, 0);
      check(&NETWORKS[i], model, 3, 0);
    }
    check(&NETWORKS[i], model, 6, 1 << 18); /* in slices */
    fv_model_destroy(model);
  }
  assert_int_equal(fv_cpu_set_level(before), FV_OK);
}

typedef enum other {
  ITS_OWN_OUTPUT,
  ANOTHER_READER,
  AVERAGE,
  STRIDE_1,
  WINDOWS_OF_3,
  PADDING,
  NO_TRANSFORM,
  INSPECTED,
  OTHERS
} other;

static void what_does_not_fit_stays(void **state) {
  (void)state;
  for (other kind = 0; kind < OTHERS; kind++) {
    fv_graph *g = fv_graph_create();
    fv_value x = fv_conv2d(g, fv_input(g, .shape = {27, 27, 32}), .filters = 32, .kernel_size = {3});
    const fv_max_pooling2d_options options = {.input = x,
                                              .pool_size = {kind == WINDOWS_OF_3 ? 3 : 2},
                                              .strides = {kind == STRIDE_1 ? 1 : 2},
                                              .padding = kind == PADDING ? FV_SAME : FV_VALID};
    fv_value y = kind == AVERAGE ? fv_average_pooling2d(g, x, .pool_size = {2}) : fv_max_pooling2d_with(g, &options);
    const fv_value outputs[] = {y, kind == ITS_OWN_OUTPUT ? x : fv_global_max_pooling2d(g, x)};
    fv_model *model;
    assert_int_equal(
        fv_model_create_with(&model, g, NULL, 0, outputs, kind == ITS_OWN_OUTPUT || kind == ANOTHER_READER ? 2 : 1),
        FV_OK);
    assert_int_equal(fv_model_initialize(model, "by-name:3"), FV_OK);
    fv_plan *plan =
        plan_of(model, &(fv_plan_options){.mode = kind == INSPECTED ? FV_PLAN_INSPECT : FV_PLAN_INFER,
                                          .accuracy = kind == NO_TRANSFORM ? FV_ACCURACY_EXACT : FV_ACCURACY_DEFAULT});
    assert_int_equal(merged(plan), 0);
    assert_int_equal(fv_run(plan, NULL), FV_OK);
    if (kind == INSPECTED) {
      float *numbers = malloc(25 * 25 * 32 * sizeof *numbers);
      assert_non_null(numbers);
      assert_int_equal(fv_plan_read(plan, x, numbers), FV_OK);
      free(numbers);
    }
    fv_plan_destroy(plan);
    fv_model_destroy(model);
  }
}

/* Windows may go into a part of another value. */
static void maxima_go_where_they_belong(void **state) {
  (void)state;
  fv_graph *g = fv_graph_create();
  fv_value image = fv_input(g, .shape = {28, 28, 24}), parts[2];
  for (int i = 0; i < 2; i++) {
    const fv_value x = fv_conv2d(g, image, .filters = 20 + i, .kernel_size = {3}, .padding = FV_SAME);
    parts[i] = fv_max_pooling2d(g, x, .pool_size = {2});
  }
  fv_model *model = initialized(g, fv_concatenate(g, {parts[0], parts[1]}));
  fv_plan *apart = plan_of(model, &(fv_plan_options){.without = "fuse-pooling"}), *plan = plan_of(model, NULL);
  if (fv_cpu() >= FV_CPU_AVX2) assert_int_equal(merged(plan), 2);
  assert_int_equal(fv_run(apart, NULL), FV_OK);
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  expect_equal("two parts", apart, plan);
  fv_plan_destroy(apart);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

/* A convolution makes fewer images at a time than what reads its maxima. */
static void maxima_are_made_in_slices(void **state) {
  (void)state;
  int32_t narrower = 0;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {48, 40, 16});
  for (int i = 0; i < 3; i++) {
    x = fv_conv2d(g, x, .filters = 16 << i, .kernel_size = {3}, .padding = FV_SAME, .activation = "relu");
    x = fv_max_pooling2d(g, x, .pool_size = {2});
  }
  fv_model *model = initialized(g, x);
  for (int64_t cache = 1 << 16; cache < 1 << 23; cache *= 2) {
    fv_plan *apart = plan_of(model, &(fv_plan_options){.batch = 6, .cache = cache, .without = "fuse-pooling"}),
            *plan = plan_of(model, &(fv_plan_options){.batch = 6, .cache = cache});
    for (int32_t i = 0; i < 6; i += 2)
      narrower += fv_plan_step(plan, 0).pooled && apart->program.ops[i].images != apart->program.ops[i + 1].images;
    for (int run = 0; run < 2; run++) {
      assert_int_equal(fv_run(apart, NULL), FV_OK);
      assert_int_equal(fv_run(plan, NULL), FV_OK);
      expect_equal("slices", apart, plan);
    }
    fv_plan_destroy(apart);
    fv_plan_destroy(plan);
  }
  if (fv_cpu() >= FV_CPU_AVX2) assert_true(narrower > 2);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(merging_changes_no_bit),
      cmocka_unit_test(what_does_not_fit_stays),
      cmocka_unit_test(maxima_go_where_they_belong),
      cmocka_unit_test(maxima_are_made_in_slices),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
