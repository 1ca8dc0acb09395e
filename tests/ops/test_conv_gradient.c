/* The fast ways to the gradients of convolution against the reference, at every CPU level: written and added, with one
 * thread and with three for equal bits, dense and sliced values, exact and default accuracy; nothing used from
 * undefined scratch, nothing written outside the results. */
#include <fovea/cpu.h>

#include "base/rng.h"
#include "kernels/kernels.h"
#include "ops/conv.h"
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
  int64_t n, h, w, c, out_c;
  fv__window window;
  int32_t groups;
  bool sliced;
} problem;

/* Window: kernel, stride, dilation (height, width each), top, bottom, left, right. */
static const problem PROBLEMS[] = {
    {1, 8, 8, 16, 16, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, false},   /* whole tiles of 4x4 */
    {2, 9, 7, 20, 24, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, true},    /* tails of everything */
    {2, 11, 13, 33, 17, {3, 3, 1, 1, 1, 1, 0, 0, 0, 0}, 1, false}, /* valid */
    {1, 7, 7, 64, 48, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, false},   /* small map */
    {16, 5, 6, 16, 40, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, true},   /* many images */
    {1, 30, 29, 18, 16, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, false}, /* several blocks */
    {1, 12, 10, 16, 18, {3, 3, 1, 1, 1, 1, 2, 2, 2, 2}, 1, false}, /* full: dx's padding is none */
    {1, 6, 6, 4, 5, {3, 3, 1, 1, 1, 1, 3, 3, 4, 3}, 1, false},     /* more padding than kernel */
    {2, 9, 8, 7, 9, {3, 3, 2, 2, 1, 1, 0, 1, 0, 1}, 1, false},     /* same, stride 2, even */
    {2, 9, 9, 17, 33, {3, 3, 2, 2, 1, 1, 1, 1, 1, 1}, 1, true},    /* likewise, odd */
    {1, 17, 16, 3, 20, {7, 7, 2, 2, 1, 1, 3, 3, 3, 3}, 1, false},  /* a stem */
    {1, 14, 17, 3, 16, {3, 3, 2, 2, 1, 1, 0, 1, 0, 1}, 1, false},  /* another */
    {1, 23, 23, 3, 8, {11, 11, 4, 4, 1, 1, 2, 2, 2, 2}, 1, false}, /* AlexNet's */
    {3, 14, 14, 6, 16, {5, 5, 1, 1, 1, 1, 0, 0, 0, 0}, 1, false},  /* LeNet-5's */
    {3, 28, 28, 1, 6, {5, 5, 1, 1, 1, 1, 2, 2, 2, 2}, 1, false},   /* its first */
    {16, 12, 12, 1, 6, {5, 5, 1, 1, 1, 1, 2, 2, 2, 2}, 1, true},   /* likewise, sliced */
    {2, 9, 9, 24, 16, {5, 5, 1, 1, 1, 1, 2, 2, 2, 2}, 1, false},   /* 5x5 */
    {1, 8, 9, 16, 20, {1, 7, 1, 1, 1, 1, 0, 0, 3, 3}, 1, false},   /* InceptionV3's */
    {1, 9, 8, 20, 16, {7, 1, 1, 1, 1, 1, 3, 3, 0, 0}, 1, false},   /* likewise */
    {1, 8, 8, 16, 16, {1, 3, 1, 1, 1, 1, 0, 0, 1, 1}, 1, false},   /* likewise */
    {2, 7, 9, 12, 20, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1, false},   /* 1x1 */
    {2, 8, 8, 130, 70, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1, true},   /* with many channels */
    {2, 9, 8, 20, 40, {1, 1, 2, 2, 1, 1, 0, 0, 0, 0}, 1, false},   /* with stride */
    {2, 9, 8, 20, 40, {1, 1, 3, 2, 1, 1, 0, 0, 0, 0}, 1, true},    /* with another */
    {1, 9, 10, 8, 12, {2, 2, 1, 1, 1, 1, 0, 1, 0, 1}, 1, false},   /* even kernel */
    {1, 9, 10, 8, 12, {2, 4, 2, 3, 1, 1, 0, 1, 1, 2}, 1, true},    /* even kernel, strides */
    {1, 11, 12, 16, 16, {3, 3, 1, 1, 2, 2, 2, 2, 2, 2}, 1, false}, /* dilated */
    {1, 11, 12, 5, 6, {3, 3, 2, 2, 2, 2, 2, 2, 2, 2}, 1, false},   /* dilated by the stride */
    {1, 13, 12, 5, 6, {3, 2, 2, 3, 3, 2, 2, 3, 2, 2}, 1, true},    /* dilated by other numbers */
    {1, 13, 12, 5, 6, {4, 3, 4, 4, 2, 6, 3, 3, 6, 6}, 1, false},   /* with common divisors */
    {2, 8, 9, 12, 18, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 2, false},   /* groups */
    {1, 9, 9, 24, 12, {3, 3, 2, 2, 1, 1, 1, 1, 1, 1}, 3, true},    /* groups, stride 2 */
    {1, 6, 6, 64, 64, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 16, false},  /* ResNeXt's */
    {1, 6, 6, 40, 20, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 4, false},   /* grouped 1x1 */
    {1, 1, 1, 9, 7, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1, false},     /* one pixel */
    {1, 3, 3, 16, 16, {3, 3, 1, 1, 1, 1, 0, 0, 0, 0}, 1, false},   /* one pixel of y */
    {1, 5, 5, 2, 3, {2, 2, 5, 5, 1, 1, 0, 0, 0, 0}, 1, false},     /* pixels that nobody reads */
    {4, 16, 16, 6, 10, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, false},  /* few channels, many pixels */
    {1, 40, 40, 16, 16, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, true},  /* many tiles */
};

