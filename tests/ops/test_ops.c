/* Every line of tests/cases, every way, at every CPU level of this machine:
 *
 *   against the plain-C reference; run twice for equal bits; with 1, 2 and 3 threads for equal bits; with dense and
 * with sliced views (and the residual in y's place where it may be) for equal bits; nothing written outside the output,
 * nothing used from outside the inputs.
 *
 * test_ops KIND:LINE runs one line.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/cpu.h>

#include "base/rng.h"
#include "kernels/kernels.h"
#include "support/problem.h"

#undef fail /* cmocka has its own */
#include <cmocka.h>

static const char *const KINDS[] = {"conv",   "depthwise", "dense",   "pool", "global_pool", "unary",
                                    "binary", "affine",    "softmax", "copy", "zero_border"};
enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS, MAX_CASES = 1000, GUARD = 40 };

/* A value in memory of its own with a frame around it, dense or as a slice of a wider one. */
typedef struct value {
  float *memory;
  int64_t count; /* floats of memory */
  fv__view view;
} value;

static const char *current; /* the line being run */
#define complain(format, ...) fail_msg(format "\n  repeat: build/tests/test_ops %s", __VA_ARGS__, current)

static const float UNTOUCHED = -12345.678f;

static void value_make(value *v, const int64_t e[4], bool sliced) {
  const int64_t before = sliced ? 5 : 0, pixel = e[3] + (sliced ? 8 : 0), row = e[2] * pixel + (sliced ? 7 : 0);
  const int64_t image = e[1] * row + (sliced ? 11 : 0);
  v->count = 2 * GUARD + before + e[0] * image;
  v->memory = malloc((size_t)v->count * sizeof(float));
  assert_non_null(v->memory);
  for (int64_t i = 0; i < v->count; i++) v->memory[i] = UNTOUCHED;
  v->view = (fv__view){v->memory + GUARD + before, e[0], e[1], e[2], e[3], image, row, pixel};
}

typedef void visit(float *pixel, int64_t first, int64_t channels, void *context);

static void for_pixels(const fv__view *v, visit *body, void *context) {
  int64_t count = 0;
  for (int64_t n = 0; n < v->n; n++)
    for (int64_t i = 0; i < v->h; i++)
      for (int64_t j = 0; j < v->w; j++, count += v->c)
        body(v->data + n * v->image + i * v->row + j * v->pixel, count, v->c, context);
}

static void put(float *pixel, int64_t first, int64_t channels, void *context) {
  memcpy(pixel, (const float *)context + first, (size_t)channels * sizeof(float));
}

static void get(float *pixel, int64_t first, int64_t channels, void *context) {
  memcpy((float *)context + first, pixel, (size_t)channels * sizeof(float));
  for (int64_t i = 0; i < channels; i++) pixel[i] = UNTOUCHED;
}

static int64_t elements(const int64_t e[4]) { return e[0] * e[1] * e[2] * e[3]; }

/* The data of one line. */
typedef struct data {
  float *x[2], *residual, *start; /* dense; start: what y holds before */
  float *kernel, *bias, *gamma, *beta, *mean, *variance;
} data;

static float *random_array(const char *name, int64_t count, double low, double high) {
  float *array = malloc((size_t)(count + 1) * sizeof(float));
  assert_non_null(array);
  const uint64_t state = fv__rng_state(name, 1);
  for (int64_t i = 0; i < count; i++) array[i] = (float)(low + (high - low) * fv__rng_uniform(state, (uint64_t)i));
  return array;
}

static void data_make(data *d, const problem *p) {
  const double reach = p->op.type == &fv__op_unary || p->op.type == &fv__op_softmax ? 12 : 1;
  d->x[0] = random_array("x", elements(p->extents[0]), -reach, reach);
  for (int64_t i = 0; p->zeros && i < elements(p->extents[0]); i++)
    if (d->x[0][i] < 0.2f) d->x[0][i] = 0;
  if (p->nan) d->x[0][elements(p->extents[0]) / 2] = NAN;
  d->x[1] = random_array("second", elements(p->extents[1]), -reach, reach);
  d->residual = random_array("residual", elements(p->extents[2]), -1, 1);
  d->start = random_array("start", elements(p->extents[2]), -1, 1);
  d->kernel = random_array("kernel", p->kernel_count, -1, 1);
  d->bias = random_array("bias", p->bias_count, -1, 1);
  d->gamma = random_array("gamma", p->bias_count, 0.5, 1.5);
  d->beta = random_array("beta", p->bias_count, -1, 1);
  d->mean = random_array("mean", p->bias_count, -1, 1);
  d->variance = random_array("variance", p->bias_count, 0.5, 1.5);
}

