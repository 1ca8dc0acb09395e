/* Backward of ops, a problem a line (support/problem.h):
 *
 *   the references against central differences of the reference forward; every way at every CPU level against the
 *   reference; the same bits for one thread and three, for dense and for sliced views; gradients are added to what is
 *   there, and written over it by ways that can.
 *
 * Fast ways of convolution have a test of their own, test_conv_gradient.c. Inputs are a shuffled ladder without 0, so
 * that no maximum ties and no function is asked where it bends.
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
#include "layers/layer.h"
#include "ops/backward.h"
#include "ops/program.h"
#include "support/problem.h"

#undef fail /* cmocka has its own */
#include <cmocka.h>

/* Of what activation functions are given: halves are far from its rungs. */
static const float REACH = 4.27f;

static const fv__draw DRAW = {.seed = 3, .step = 5, .first_image = 7};
static const float GARBAGE = -12345.678f;

static const char *current; /* the line being run */
#define complain(format, ...) fail_msg("%s: " format, current, __VA_ARGS__)

static void *memory(size_t bytes) {
  void *block = aligned_alloc(64, (bytes + 127) & ~(size_t)63);
  assert_non_null(block);
  memset(block, 0, (bytes + 127) & ~(size_t)63);
  return block;
}

static float *ladder(int64_t count, uint64_t seed) {
  float *numbers = memory((size_t)count * sizeof(float));
  for (int64_t i = 0; i < count; i++) numbers[i] = ((float)i + 0.75f) / (float)count * 2 - 1;
  for (int64_t i = count - 1; i > 0; i--) {
    const int64_t k = (int64_t)(fv__rng_uniform(fv__rng_state("ladder", seed), (uint64_t)i) * (double)(i + 1));
    const float kept = numbers[i];
    numbers[i] = numbers[k];
    numbers[k] = kept;
  }
  return numbers;
}

static int64_t elements(const int64_t e[4]) { return e[0] * e[1] * e[2] * e[3]; }

/* A problem with its numbers, dense. `parts` are those that gradients go to. */
enum { DX, DX_SECOND, DKERNEL, DBIAS, PARTS };
static const char *const PART_NAMES[] = {"dx", "the second dx", "dkernel", "dbias"};

typedef struct trial {
  problem p;
  int64_t counts[PARTS], y_count;
  float *numbers[PARTS], *gamma, *beta, *mean, *variance; /* numbers: x, the second x, kernel, bias */
  float *y, *dy;
  void *packed, *saved;
} trial;

static const fv__way *forward_way(const fv__op *op) {
  const fv__way *const *way = op->type->ways;
  while (way[1]) way++;
  return *way;
}

static void trial_make(trial *t, const problem *p) {
  *t = (trial){.p = *p, .y_count = elements(p->extents[2])};
  t->p.op.kernels = fv__kernels_for(FV_CPU_BASELINE);
  t->counts[DX] = elements(p->extents[0]);
  t->counts[DX_SECOND] = p->second ? elements(p->extents[1]) : 0;
  t->counts[DKERNEL] = p->kernel_count;
  t->counts[DBIAS] = p->op.bias >= 0 ? p->bias_count : 0;
  for (int part = 0; part < PARTS; part++) t->numbers[part] = ladder(t->counts[part], (uint64_t)part);
  for (int64_t i = 0; p->op.type == &fv__op_unary && i < t->counts[DX]; i++) t->numbers[DX][i] *= REACH;
  t->gamma = ladder(p->bias_count, 10);
  t->beta = ladder(p->bias_count, 11);
  t->mean = ladder(p->bias_count, 12);
  t->variance = ladder(p->bias_count, 13);
  for (int64_t i = 0; i < p->bias_count; i++) t->variance[i] += 1.5f;
  t->y = memory((size_t)t->y_count * sizeof(float));
  t->dy = ladder(t->y_count, 20);
  const fv__way *way = forward_way(&t->p.op);
  t->packed = way->packed_bytes && way->packed_bytes(&t->p.op) ? memory(way->packed_bytes(&t->p.op)) : NULL;
  t->saved = memory(t->p.op.type->saved_bytes ? t->p.op.type->saved_bytes(&t->p.op) : 0);
}

