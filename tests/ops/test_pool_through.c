/* Poolings that go back together with the activation before them, against the one and the other in turn: the same bits
 * at every CPU level, written and added, with one thread and with three, dense and sliced values; nothing used from
 * undefined scratch, nothing written outside the result. */
#include <fovea/cpu.h>

#include "base/rng.h"
#include "kernels/kernels.h"
#include "ops/gradients.h"
#include "ops/pool.h"
#include "ops/program.h"
#include "ops/way.h"

#undef fail

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct problem {
  int64_t n, h, w, c, out_h, out_w;
  int32_t kernel_h, kernel_w;
  bool sliced;
} problem;

static const problem PROBLEMS[] = {
    {3, 28, 28, 6, 14, 14, 2, 2, false}, /* LeNet-5's */
    {2, 10, 10, 16, 5, 5, 2, 2, false},  /* its second */
    {2, 9, 7, 5, 4, 3, 2, 2, false},     /* rows and columns that no window covers */
    {2, 9, 7, 5, 5, 4, 2, 2, true},      /* windows that reach over the edge */
    {1, 12, 12, 19, 4, 6, 3, 2, true},   /* tails of channels */
    {1, 3, 2, 1, 1, 1, 3, 2, false},     /* one window */
};

enum { COUNT = sizeof PROBLEMS / sizeof *PROBLEMS };

/* Numbers and how they lie in memory. */
typedef struct value {
  float *memory;
  int64_t count;
  fv__view view;
} value;

static value make(int64_t n, int64_t h, int64_t w, int64_t c, bool sliced, const char *name) {
  const int64_t pixel = c + (sliced ? 3 : 0), row = w * pixel + (sliced ? 5 : 0), image = h * row + (sliced ? 1 : 0);
  value v = {.count = n * image};
  v.memory = malloc((size_t)v.count * sizeof(float));
  assert_non_null(v.memory);
  v.view = (fv__view){v.memory, n, h, w, c, image, row, pixel};
  const uint64_t state = fv__rng_state(name, 5);
  for (int64_t i = 0; i < v.count; i++) v.memory[i] = (float)(2 * fv__rng_uniform(state, (uint64_t)i) - 1);
  return v;
}

typedef struct scene {
  fv__op pool, activation;
  value y, dy, dx;
  bool added;
} scene;

/* Runs a way; dx is added to, or overwritten. */
static void go_back(const scene *s, const fv__gradient_way *way, fv__backward_call call, fv__pool *threads) {
  const size_t bytes = way->scratch_bytes ? way->scratch_bytes(call.op, fv__pool_threads(threads)) : 0;
  call.scratch = aligned_alloc(64, (bytes + 127) / 64 * 64);
  assert_non_null(call.scratch);
  memset(call.scratch, 0xff, bytes); /* NaN */
  call.pool = threads;
  call.overwrite = !s->added;
  way->backward(&call);
  free(call.scratch);
}

static const fv__gradient_way *way_of(const fv__op *op) {
  const fv__gradient_way *way = fv__gradient_choose(op, op->type->input_gradient);
  assert_non_null(way);
  return way;
}

static float *copy_of(const value *v) {
  float *copy = malloc((size_t)v->count * sizeof *copy);
  assert_non_null(copy);
  memcpy(copy, v->memory, (size_t)v->count * sizeof *copy);
  return copy;
}

/* What the one and then the other give. */
static void in_turn(const scene *s) {
  const fv__view *y = &s->y.view;
  value between = make(y->n, y->h, y->w, y->c, false, "between");
  scene written = *s;
  written.added = false;
  go_back(&written, way_of(&s->pool),
          (fv__backward_call){.op = &s->pool, .x = {*y}, .dy = s->dy.view, .dx = {between.view}}, NULL);
  go_back(s, &fv__unary_input_by_result,
          (fv__backward_call){.op = &s->activation, .y = *y, .dy = between.view, .dx = {s->dx.view}}, NULL);
  free(between.memory);
}

static void compare(scene *s, fv__pool *three) {
  float *const before = copy_of(&s->dx);
  const size_t bytes = (size_t)s->dx.count * sizeof(float);
  in_turn(s);
  float *const wanted = copy_of(&s->dx);
  assert_null(fv__pool_input_through.why_not(&s->pool));
  for (int threads = 1; threads <= 3; threads += 2) {
    memcpy(s->dx.memory, before, bytes);
    go_back(s, &fv__pool_input_through,
            (fv__backward_call){
                .op = &s->pool, .before = &s->activation, .x = {s->y.view}, .dy = s->dy.view, .dx = {s->dx.view}},
            threads == 1 ? NULL : three);
    assert_memory_equal(s->dx.memory, wanted, bytes);
  }
  memcpy(s->dx.memory, before, bytes);
  free(before);
  free(wanted);
}

static void check(const problem *p, bool average, fv__pool *three) {
  scene s = {.pool = fv__op_make(&fv__op_pool, 0, 1), .activation = fv__op_make(&fv__op_unary, 0, 1)};
  s.pool.window = (fv__window_problem){.n = p->n,
                                       .h = p->h,
                                       .w = p->w,
                                       .c = p->c,
                                       .out_h = p->out_h,
                                       .out_w = p->out_w,
                                       .out_c = p->c,
                                       .window = {p->kernel_h, p->kernel_w, p->kernel_h, p->kernel_w, 1, 1, 0, 0, 0, 0},
                                       .groups = 1,
                                       .average = average};
  s.activation.unary.kernel = FV__UNARY_TANH;
  s.y = make(p->n, p->h, p->w, p->c, p->sliced, "y");
  s.dx = make(p->n, p->h, p->w, p->c, p->sliced, "dx");
  s.dy = make(p->n, p->out_h, p->out_w, p->c, p->sliced, "dy");
  for (int level = FV_CPU_BASELINE; level <= (int)fv_cpu_best(); level++)
    for (int added = 0; added < 2; added++) {
      s.added = added;
      s.pool.kernels = s.activation.kernels = fv__kernels_for((fv_cpu_level)level);
      compare(&s, three);
    }
  free(s.y.memory);
  free(s.dx.memory);
  free(s.dy.memory);
}

static void check_all(bool average) {
  fv__pool *three;
  assert_int_equal(fv__pool_create(&three, 3), FV_OK);
  for (int i = 0; i < COUNT; i++) check(&PROBLEMS[i], average, three);
  fv__pool_destroy(three);
}

static void averages(void **state) {
  (void)state;
  check_all(true);
}

static void maxima(void **state) {
  (void)state;
  check_all(false);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(averages), cmocka_unit_test(maxima)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
