/* Ops that are there in training only, forward: batch normalisation and noise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/cpu.h>

#include "base/rng.h"
#include "kernels/kernels.h"
#include "ops/program.h"

#undef fail /* cmocka has its own */
#include <cmocka.h>

enum { N = 3, H = 37, W = 29, C = 21, COUNT = N * H * W * C };

/* Batch normalisation of the whole of `x` by a way. */
typedef struct normalised {
  float y[COUNT], saved[2 * C], mean[C], variance[C];
} normalised;

static void normalise(normalised *to, float *x, fv_cpu_level level, const fv__way *way, fv__pool *pool, bool unbiased) {
  fv__op op = fv__op_make(&fv__op_batch_norm, 0, 1);
  op.kernels = fv__kernels_for(level);
  op.batch_norm = (fv__batch_norm_problem){C, 1e-3, 0.75, unbiased};
  op.high = 2;
  float gamma[C], beta[C];
  for (int c = 0; c < C; c++) {
    gamma[c] = 1 + (float)c / 10;
    beta[c] = (float)c;
    to->mean[c] = 4;
    to->variance[c] = 8;
  }
  void *scratch = aligned_alloc(64, ((way->scratch_bytes ? way->scratch_bytes(&op, 3) : 0) + 127) & ~(size_t)63);
  assert_non_null(scratch);
  const fv__op_call call = {.op = &op,
                            .x = {fv__view_dense(x, N, H, W, C)},
                            .y = fv__view_dense(to->y, N, H, W, C),
                            .kernel = gamma,
                            .bias = beta,
                            .scratch = scratch,
                            .pool = pool,
                            .saved = to->saved,
                            .moving_mean = to->mean,
                            .moving_variance = to->variance};
  way->forward(&call);
  free(scratch);
}

static void expect_close(const float *found, const float *expected, int64_t count, double relative) {
  double error = 0, size = 0;
  for (int64_t i = 0; i < count; i++) {
    error += pow((double)found[i] - (double)expected[i], 2);
    size += pow((double)expected[i], 2);
  }
  assert_true(error <= relative * relative * size);
}

/* Means of up to 100 deviations, where sums of squares would lose what is wanted. */
static float *far_from_zero(void) {
  float *x = malloc(COUNT * sizeof *x);
  assert_non_null(x);
  for (int64_t i = 0; i < COUNT; i++) x[i] = (float)(fv__rng_uniform(1, (uint64_t)i) + (double)(i % C) * 1.5);
  return x;
}

static void batch_norm_ways_agree(void **state) {
  (void)state;
  float *x = far_from_zero();
  normalised *expected = calloc(1, sizeof *expected), *found = calloc(1, sizeof *found),
             *again = calloc(1, sizeof *again);
  assert_true(expected && found && again);
  fv__pool *three;
  assert_int_equal(fv__pool_create(&three, 3), FV_OK);
  const fv__way *vector = fv__op_batch_norm.ways[0], *reference = fv__op_batch_norm.ways[1];
  normalise(expected, x, FV_CPU_BASELINE, reference, NULL, true);
  for (int level = 0; level <= (int)fv_cpu_best(); level++) {
    normalise(found, x, (fv_cpu_level)level, vector, NULL, true);
    normalise(again, x, (fv_cpu_level)level, vector, three, true);
    assert_memory_equal(found, again, sizeof *found);
    expect_close(found->y, expected->y, COUNT, 1e-5);
    expect_close(found->saved, expected->saved, 2 * C, 1e-6);
    expect_close(found->mean, expected->mean, C, 1e-6);
    expect_close(found->variance, expected->variance, C, 1e-6);
  }
  fv__pool_destroy(three);
  free(expected);
  free(found);
  free(again);
  free(x);
}

static void moving_statistics_follow(void **state) {
  (void)state;
  float *x = far_from_zero();
  normalised *found = calloc(1, sizeof *found);
  assert_non_null(found);
  const double n = N * H * W;
  double mean = 0, variance = 0;
  for (int64_t i = 3; i < COUNT; i += C) mean += (double)x[i] / n;
  for (int64_t i = 3; i < COUNT; i += C) variance += ((double)x[i] - mean) * ((double)x[i] - mean) / n;
  normalise(found, x, FV_CPU_BASELINE, fv__op_batch_norm.ways[0], NULL, false);
  assert_true(fabs((double)found->mean[3] - (0.75 * 4 + 0.25 * mean)) < 1e-5);
  assert_true(fabs((double)found->variance[3] - (0.75 * 8 + 0.25 * variance)) < 1e-6);
  normalise(found, x, FV_CPU_BASELINE, fv__op_batch_norm.ways[0], NULL, true);
  assert_true(fabs((double)found->variance[3] - (0.75 * 8 + 0.25 * variance * n / (n - 1))) < 1e-6);
  free(found);
  free(x);
}