static void trial_free(trial *t) {
  for (int part = 0; part < PARTS; part++) free(t->numbers[part]);
  float *const others[] = {t->gamma, t->beta, t->mean, t->variance, t->y, t->dy};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) free(others[i]);
  free(t->packed);
  free(t->saved);
}

static fv__view dense(float *numbers, const int64_t e[4]) { return fv__view_dense(numbers, e[0], e[1], e[2], e[3]); }

/* The sum of y * dy, y by the reference way. */
static double weighed(trial *t) {
  const fv__op *op = &t->p.op;
  const fv__way *way = forward_way(op);
  const bool normalised = op->normalisation.present;
  const fv__op_weights weights = {t->numbers[DKERNEL],          op->bias >= 0 ? t->numbers[DBIAS] : NULL,
                                  normalised ? t->gamma : NULL, normalised ? t->beta : NULL,
                                  normalised ? t->mean : NULL,  normalised ? t->variance : NULL};
  if (t->packed) way->pack(op, &weights, t->packed);
  void *scratch = memory(way->scratch_bytes ? way->scratch_bytes(op, 1) : 0);
  const fv__op_call call = {
      .op = op,
      .x = {dense(t->numbers[DX], t->p.extents[0]), dense(t->numbers[DX_SECOND], t->p.extents[1])},
      .y = dense(t->y, t->p.extents[2]),
      .kernel = t->p.kernel_count ? t->numbers[DKERNEL] : NULL,
      .bias = op->bias >= 0 ? t->numbers[DBIAS] : NULL,
      .packed = t->packed,
      .scratch = scratch,
      .saved = t->saved,
      .draw = &DRAW};
  way->forward(&call);
  free(scratch);
  double sum = 0;
  for (int64_t i = 0; i < t->y_count; i++) sum += (double)t->y[i] * (double)t->dy[i];
  return sum;
}

/* A view in memory of its own: dense, or a slice of something wider. */
static fv__view view_of(const float *numbers, const int64_t e[4], bool sliced) {
  const int64_t pixel = e[3] + (sliced ? 3 : 0), row = e[2] * pixel + (sliced ? 5 : 0);
  const int64_t image = e[1] * row + (sliced ? 7 : 0);
  fv__view view = {memory((size_t)(e[0] * image) * sizeof(float)), e[0], e[1], e[2], e[3], image, row, pixel};
  for (int64_t i = 0; i < fv__view_pixels(&view); i++)
    memcpy(fv__view_at_pixel(&view, i), numbers + i * e[3], (size_t)e[3] * sizeof(float));
  return view;
}

static void dense_again(float *numbers, const fv__view *view) {
  for (int64_t i = 0; i < fv__view_pixels(view); i++)
    memcpy(numbers + i * view->c, fv__view_at_pixel(view, i), (size_t)view->c * sizeof(float));
}

/* How a way is run. */
typedef struct manner {
  const char *name;
  fv__pool *pool;
  bool sliced, overwrite;
  bool weights_too; /* by an input way that gives them */
} manner;

static void run_way(const trial *t, const fv__gradient_way *way, const fv__backward_call *given, const manner *how) {
  fv__backward_call call = *given;
  const size_t bytes = way->scratch_bytes ? way->scratch_bytes(&t->p.op, fv__pool_threads(how->pool)) : 0;
  call.scratch = memory(bytes);
  memset(call.scratch, 0xff, bytes);
  call.pool = how->pool;
  call.overwrite = how->overwrite;
  if (!way->reads_x) call.x[0].data = call.x[1].data = NULL;
  if (!way->reads_y) call.y.data = NULL;
  way->backward(&call);
  free(call.scratch);
}

