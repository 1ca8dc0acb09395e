/* Every layer case of tests/golden/layers, at every CPU level of this machine, with 1, 2 and 3 threads: within 2e-6 of
 * Keras's float64 output, and the same bits for any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "support/golden.h"

#include <cmocka.h>

static void same_bits_with(const char *name, int32_t threads, const fv_tensor *expected) {
  double error;
  fv_tensor found;
  int64_t elements;
  assert_int_equal(golden_layer_case(name, threads, &error, &found), FV_OK);
  assert_int_equal(fv_shape_elements(&elements, &found.shape), FV_OK);
  assert_memory_equal(found.data, expected->data, (size_t)elements * sizeof(float));
  fv_tensor_destroy(&found);
}

static void check_case(const char *name, const char *level) {
  double error = 0;
  fv_tensor output;
  if (golden_layer_case(name, 1, &error, &output)) fail_msg("%s: %s", name, fv_error_message());
  if (!(error <= 2e-6)) fail_msg("%s at %s: relative rms %g, allowed 2e-6", name, level, error);
  same_bits_with(name, 2, &output);
  same_bits_with(name, 3, &output);
  fv_tensor_destroy(&output);
}

static void check_level(fv_cpu_level level) {
  if (level > fv_cpu_best()) skip();
  assert_int_equal(fv_cpu_set_level(level), FV_OK);
  char **names = golden_layer_cases();
  int count = 0;
  for (char **name = names; *name; name++, count++) check_case(*name, fv_cpu_name(level));
  assert_true(count >= 79);
  golden_names_free(names);
}

static void at_baseline(void **state) {
  (void)state;
  check_level(FV_CPU_BASELINE);
}

static void at_avx2(void **state) {
  (void)state;
  check_level(FV_CPU_AVX2);
}

static void at_avx512(void **state) {
  (void)state;
  check_level(FV_CPU_AVX512);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(at_baseline),
      cmocka_unit_test(at_avx2),
      cmocka_unit_test(at_avx512),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