static void data_free(data *d) {
  float *const all[] = {d->x[0], d->x[1],  d->residual, d->start, d->kernel,
                        d->bias, d->gamma, d->beta,     d->mean,  d->variance};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

/* Aligned memory full of a pattern that is NaN as floats. */
static void *filled(size_t bytes) {
  void *memory = aligned_alloc(64, (bytes + 127) & ~(size_t)63);
  assert_non_null(memory);
  memset(memory, 0xff, (bytes + 127) & ~(size_t)63);
  return memory;
}

/* Runs a way and gives y, dense. `magnitudes`: sums of absolute values, without clamp. */
static float *run(const problem *p, const data *d, const fv__way *way, fv__pool *pool, bool sliced, bool magnitudes) {
  fv__op op = p->op;
  if (magnitudes) {
    op.low = -INFINITY;
    op.high = INFINITY;
    if (op.type == &fv__op_affine)
      op.affine = (fv__affine_problem){fabsf(op.affine.scale), fabsf(op.affine.shift), op.affine.channels};
  }
  const fv__op_weights weights = {d->kernel,
                                  p->op.bias >= 0 ? d->bias : NULL,
                                  p->op.normalisation.present ? d->gamma : NULL,
                                  p->op.normalisation.present ? d->beta : NULL,
                                  p->op.normalisation.present ? d->mean : NULL,
                                  p->op.normalisation.present ? d->variance : NULL};
  const size_t packed_bytes = way->packed_bytes ? way->packed_bytes(&op) : 0;
  float *packed = filled(packed_bytes);
  if (packed_bytes) way->pack(&op, &weights, packed);
  if (magnitudes)
    for (size_t i = 0; i < packed_bytes / sizeof(float); i++) packed[i] = fabsf(packed[i]);
  void *scratch = filled(way->scratch_bytes ? way->scratch_bytes(&op, fv__pool_threads(pool)) : 0);
  value x[2], residual, y;
  value_make(&x[0], p->extents[0], sliced);
  value_make(&x[1], p->extents[1], sliced);
  value_make(&residual, p->extents[2], sliced);
  value_make(&y, p->extents[2], sliced);
  for_pixels(&x[0].view, put, d->x[0]);
  for_pixels(&x[1].view, put, d->x[1]);
  for_pixels(&residual.view, put, d->residual);
  for_pixels(&y.view, put, d->start);
  fv__op_call call = {.op = &op,
                      .x = {x[0].view, x[1].view},
                      .y = y.view,
                      .kernel = way->keeps_natural ? d->kernel : NULL,
                      .packed = packed_bytes ? packed : NULL,
                      .scratch = scratch,
                      .pool = pool};
  if (p->residual) call.residual = residual.view;
  if (p->residual && sliced && fv__op_adds_in_place(&op)) {
    for_pixels(&y.view, put, d->residual);
    call.residual = y.view;
  }
  way->forward(&call);

  float *result = malloc((size_t)(elements(p->extents[2]) + 1) * sizeof(float));
  assert_non_null(result);
  for_pixels(&y.view, get, result);
  for (int64_t i = 0; i < y.count; i++)
    if (memcmp(&y.memory[i], &UNTOUCHED, sizeof(float)) != 0)
      complain("way '%s' wrote outside its output, %lld floats from its start", way->name,
               (long long)(y.memory + i - y.view.data));
  free(x[0].memory);
  free(x[1].memory);
  free(residual.memory);
  free(y.memory);
  free(scratch);
  free(packed);
  return result;
}

static void expect_bits(const float *expected, const float *found, int64_t count, const fv__way *way,
                        const char *what) {
  for (int64_t i = 0; i < count; i++)
    if (memcmp(&expected[i], &found[i], sizeof(float)) != 0)
      complain("way '%s': other bits %s at %lld: %.9g and %.9g", way->name, what, (long long)i, (double)expected[i],
               (double)found[i]);
}

/* Rounding errors of a sum of `length` products grow like the root of it. A way of larger errors (fv__way.error) makes
 * them of the largest sum there is, and may let a NaN reach its neighbours. */
static void expect_near(const problem *p, const float *expected, const float *magnitude, const float *found,
                        const fv__way *way) {
  const double epsilon = 1.2e-7, factor = 4 + sqrt((double)p->length);
  double largest = 0;
  for (int64_t i = 0; i < elements(p->extents[2]); i++)
    if (fabs((double)magnitude[i]) > largest) largest = fabs((double)magnitude[i]);
  for (int64_t i = 0; i < elements(p->extents[2]); i++) {
    if (isnan(found[i]) && (isnan(expected[i]) || (p->nan && way->error > 0))) continue;
    if (expected[i] == found[i]) continue;
    const double size = way->error > 0 ? way->error * largest : fabs((double)magnitude[i]);
    const double tolerance = epsilon * factor * size + p->absolute + 1e-37;
    if (!(fabs((double)expected[i] - (double)found[i]) <= tolerance))
      complain("way '%s' at %s: %lld: expected %.9g, found %.9g, allowed %.2g", way->name,
               fv_cpu_name(p->op.kernels->level), (long long)i, (double)expected[i], (double)found[i], tolerance);
  }
}

static void check_way(problem *p, const data *d, const fv__way *way, fv__pool *const pools[3], const float *expected,
                      const float *magnitude) {
  const int64_t count = elements(p->extents[2]);
  float *first = run(p, d, way, pools[0], false, false);
  expect_near(p, expected, magnitude, first, way);
  for (int threads = 1; threads <= 3; threads++)
    for (int sliced = 0; sliced < 2; sliced++) {
      char what[64];
      snprintf(what, sizeof what, "with %d threads, %s views, %s", threads, sliced ? "sliced" : "dense",
               fv_cpu_name(p->op.kernels->level));
      float *again = run(p, d, way, pools[threads - 1], sliced, false);
      expect_bits(first, again, count, way, what);
      free(again);
    }
  free(first);
}

static const fv__way *reference_of(const fv__op_type *type) {
  const fv__way *const *way = type->ways;
  while (way[1]) way++;
  return *way;
}

/* The same sums with absolute values, which the rounding errors are measured by. */
static float *magnitudes_of(const problem *p, const data *d) {
  const bool sums = p->op.type == &fv__op_conv || p->op.type == &fv__op_depthwise || p->op.type == &fv__op_dense ||
                    p->op.type == &fv__op_pool || p->op.type == &fv__op_global_pool || p->op.type == &fv__op_affine;
  const fv__way *way = reference_of(p->op.type);
  if (!sums) return run(p, d, way, NULL, false, false);
  data absolute = *d;
  float **arrays[] = {&absolute.x[0], &absolute.residual, &absolute.kernel};
  const int64_t counts[] = {elements(p->extents[0]), elements(p->extents[2]), p->kernel_count};
  for (int a = 0; a < 3; a++) {
    float *copy = malloc((size_t)(counts[a] + 1) * sizeof(float));
    assert_non_null(copy);
    for (int64_t i = 0; i < counts[a]; i++) copy[i] = fabsf((*arrays[a])[i]);
    *arrays[a] = copy;
  }
  float *result = run(p, &absolute, way, NULL, false, true);
  for (int a = 0; a < 3; a++) free(*arrays[a]);
  return result;
}

typedef struct test_line {
  char kind[16], name[32], text[512];
} test_line;

static void check_line(void **state) {
  const test_line *line = *state;
  current = line->name;
  problem p;
  char message[128];
  if (!problem_read(&p, line->kind, line->text, message, sizeof message)) complain("%s", message);
  data d;
  data_make(&d, &p);
  fv__pool *pools[3];
  for (int i = 0; i < 3; i++) assert_int_equal(fv__pool_create(&pools[i], i + 1), FV_OK);
  p.op.kernels = fv__kernels_for(FV_CPU_BASELINE);
  p.op.accuracy = FV_ACCURACY_FAST; /* the most ways */
  float *expected = run(&p, &d, reference_of(p.op.type), NULL, false, false), *magnitude = magnitudes_of(&p, &d);
  for (int level = 0; level <= (int)fv_cpu_best(); level++) {
    p.op.kernels = fv__kernels_for((fv_cpu_level)level);
    for (const fv__way *const *way = p.op.type->ways; *way; way++)
      if (!(*way)->why_not(&p.op)) check_way(&p, &d, *way, pools, expected, magnitude);
  }
  for (int i = 0; i < 3; i++) fv__pool_destroy(pools[i]);
  free(expected);
  free(magnitude);
  data_free(&d);
}

static int read_lines(const char *kind, const char *only, test_line *lines, int count) {
  char path[512], text[512];
  snprintf(path, sizeof path, "%s/tests/cases/%s", FOVEA_SOURCE_DIR, kind);
  FILE *file = fopen(path, "r");
  if (!file) {
    fprintf(stderr, "cannot open %s\n", path);
    exit(1);
  }
  for (int number = 1; fgets(text, sizeof text, file); number++) {
    if (text[0] == '#' || text[0] == '\n') continue;
    test_line *line = &lines[count];
    snprintf(line->kind, sizeof line->kind, "%s", kind);
    snprintf(line->name, sizeof line->name, "%s:%d", kind, number);
    snprintf(line->text, sizeof line->text, "%s", text);
    if (count < MAX_CASES && (!only || strcmp(only, line->name) == 0)) count++;
  }
  fclose(file);
  return count;
}

int main(int count, char **arguments) {
  static test_line lines[MAX_CASES + 1];
  static struct CMUnitTest tests[MAX_CASES];
  int line_count = 0;
  for (int i = 0; i < KIND_COUNT; i++)
    line_count = read_lines(KINDS[i], count > 1 ? arguments[1] : NULL, lines, line_count);
  for (int i = 0; i < line_count; i++)
    tests[i] = (struct CMUnitTest){.name = lines[i].name, .test_func = check_line, .initial_state = &lines[i]};
  return _cmocka_run_group_tests("ops", tests, (size_t)line_count, NULL, NULL);
}