/* Gradients by a way, added to `start` everywhere; [DX] and [DX_SECOND] by an input way, the others by a weight way. */
static void gradients(const trial *t, const fv__gradient_way *way, bool of_inputs, const manner *how, float start,
                      float *results[PARTS]) {
  fv__view views[2];
  fv__view x = view_of(t->numbers[DX], t->p.extents[0], how->sliced);
  fv__view second = view_of(t->numbers[DX_SECOND], t->p.extents[1], how->sliced);
  for (int part = 0; part < PARTS; part++) {
    results[part] = memory((size_t)t->counts[part] * sizeof(float));
    for (int64_t i = 0; i < t->counts[part]; i++) results[part][i] = how->overwrite ? GARBAGE : start;
    if (part < DKERNEL) views[part] = view_of(results[part], t->p.extents[part], how->sliced);
  }
  fv__backward_call call = {.op = &t->p.op,
                            .x = {x, second},
                            .y = view_of(t->y, t->p.extents[2], how->sliced),
                            .dy = view_of(t->dy, t->p.extents[2], how->sliced),
                            .kernel = t->p.kernel_count ? t->numbers[DKERNEL] : NULL,
                            .bias = t->counts[DBIAS] ? t->numbers[DBIAS] : NULL,
                            .packed = t->packed,
                            .saved = t->saved,
                            .draw = &DRAW};
  float *const y = call.y.data, *const dy = call.dy.data;
  if (of_inputs) {
    call.dx[0] = views[DX];
    if (t->p.second) call.dx[1] = views[DX_SECOND];
  }
  if (!of_inputs || how->weights_too) {
    call.dkernel = t->counts[DKERNEL] ? results[DKERNEL] : NULL;
    call.dbias = t->counts[DBIAS] ? results[DBIAS] : NULL;
  }
  run_way(t, way, &call, how);
  for (int part = 0; part < DKERNEL; part++) {
    if (t->counts[part]) dense_again(results[part], &views[part]);
    free(views[part].data);
  }
  free(x.data);
  free(second.data);
  free(y);
  free(dy);
}

static void results_free(float *results[PARTS]) {
  for (int part = 0; part < PARTS; part++) free(results[part]);
}

static void expect_differences(trial *t, int part, const float *gradient) {
  float *numbers = t->numbers[part];
  for (int64_t i = 0; i < t->counts[part]; i++) {
    const float kept = numbers[i],
                step = fminf(1.0f / 1024, 0.4f / (float)t->counts[part]); /* no rung passes another */
    numbers[i] = kept + step;
    const double more = weighed(t), step_up = (double)numbers[i] - (double)kept;
    numbers[i] = kept - step;
    const double less = weighed(t), step_down = (double)kept - (double)numbers[i];
    numbers[i] = kept;
    const double found = (more - less) / (step_up + step_down);
    if (!(fabs(found - (double)gradient[i]) <= 4e-3 * fmax(1, fabs(found))))
      complain("%s %d is %.7g, not %.7g", PART_NAMES[part], (int)i, (double)gradient[i], found);
  }
  weighed(t); /* y and saved as they were */
}

static double rms(const float *numbers, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)numbers[i] * (double)numbers[i];
  return sqrt(sum / (double)count);
}

/* Relative to the rms, since sums may cancel. */
static void expect_near(const trial *t, const fv__gradient_way *way, float *const expected[PARTS],
                        float *const found[PARTS], float start) {
  for (int part = 0; part < PARTS; part++) {
    const double size = rms(expected[part], t->counts[part]);
    for (int64_t i = 0; i < t->counts[part]; i++)
      if (!(fabs((double)expected[part][i] + (double)start - (double)found[part][i]) <=
            1e-5 * (size + fabs((double)start))))
        complain("%s at %s: %s %d is %.9g, not %.9g", way->name, fv_cpu_name(t->p.op.kernels->level), PART_NAMES[part],
                 (int)i, (double)found[part][i] - (double)start, (double)expected[part][i]);
  }
}

static void expect_bits(const trial *t, const fv__gradient_way *way, float *const expected[PARTS],
                        float *const found[PARTS], const char *what) {
  for (int part = 0; part < PARTS; part++)
    if (memcmp(expected[part], found[part], (size_t)t->counts[part] * sizeof(float)) != 0)
      complain("%s at %s: other bits of %s %s", way->name, fv_cpu_name(t->p.op.kernels->level), PART_NAMES[part], what);
}