enum { COUNT = sizeof PROBLEMS / sizeof *PROBLEMS };

/* Numbers in memory that ends with them, and how they lie there. */
typedef struct value {
  float *memory;
  int64_t count;
  fv__view view;
} value;

static value make(int64_t n, int64_t h, int64_t w, int64_t c, bool sliced) {
  const int64_t pixel = c + (sliced ? 3 : 0), row = w * pixel + (sliced ? 5 : 0), image = h * row + (sliced ? 1 : 0);
  value v = {.count = n * image};
  v.memory = malloc((size_t)v.count * sizeof(float));
  assert_non_null(v.memory);
  v.view = (fv__view){v.memory, n, h, w, c, image, row, pixel};
  return v;
}

static void fill(float *to, int64_t count, const char *name) {
  const uint64_t state = fv__rng_state(name, 5);
  for (int64_t i = 0; i < count; i++) to[i] = (float)(2 * fv__rng_uniform(state, (uint64_t)i) - 1);
}

/* The sum and the numbers of one result. */
typedef struct result {
  float *dx, *dkernel, *dbias;
} result;

typedef struct scene {
  const problem *p;
  fv__op op;
  value x, dy, dx;
  float *kernel, *dkernel, *dbias;
  int64_t kernel_count;
  bool added, exact;
} scene;

static int64_t extent(int64_t size, int64_t padding, int64_t kernel, int64_t stride, int64_t dilation) {
  return (size + padding - (kernel - 1) * dilation - 1) / stride + 1;
}

static scene open_scene(const problem *p) {
  const fv__window *w = &p->window;
  scene s = {.p = p, .op = fv__op_make(&fv__op_conv, 0, 1)};
  const int64_t out_h = extent(p->h, w->top + w->bottom, w->kernel_h, w->stride_h, w->dilation_h);
  const int64_t out_w = extent(p->w, w->left + w->right, w->kernel_w, w->stride_w, w->dilation_w);
  s.op.window = (fv__window_problem){.n = p->n,
                                     .h = p->h,
                                     .w = p->w,
                                     .c = p->c,
                                     .out_h = out_h,
                                     .out_w = out_w,
                                     .out_c = p->out_c,
                                     .window = *w,
                                     .groups = p->groups};
  s.kernel_count = (int64_t)w->kernel_h * w->kernel_w * (p->c / p->groups) * p->out_c;
  s.x = make(p->n, p->h, p->w, p->c, p->sliced);
  s.dx = make(p->n, p->h, p->w, p->c, p->sliced);
  s.dy = make(p->n, out_h, out_w, p->out_c, p->sliced);
  s.kernel = malloc((size_t)s.kernel_count * sizeof(float));
  s.dkernel = malloc((size_t)s.kernel_count * sizeof(float));
  s.dbias = malloc((size_t)p->out_c * sizeof(float));
  assert_true(s.kernel && s.dkernel && s.dbias);
  fill(s.x.memory, s.x.count, "x");
  fill(s.dy.memory, s.dy.count, "dy");
  fill(s.kernel, s.kernel_count, "kernel");
  return s;
}

static void close_scene(scene *s) {
  free(s->x.memory);
  free(s->dx.memory);
  free(s->dy.memory);
  free(s->kernel);
  free(s->dkernel);
  free(s->dbias);
}

/* Results before a run: what is added to, or, where they are overwritten, what must not be used. */
static void prepare_results(scene *s) {
  fill(s->dx.memory, s->dx.count, "dx");
  fill(s->dkernel, s->kernel_count, "dkernel");
  fill(s->dbias, s->p->out_c, "dbias");
}

/* Sets dx to `number`, but for what lies between its pixels. */
static void flood(const fv__view *v, float number) {
  for (int64_t i = 0; i < v->n * v->h * v->w; i++)
    for (int64_t c = 0; c < v->c; c++) fv__view_at_pixel(v, i)[c] = number;
}

