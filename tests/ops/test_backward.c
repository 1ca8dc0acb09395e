/* Reference backward of ops against central differences of their reference forward, and the same bits for one thread and three.
 * Inputs are a shuffled ladder, so that no maximum ties. */
#include "base/rng.h"
#include "ops/backward.h"
#include "ops/program.h"

#undef fail

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 2, H = 6, W = 5, C = 4, OUT_C = 6, ROOM = 1000 };

typedef struct problem {
  fv__op op;
  float x[ROOM], kernel[ROOM], dy[ROOM], y[ROOM], dx[ROOM], dkernel[ROOM], bias[OUT_C], dbias[OUT_C];
  int64_t kernel_count, y_count;
} problem;

static void ladder(float *numbers, int64_t count, uint64_t seed) {
  for (int64_t i = 0; i < count; i++) numbers[i] = ((float)i + 0.5f) / (float)count * 2 - 1;
  for (int64_t i = count - 1; i > 0; i--) {
    const int64_t k = (int64_t)(fv__rng_uniform(fv__rng_state("ladder", seed), (uint64_t)i) * (double)(i + 1));
    const float kept = numbers[i];
    numbers[i] = numbers[k];
    numbers[k] = kept;
  }
}

static problem *make(const fv__op_type *type, fv__window window, int32_t groups, bool average, int64_t out_c) {
  problem *p = calloc(1, sizeof *p);
  assert_non_null(p);
  p->op = fv__op_make(type, 0, 1);
  const int64_t out_h =
      (H + window.top + window.bottom - (window.kernel_h - 1) * window.dilation_h - 1) / window.stride_h + 1;
  const int64_t out_w =
      (W + window.left + window.right - (window.kernel_w - 1) * window.dilation_w - 1) / window.stride_w + 1;
  p->op.window = (fv__window_problem){N, H, W, C, out_h, out_w, out_c, window, groups, average, false, NULL};
  p->kernel_count = (int64_t)window.kernel_h * window.kernel_w * (C / groups) * out_c;
  p->y_count = N * out_h * out_w * out_c;
  ladder(p->x, N * H * W * C, 1);
  ladder(p->kernel, p->kernel_count, 2);
  ladder(p->dy, p->y_count, 3);
  return p;
}

/* The sum of y * dy, y by the reference way. */
static double weighed(problem *p) {
  const fv__window_problem *w = &p->op.window;
  const fv__way *const *way = p->op.type->ways;
  while (way[1]) way++;
  const bool is_pool = p->op.type == &fv__op_pool;
  const fv__op_weights weights = {.kernel = p->kernel, .bias = p->bias};
  void *packed = calloc(1, is_pool ? 1 : (*way)->packed_bytes(&p->op));
  assert_non_null(packed);
  if (!is_pool) (*way)->pack(&p->op, &weights, packed);
  const fv__op_call call = {.op = &p->op,
                            .x = {fv__view_dense(p->x, N, H, W, C)},
                            .y = fv__view_dense(p->y, N, w->out_h, w->out_w, w->out_c),
                            .kernel = p->kernel,
                            .bias = p->bias,
                            .packed = packed};
  (*way)->forward(&call);
  free(packed);
  double sum = 0;
  for (int64_t i = 0; i < p->y_count; i++) sum += (double)p->y[i] * p->dy[i];
  return sum;
}

static void expect_differences(problem *p, float *numbers, const float *gradient, int64_t count, const char *name) {
  for (int64_t i = 0; i < count; i++) {
    const float kept = numbers[i], step = 1.0f / 1024; /* less than half a rung of the ladder */
    numbers[i] = kept + step;
    const double more = weighed(p);
    numbers[i] = kept - step;
    const double less = weighed(p);
    numbers[i] = kept;
    const double found = (more - less) / (2 * (double)step);
    if (!(fabs(found - gradient[i]) <= 2e-3)) fail_msg("%s %d is %.7g, not %.7g", name, (int)i, gradient[i], found);
  }
}

/* The last of a list. */
static const fv__gradient_way *reference(const fv__gradient_way *const *ways) {
  while (ways[1]) ways++;
  return *ways;
}

static void backward(problem *p, fv__pool *pool) {
  const fv__window_problem *w = &p->op.window;
  memset(p->dx, 0, sizeof p->dx);
  memset(p->dkernel, 0, sizeof p->dkernel);
  memset(p->dbias, 0, sizeof p->dbias);
  const fv__backward_call call = {.op = &p->op,
                                  .x = {fv__view_dense(p->x, N, H, W, C)},
                                  .dy = fv__view_dense(p->dy, N, w->out_h, w->out_w, w->out_c),
                                  .dx = {fv__view_dense(p->dx, N, H, W, C)},
                                  .kernel = p->kernel,
                                  .dkernel = p->dkernel,
                                  .dbias = p->dbias,
                                  .pool = pool};
  reference(p->op.type->input_gradient)->backward(&call);
  if (p->op.type->weight_gradient) reference(p->op.type->weight_gradient)->backward(&call);
}

static void check(problem *p) {
  const bool is_pool = p->op.type == &fv__op_pool;
  fv__pool *three;
  assert_int_equal(fv__pool_create(&three, 3), FV_OK);
  backward(p, three);
  float dx[ROOM], dkernel[ROOM];
  memcpy(dx, p->dx, sizeof dx);
  memcpy(dkernel, p->dkernel, sizeof dkernel);
  fv__pool_destroy(three);
  backward(p, NULL);
  assert_memory_equal(dx, p->dx, sizeof dx);
  assert_memory_equal(dkernel, p->dkernel, sizeof dkernel);
  expect_differences(p, p->x, p->dx, N * H * W * C, "dx");
  if (!is_pool) expect_differences(p, p->kernel, p->dkernel, p->kernel_count, "dkernel");
  if (!is_pool) expect_differences(p, p->bias, p->dbias, p->op.window.out_c, "dbias");
  free(p);
}

static void convolutions(void **state) {
  (void)state;
  check(make(&fv__op_conv, (fv__window){3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, false, OUT_C));
  check(make(&fv__op_conv, (fv__window){3, 2, 2, 1, 1, 2, 0, 1, 2, 0}, 2, false, OUT_C));
  check(make(&fv__op_conv, (fv__window){1, 1, 2, 2, 1, 1, 0, 0, 0, 0}, 1, false, OUT_C));
}

static void poolings(void **state) {
  (void)state;
  for (int average = 0; average < 2; average++) {
    check(make(&fv__op_pool, (fv__window){2, 2, 2, 2, 1, 1, 0, 0, 0, 0}, 1, average, C));
    check(make(&fv__op_pool, (fv__window){3, 3, 2, 1, 1, 1, 0, 1, 1, 1}, 1, average, C));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(convolutions), cmocka_unit_test(poolings)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