static void check_way(const trial *t, const fv__gradient_way *way, bool of_inputs, float *const expected[PARTS],
                      fv__pool *three) {
  const manner manners[] = {{"with one thread", NULL, false, false},
                            {"with three threads", three, false, false},
                            {"in slices", three, true, false}};
  float *first[PARTS], *again[PARTS];
  gradients(t, way, of_inputs, &manners[0], 0, first);
  expect_near(t, way, expected, first, 0);
  const bool by_convolution = strcmp(way->name, "convolution") == 0; /* whose sums may be cut by how views lie */
  for (int i = 1; i < (by_convolution ? 2 : 3); i++) {
    gradients(t, way, of_inputs, &manners[i], 0, again);
    expect_bits(t, way, first, again, manners[i].name);
    results_free(again);
  }
  gradients(t, way, of_inputs, &manners[1], 0.5f, again);
  expect_near(t, way, expected, again, 0.5f);
  results_free(again);
  if (way->overwrites) {
    const manner over = {"overwriting", three, false, true};
    gradients(t, way, of_inputs, &over, 0, again);
    for (int part = 0; part < PARTS; part++) /* what the way has nothing to do with is as it was */
      if ((part < DKERNEL) != of_inputs) memset(again[part], 0, (size_t)t->counts[part] * sizeof(float));
    expect_bits(t, way, first, again, over.name);
    results_free(again);
  }
  results_free(first);
}

/* Both gradients at once are those of the two ways. */
static void check_both(const trial *t, const fv__gradient_way *way, fv__pool *three) {
  const manner apart = {.name = "apart", .pool = three};
  const manner at_once = {.name = "with those of weights at once", .pool = three, .weights_too = true};
  float *inputs[PARTS], *weights[PARTS], *both[PARTS];
  gradients(t, way, true, &apart, 0.5f, inputs);
  gradients(t, t->p.op.type->weight_gradient[0], false, &apart, 0.5f, weights);
  gradients(t, way, true, &at_once, 0.5f, both);
  float *const expected[PARTS] = {
      [DX] = inputs[DX], [DX_SECOND] = inputs[DX_SECOND], [DKERNEL] = weights[DKERNEL], [DBIAS] = weights[DBIAS]};
  expect_bits(t, way, expected, both, at_once.name);
  results_free(inputs);
  results_free(weights);
  results_free(both);
}

/* All ways of one list; the reference, which is the last, against differences. */
static void check_list(trial *t, const fv__gradient_way *const *list, bool of_inputs, fv__pool *three) {
  if (!list) return;
  const fv__gradient_way *reference = NULL;
  for (const fv__gradient_way *const *way = list; *way; way++)
    if (!(*way)->why_not(&t->p.op)) reference = *way;
  assert_non_null(reference);
  const manner plain = {"plainly", NULL, false, false};
  float *expected[PARTS];
  gradients(t, reference, of_inputs, &plain, 0, expected);
  for (int part = of_inputs ? DX : DKERNEL; part < (of_inputs ? DKERNEL : PARTS); part++)
    expect_differences(t, part, expected[part]);
  for (int level = 0; level <= (int)fv_cpu_best(); level++) {
    t->p.op.kernels = fv__kernels_for((fv_cpu_level)level);
    for (const fv__gradient_way *const *way = list; *way; way++)
      if (!(*way)->why_not(&t->p.op) && (*way == reference || t->p.op.type != &fv__op_conv))
        check_way(t, *way, of_inputs, expected, three);
    for (const fv__gradient_way *const *way = list; *way; way++)
      if ((*way)->gives_weights && !(*way)->why_not(&t->p.op)) check_both(t, *way, three);
  }
  t->p.op.kernels = fv__kernels_for(FV_CPU_BASELINE);
  results_free(expected);
}

static void check_problem(const problem *p) {
  fv__pool *three;
  assert_int_equal(fv__pool_create(&three, 3), FV_OK);
  trial t;
  trial_make(&t, p);
  weighed(&t);
  check_list(&t, p->op.type->input_gradient, true, three);
  check_list(&t, p->op.type->weight_gradient, false, three);
  trial_free(&t);
  fv__pool_destroy(three);
}

static void check(const char *kind, const char *line) {
  problem p;
  char message[128], text[640];
  snprintf(text, sizeof text, "%s %s", kind, line);
  current = text;
  if (!problem_read(&p, kind, line, message, sizeof message)) complain("%s", message);
  check_problem(&p);
}

static void convolutions(void **state) {
  (void)state;
  check("conv", "n=2 h=6 w=5 c=4 out=6 k=3,3 pad=1,1,1,1 bias");
  check("conv", "n=2 h=6 w=5 c=4 out=6 k=3,2 s=2,1 d=1,2 pad=0,1,2,0 groups=2 bias");
  check("conv", "n=2 h=6 w=5 c=4 out=6 s=2,2 bias");
}