/* Noise over images of 4 x 5 x C. */
static void make_noise(fv__noise_kind kind, double rate, float *x, float *y, int64_t images, fv__draw draw,
                       fv__pool *pool) {
  fv__op op = fv__op_make(&fv__op_noise, 0, 1);
  op.noise = (fv__noise_problem){.kind = kind, .rate = rate, .layer = fv__rng_state("dropout", 0)};
  const fv__op_call call = {.op = &op,
                            .x = {fv__view_dense(x, images, 4, 5, C)},
                            .y = fv__view_dense(y, images, 4, 5, C),
                            .pool = pool,
                            .draw = &draw};
  op.type->ways[0]->forward(&call);
}

enum { IMAGES = 60, IMAGE = 4 * 5 * C, NOISY = IMAGES * IMAGE };

static void noise_keeps_the_mean(void **state) {
  (void)state;
  static float x[NOISY], y[NOISY];
  const struct {
    fv__noise_kind kind;
    double rate, mean, variance; /* of the result, x being 1; of SELU's numbers, x being standard normal, for alpha */
  } cases[] = {{FV__NOISE_DROPOUT, 0.25, 1, 1 / 0.75 - 1},
               {FV__NOISE_SPATIAL_DROPOUT, 0.5, 1, 1},
               {FV__NOISE_GAUSSIAN, 0.3, 1, 0.09},
               {FV__NOISE_GAUSSIAN_DROPOUT, 0.2, 1, 0.25},
               {FV__NOISE_ALPHA_DROPOUT, 0.3, 0, 1}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    for (int64_t i = 0; i < NOISY; i++) x[i] = 1;
    if (cases[k].kind == FV__NOISE_ALPHA_DROPOUT)
      for (int64_t i = 0; i < NOISY; i++) x[i] = i % 2 ? 1 : -1;
    make_noise(cases[k].kind, cases[k].rate, x, y, IMAGES, (fv__draw){1, 2, 0}, NULL);
    double mean = 0, variance = 0;
    for (int64_t i = 0; i < NOISY; i++) mean += (double)y[i] / NOISY;
    for (int64_t i = 0; i < NOISY; i++) variance += ((double)y[i] - mean) * ((double)y[i] - mean) / NOISY;
    /* Four deviations of the mean; spatial dropout has as many draws as channels of images. */
    const double draws = cases[k].kind == FV__NOISE_SPATIAL_DROPOUT ? IMAGES * C : NOISY;
    assert_true(fabs(mean - cases[k].mean) < 4 * sqrt(cases[k].variance / draws));
    assert_true(fabs(variance - cases[k].variance) < 0.1 * cases[k].variance);
  }
}

static void noise_is_drawn_by_place(void **state) {
  (void)state;
  static float x[NOISY], whole[NOISY], other[NOISY];
  for (int64_t i = 0; i < NOISY; i++) x[i] = (float)i;
  fv__pool *three;
  assert_int_equal(fv__pool_create(&three, 3), FV_OK);
  for (int kind = FV__NOISE_DROPOUT; kind <= FV__NOISE_GAUSSIAN_DROPOUT; kind++) {
    make_noise((fv__noise_kind)kind, 0.5, x, whole, IMAGES, (fv__draw){1, 2, 0}, NULL);
    make_noise((fv__noise_kind)kind, 0.5, x, other, IMAGES, (fv__draw){1, 2, 0}, three);
    assert_memory_equal(whole, other, sizeof whole);
    make_noise((fv__noise_kind)kind, 0.5, x + 7 * IMAGE, other, 5, (fv__draw){1, 2, 7},
               three); /* a slice of the batch */
    assert_memory_equal(whole + 7 * IMAGE, other, 5 * IMAGE * sizeof *other);
    make_noise((fv__noise_kind)kind, 0.5, x, other, IMAGES, (fv__draw){1, 3, 0}, NULL);
    assert_memory_not_equal(whole, other, sizeof whole);
    make_noise((fv__noise_kind)kind, 0.5, x, other, IMAGES, (fv__draw){2, 2, 0}, NULL);
    assert_memory_not_equal(whole, other, sizeof whole);
  }
  make_noise(FV__NOISE_DROPOUT, 1, x, other, IMAGES, (fv__draw){1, 2, 0}, NULL);
  for (int64_t i = 0; i < NOISY; i++) assert_true(other[i] == 0);
  fv__pool_destroy(three);
}

static void spatial_dropout_takes_whole_channels(void **state) {
  (void)state;
  static float x[NOISY], y[NOISY];
  for (int64_t i = 0; i < NOISY; i++) x[i] = 1;
  make_noise(FV__NOISE_SPATIAL_DROPOUT, 0.5, x, y, IMAGES, (fv__draw){1, 2, 0}, NULL);
  for (int64_t i = 0; i < NOISY; i++) assert_true(y[i] == y[i / IMAGE * IMAGE + i % C]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(batch_norm_ways_agree),
                                     cmocka_unit_test(moving_statistics_follow), cmocka_unit_test(noise_keeps_the_mean),
                                     cmocka_unit_test(noise_is_drawn_by_place),
                                     cmocka_unit_test(spatial_dropout_takes_whole_channels)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
