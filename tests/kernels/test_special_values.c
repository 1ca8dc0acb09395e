/* NaN, infinities, zeros and the far ends of the activation functions at every CPU level; pooling of NaN; and that the
 * bits of a number do not depend on its place. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <fovea/cpu.h>

#include "kernels/kernels.h"
#include "support/problem.h"

#undef fail /* cmocka has its own */
#include <cmocka.h>

static const char *const NAMES[] = {"relu", "sigmoid",      "tanh",      "exponential", "elu",     "selu",
                                    "silu", "hard_sigmoid", "hard_silu", "softplus",    "softsign"};
enum { NAME_COUNT = sizeof NAMES / sizeof *NAMES };

static const float PARAMETERS[4] = {0.25f, 0.5f, INFINITY, 0};

static fv__vec_unary *vector_version(int level, const char *name) {
  int32_t slot = -1;
  assert_non_null(problem_unary(name, &slot));
  return fv__kernels_for((fv_cpu_level)level)->functions->unary[slot];
}

static void functions_pass_nan(void **state) {
  (void)state;
  for (int level = 0; level <= (int)fv_cpu_best(); level++)
    for (int i = 0; i < NAME_COUNT; i++) {
      const float x = NAN;
      float y = 0;
      vector_version(level, NAMES[i])(&x, &y, 1, PARAMETERS);
      if (!isnan(y)) fail_msg("%s(NaN) is %g at level %d", NAMES[i], (double)y, level);
    }
}

/* From the smallest to the largest: never further from the exact value than a few units of the last place (or, where a
 * result is too small for a normal float, than the smallest normal one). */
static void functions_hold_far_out(void **state) {
  (void)state;
  const float x[] = {-INFINITY, -1e30f, -200,  -103,  -88, -87, -50, -20, -1e-3f, -1e-6f, -1e-20f, -0.0f,
                     0,         1e-20f, 1e-6f, 1e-3f, 20,  50,  87,  88,  88.7f,  200,    1e30f,   INFINITY};
  for (int level = 0; level <= (int)fv_cpu_best(); level++)
    for (int i = 0; i < NAME_COUNT; i++)
      for (size_t k = 0; k < sizeof x / sizeof *x; k++) {
        int32_t slot;
        float expected, found;
        problem_unary(NAMES[i], &slot)(&x[k], &expected, 1, PARAMETERS);
        vector_version(level, NAMES[i])(&x[k], &found, 1, PARAMETERS);
        if (expected == found || (isnan(expected) && isnan(found))) continue;
        if (!(fabs((double)expected - (double)found) <= 5e-7 * fabs((double)expected) + 1.2e-38))
          fail_msg("%s(%g) is %.9g, expected %.9g, level %d", NAMES[i], (double)x[k], (double)found, (double)expected,
                   level);
      }
}

static void tanh_is_as_near_as_said(void **state) {
  (void)state;
  for (int level = 0; level <= (int)fv_cpu_best(); level++)
    for (float x = 1e-6f; x < 12; x *= 1.0001f) {
      float y;
      vector_version(level, "tanh")(&x, &y, 1, PARAMETERS);
      if (!(fabs((double)y / tanh((double)x) - 1) <= 3.2e-7))
        fail_msg("tanh(%.9g) is %.9g at level %d", (double)x, (double)y, level);
    }
}

static void functions_do_not_depend_on_the_place(void **state) {
  (void)state;
  for (int level = 0; level <= (int)fv_cpu_best(); level++)
    for (int i = 0; i < NAME_COUNT; i++)
      for (int count = 1; count <= 40; count++) {
        float x[40], y[41];
        for (int k = 0; k < count; k++) x[k] = -0.7123f;
        y[count] = 42;
        vector_version(level, NAMES[i])(x, y, count, PARAMETERS);
        for (int k = 1; k < count; k++) assert_memory_equal(&y[0], &y[k], sizeof(float));
        assert_float_equal(y[count], 42, 0);
      }
}

static void pooling_passes_nan(void **state) {
  (void)state;
  for (int level = 0; level <= (int)fv_cpu_best(); level++)
    for (int channels = 1; channels <= 70; channels += 3)
      for (int where = 0; where < 6; where++) {
        float x[6 * 70], y[2][70];
        for (int i = 0; i < 6 * channels; i++) x[i] = (float)(i % 17) - 20;
        x[where * channels + channels - 1] = NAN;
        const fv__pool_kernels *pool = fv__kernels_for((fv_cpu_level)level)->pool;
        for (int i = 0; i < 2; i++) {
          const fv__pool_row window = {.x = x,
                                       .height = 2,
                                       .width = 3,
                                       .row = 3 * channels,
                                       .pixel = channels,
                                       .windows = 1,
                                       .channels = channels,
                                       .y = y[i]};
          (i ? pool->average : pool->maximum)(&window);
        }
        for (int kind = 0; kind < 2; kind++)
          for (int c = 0; c < channels; c++) assert_int_equal(isnan(y[kind][c]) != 0, c == channels - 1);
      }
}

static void clamps_and_maxima_pass_nan(void **state) {
  (void)state;
  const float one = 1, nan = NAN;
  float y;
  for (int level = 0; level <= (int)fv_cpu_best(); level++) {
    const fv__vec_kernels *vec = fv__kernels_for((fv_cpu_level)level)->vec;
    for (int i = 0; i < FV__VEC_BINARIES; i++) {
      vec->binary[i](&one, &nan, &y, 1, 0, 6);
      assert_true(isnan(y));
      vec->binary[i](&nan, &one, &y, 1, 0, 6);
      assert_true(isnan(y));
    }
    vec->rescale(&nan, 2, 1, NULL, &y, 1, 0, 6);
    assert_true(isnan(y));
    vec->rescale(&one, 20, 1, NULL, &y, 1, 0, 6);
    assert_float_equal(y, 6, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_pass_nan),      cmocka_unit_test(functions_hold_far_out),
      cmocka_unit_test(tanh_is_as_near_as_said), cmocka_unit_test(functions_do_not_depend_on_the_place),
      cmocka_unit_test(pooling_passes_nan),      cmocka_unit_test(clamps_and_maxima_pass_nan)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