static void depthwise(void **state) {
  (void)state;
  check("depthwise", "n=2 h=6 w=5 c=9 k=3,3 pad=1,1,1,1 bias");
  check("depthwise", "n=2 h=7 w=8 c=3 k=3,3 s=2,2 pad=0,1,0,1");
  check("depthwise", "n=2 h=6 w=5 c=4 out=8 k=3,2 s=2,1 d=1,2 pad=0,1,2,0 bias");
}

static void poolings(void **state) {
  (void)state;
  check("pool", "n=2 h=6 w=5 c=4 k=2,2 s=2,2");
  check("pool", "n=2 h=6 w=5 c=4 k=2,2 s=2,2 average");
  check("pool", "n=2 h=6 w=5 c=4 k=3,3 s=2,1 pad=0,1,1,1");
  check("pool", "n=2 h=6 w=5 c=4 k=3,3 s=2,1 pad=0,1,1,1 average");
  check("pool", "n=2 h=7 w=5 c=9 k=2,2 s=2,2"); /* rests below and beside */
  check("pool", "n=2 h=7 w=5 c=9 k=2,2 s=2,2 average");
  check("pool", "n=2 h=6 w=13 c=3 k=2,2 s=2,2 average"); /* several windows to a vector */
  check("pool", "n=2 h=6 w=41 c=1 k=3,2 s=3,2 average");
  check("pool", "n=2 h=7 w=5 c=3 k=2,3 s=3,2 d=2,1 pad=1,1,1,2");
  check("global_pool", "n=2 h=3 w=5 c=9");
  check("global_pool", "n=2 h=3 w=5 c=9 average");
}

static void dense_layers(void **state) {
  (void)state;
  check("dense", "n=5 c=9 out=7 bias");
  check("dense", "n=1 c=33 out=3");
  check("dense", "n=2 h=3 w=3 c=5 out=18 bias");
  check("dense", "n=100 c=4 out=3 bias"); /* several blocks of rows */
  check("dense", "n=3 c=130 out=2");      /* several blocks of the kernel */
  check("dense", "n=1 c=2 out=600");      /* several stretches */
  check("dense", "n=520 c=3 out=2 bias"); /* as a convolution */
}

static void elementwise(void **state) {
  (void)state;
  const char *const kinds[] = {"add", "subtract", "multiply", "maximum", "minimum"};
  const char *const extents[] = {"n=2 h=2 w=3 c=5 b=2,2,3,5", "n=2 h=2 w=3 c=5 b=2,1,1,5", "n=2 h=2 w=3 c=5 b=1,2,3,1",
                                 "n=1 h=1 w=1 c=1 b=2,3,2,3"};
  for (int kind = 0; kind < 5; kind++)
    for (int e = 0; e < 4; e++) {
      char line[80];
      snprintf(line, sizeof line, "%s f=%s", extents[e], kinds[kind]);
      check("binary", line);
    }
  check("affine", "n=2 h=3 w=2 c=5 norm");
  check("affine", "n=2 h=3 w=2 c=5 bias");
  check("affine", "n=2 h=3 w=2 c=5 scale=0.7,-1");
  check("copy", "n=2 h=3 w=4 c=5");
  check("softmax", "n=2 h=3 w=2 c=11");
  check("softmax", "n=2 h=5 w=2 c=3 axis=1");
  check("softmax", "n=2 h=2 w=6 c=3 axis=2");
}

static void logarithms_of_softmax(void **state) {
  (void)state;
  problem p;
  char message[128];
  current = "log softmax";
  for (int axis = 1; axis <= 3; axis++) {
    assert_true(problem_read(&p, "softmax", "n=2 h=3 w=4 c=5", message, sizeof message));
    p.op.softmax = (fv__softmax_problem){axis, true};
    check_problem(&p);
  }
}

static void batch_norms(void **state) {
  (void)state;
  problem p = {.op = {.type = &fv__op_batch_norm}, .extents = {{2, 3, 5, 9}, {1, 1, 1, 1}, {2, 3, 5, 9}}};
  p.op.batch_norm = (fv__batch_norm_problem){.channels = 9, .epsilon = 1e-3, .momentum = 0.9};
  p.op.low = -INFINITY;
  p.op.high = INFINITY;
  p.bias_count = p.kernel_count = 9;
  current = "batch norm";
  check_problem(&p);
  p.kernel_count = 0;
  p.op.kernel = p.op.bias = -1;
  current = "batch norm without gamma and beta";
  check_problem(&p);
}