static void run(scene *s, const fv__gradient_way *way, bool input, fv__pool *pool) {
  prepare_results(s);
  const bool fresh = !s->added;
  if (fresh) {
    const float nothing = way->overwrites ? NAN : 0;
    flood(&s->dx.view, nothing);
    for (int64_t i = 0; i < s->kernel_count; i++) s->dkernel[i] = nothing;
    for (int64_t i = 0; i < s->p->out_c; i++) s->dbias[i] = nothing;
  }
  const size_t bytes = way->scratch_bytes ? way->scratch_bytes(&s->op, fv__pool_threads(pool)) : 0;
  void *scratch = aligned_alloc(64, (bytes + 127) / 64 * 64);
  assert_non_null(scratch);
  memset(scratch, 0xff, bytes); /* NaN */
  fv__backward_call call = {.op = &s->op,
                            .x = {s->x.view},
                            .dy = s->dy.view,
                            .kernel = s->kernel,
                            .scratch = scratch,
                            .pool = pool,
                            .overwrite = fresh && way->overwrites};
  if (input) {
    call.dx[0] = s->dx.view;
  } else {
    call.dkernel = s->dkernel;
    call.dbias = s->dbias;
  }
  way->backward(&call);
  free(scratch);
}

static float *copy_of(const float *numbers, int64_t count) {
  float *copy = malloc((size_t)count * sizeof *copy);
  assert_non_null(copy);
  memcpy(copy, numbers, (size_t)count * sizeof *copy);
  return copy;
}

static result results_of(const scene *s) {
  return (result){copy_of(s->dx.memory, s->dx.count), copy_of(s->dkernel, s->kernel_count),
                  copy_of(s->dbias, s->p->out_c)};
}

static void release(result *r) {
  free(r->dx);
  free(r->dkernel);
  free(r->dbias);
}

static void expect_near(const float *found, const float *wanted, int64_t count, const scene *s,
                        const fv__gradient_way *way, const char *what) {
  double difference = 0, size = 0;
  for (int64_t i = 0; i < count; i++) {
    difference += ((double)found[i] - wanted[i]) * ((double)found[i] - wanted[i]);
    size += (double)wanted[i] * wanted[i];
  }
  const double error = sqrt(difference / (size > 0 ? size : 1)), most = s->exact ? 5e-7 : 3e-6;
  if (!(error <= most))
    fail_msg("problem %d, level %s, %s, %s, %s: error %.2g", (int)(s->p - PROBLEMS), fv_cpu_name(s->op.kernels->level),
             way->name, what, s->added ? "added" : "written", error);
}

static void compare(scene *s, const fv__gradient_way *way, bool input, const result *wanted, fv__pool *three) {
  run(s, way, input, three);
  result first = results_of(s);
  run(s, way, input, NULL);
  assert_memory_equal(first.dx, s->dx.memory, (size_t)s->dx.count * sizeof(float));
  assert_memory_equal(first.dkernel, s->dkernel, (size_t)s->kernel_count * sizeof(float));
  assert_memory_equal(first.dbias, s->dbias, (size_t)s->p->out_c * sizeof(float));
  if (input) {
    expect_near(s->dx.memory, wanted->dx, s->dx.count, s, way, "dx");
  } else {
    expect_near(s->dkernel, wanted->dkernel, s->kernel_count, s, way, "dkernel");
    expect_near(s->dbias, wanted->dbias, s->p->out_c, s, way, "dbias");
  }
  release(&first);
}

static void try_ways(scene *s, bool input, const result *wanted, fv__pool *three) {
  const fv__gradient_way *const *ways = input ? s->op.type->input_gradient : s->op.type->weight_gradient;
  for (; ways[1]; ways++)
    if (!(*ways)->why_not(&s->op)) compare(s, *ways, input, wanted, three);
}

static void check(const problem *p, bool input, fv__pool *three) {
  scene s = open_scene(p);
  for (int added = 0; added < 2; added++) {
    s.added = added;
    s.op.kernels = fv__kernels_for(FV_CPU_BASELINE);
    run(&s, input ? &fv__conv_input_reference : &fv__conv_weight_reference, input, NULL);
    result wanted = results_of(&s);
    for (int level = FV_CPU_BASELINE; level <= (int)fv_cpu_best(); level++)
      for (int exact = 0; exact < 2; exact++) {
        s.exact = exact;
        s.op.kernels = fv__kernels_for((fv_cpu_level)level);
        s.op.accuracy = exact ? FV_ACCURACY_EXACT : FV_ACCURACY_DEFAULT;
        try_ways(&s, input, &wanted, three);
      }
    release(&wanted);
  }
  close_scene(&s);
}

static void check_all(bool input) {
  fv__pool *three;
  assert_int_equal(fv__pool_create(&three, 3), FV_OK);
  for (int i = 0; i < COUNT; i++) check(&PROBLEMS[i], input, three);
  fv__pool_destroy(three);
}

static void inputs(void **state) {
  (void)state;
  check_all(true);
}

static void weights(void **state) {
  (void)state;
  check_all(false);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(inputs), cmocka_unit_test(weights)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