/* A problem of ops that lines do not speak of. */
static problem made(const fv__op_type *type, fv__view x, fv__view y, int64_t kernel_count, int64_t bias_count) {
  problem p = {.extents = {{x.n, x.h, x.w, x.c}, {1, 1, 1, 1}, {y.n, y.h, y.w, y.c}}, .kernel_count = kernel_count};
  p.op = fv__op_make(type, 0, 1);
  p.op.kernel = kernel_count ? 0 : -1;
  p.op.bias = bias_count ? 0 : -1;
  p.bias_count = bias_count ? bias_count : y.c;
  current = type->name;
  return p;
}

#define extents(n, h, w, c) fv__view_dense(NULL, n, h, w, c)

static void transposed_and_sparse_convolutions(void **state) {
  (void)state;
  problem p = made(&fv__op_conv_transpose, extents(2, 3, 4, 5), extents(2, 7, 6, 3), 3 * 2 * 3 * 5, 3);
  p.op.window = (fv__window_problem){2, 3, 4, 5, 7, 6, 3, {3, 2, 2, 1, 1, 2, 0, 0, 0, 0}, 1, false, false, NULL};
  check_problem(&p);
  p.op.window.window = (fv__window){3, 2, 2, 2, 1, 1, 1, 0, 0, 1}; /* cut on the left, more on the right */
  check_problem(&p);
  p = made(&fv__op_conv_transpose, extents(2, 4, 5, 4), extents(2, 8, 10, 3), 9 * 3 * 4, 3); /* nothing counts after */
  p.op.window = (fv__window_problem){2, 4, 5, 4, 8, 10, 3, {3, 3, 2, 2, 1, 1, 0, 0, 0, 0}, 1, false, false, NULL};
  check_problem(&p);
  p = made(&fv__op_sparse_conv, extents(2, 5, 4, 3), extents(2, 5, 4, 4), 9 * 7, 4);
  p.op.window =
      (fv__window_problem){2, 5, 4, 3, 5, 4, 4, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, 1, false, false, "x.x.,.xx.,xx.x"};
  check_problem(&p);
}

static void standardisations(void **state) {
  (void)state;
  for (int kind = FV__STANDARDISE_DEVIATION; kind <= FV__STANDARDISE_LENGTH; kind++) {
    const fv__standardise_problem problems[] = {{(fv__standardise_kind)kind, false, false, true, 1, 1e-3, {0, 0, 1}},
                                                {(fv__standardise_kind)kind, true, true, true, 2, 1e-3, {0, 0, 1}},
                                                {(fv__standardise_kind)kind, true, false, false, 1, 1e-3, {0, 0, 1}},
                                                {(fv__standardise_kind)kind, true, true, true, 1, 1e-3, {18, 6, 1}}};
    for (int i = 0; i < 4; i++) {
      const int64_t weights = i == 3 ? 2 * 3 * 6 : 6;
      problem p = made(&fv__op_standardise, extents(2, 2, 3, 6), extents(2, 2, 3, 6), weights, weights);
      p.op.standardise = problems[i];
      check_problem(&p);
    }
  }
}

static void others(void **state) {
  (void)state;
  problem p = made(&fv__op_local_response, extents(2, 2, 2, 9), extents(2, 2, 2, 9), 0, 0);
  p.op.local_response = (fv__local_response_problem){2, 1, 0.3, 0.75};
  check_problem(&p);
  const fv__window three = {3, 3, 2, 2, 1, 1, 1, 1, 1, 1};
  p = made(&fv__op_complex_cells, extents(2, 4, 5, 3), extents(2, 2, 3, 3), 0, 0);
  p.op.cells = (fv__cells_problem){.window = three, .decay = 0.8, .gain = 2, .strength = 0.5, .numbers = 2 * 2 * 3 * 3};
  check_problem(&p);
  for (int kind = FV__RESAMPLE_NEAREST; kind <= FV__RESAMPLE_BICUBIC; kind++) {
    p = made(&fv__op_resample, extents(2, 4, 5, 3), extents(2, 7, 3, 3), 0, 0);
    p.op.resample = (fv__resample_kind)kind;
    check_problem(&p);
  }
  p = made(&fv__op_permute, extents(2, 3, 4, 5), extents(2, 5, 3, 4), 0, 0);
  p.op.permute = (fv__permute_problem){{3, 1, 2}};
  check_problem(&p);
  const fv__steps steps[] = {{20, 5, 1}, {0, 0, 1}, {1, 0, 0}, {0, 0, 0}};
  const int64_t slopes[] = {60, 5, 3, 1};
  for (int i = 0; i < 4; i++) {
    p = made(&fv__op_prelu, extents(2, 3, 4, 5), extents(2, 3, 4, 5), slopes[i], 0);
    p.op.prelu = steps[i];
    check_problem(&p);
  }
  p = made(&fv__op_batch_dot, extents(2, 1, 3, 5), extents(2, 1, 3, 4), 0, 0);
  p.second = true;
  memcpy(p.extents[1], (const int64_t[]){2, 1, 4, 5}, sizeof p.extents[1]);
  check_problem(&p);
  p = made(&fv__op_unpool, extents(2, 2, 3, 5), extents(2, 5, 7, 5), 0, 0); /* a row and a column that nothing covers */
  p.second = true;
  memcpy(p.extents[1], (const int64_t[]){2, 5, 7, 5}, sizeof p.extents[1]);
  p.op.window = (fv__window_problem){2, 5, 7, 5, 2, 3, 5, {2, 2, 2, 2, 1, 1, 0, 0, 0, 0}, 1, false, false, NULL};
  check_problem(&p);
  p = made(&fv__op_distance, extents(3, 1, 2, 5), extents(3, 1, 2, 4), 20, 0);
  p.op.window = (fv__window_problem){.n = 3, .h = 1, .w = 2, .c = 5, .out_h = 1, .out_w = 2, .out_c = 4};
  check_problem(&p);
  for (int average = 0; average < 2; average++) {
    p = made(&fv__op_pool, extents(2, 7, 5, 3), extents(2, 3, 4, 3), 0, 0);
    p.op.window = (fv__window_problem){2, 7, 5, 3, 3, 4, 3, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0}, 1, average, true, NULL};
    check_problem(&p);
  }
}

static void noises(void **state) {
  (void)state;
  for (int kind = FV__NOISE_DROPOUT; kind <= FV__NOISE_GAUSSIAN_DROPOUT; kind++) {
    problem p = {.op = {.type = &fv__op_noise}, .extents = {{2, 3, 4, 7}, {1, 1, 1, 1}, {2, 3, 4, 7}}};
    p.op.noise = (fv__noise_problem){.kind = (fv__noise_kind)kind, .rate = 0.4, .layer = 99};
    current = "noise";
    check_problem(&p);
  }
}

/* Every activation function there is, where it is not softmax. */
static void functions(void **state) {
  (void)state;
  for (const fv__layer_type *const *type = fv__layer_table; *type; type++) {
    if (!(*type)->kind.function) continue;
    fv__program program = {0};
    const fv_shape shape = {.rank = 2, .dims = {3, 37}};
    const int32_t x = fv__program_add_value(&program, &shape);
    const fv__lower_call call = {.options = (*type)->function_options, .inputs = &x, .input_count = 1, .output = shape};
    (*type)->lower(&call, &program);
    current = (*type)->kind.function;
    if (program.op_count == 1 && program.ops[0].op.type == &fv__op_unary) {
      problem p = {.op = program.ops[0].op, .extents = {{3, 1, 1, 37}, {1, 1, 1, 1}, {3, 1, 1, 37}}};
      check_problem(&p);
    }
    fv__program_clear(&program);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(convolutions),
                                     cmocka_unit_test(depthwise),
                                     cmocka_unit_test(poolings),
                                     cmocka_unit_test(dense_layers),
                                     cmocka_unit_test(elementwise),
                                     cmocka_unit_test(logarithms_of_softmax),
                                     cmocka_unit_test(batch_norms),
                                     cmocka_unit_test(noises),
                                     cmocka_unit_test(transposed_and_sparse_convolutions),
                                     cmocka_unit_test(standardisations),
                                     cmocka_unit_test(others),
                                     cmocka_unit_test(functions)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
