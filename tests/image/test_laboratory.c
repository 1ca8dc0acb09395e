/* What a kernel does, told by numbers that follow from its definition; lines of numbers and their convolution. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <fovea/filter.h>

static fv_filter_report explained(const char *name) {
  fv_filter_kernel kernel;
  fv_filter_report report;
  assert_int_equal(fv_filter_kernel_make(&kernel, name), FV_OK);
  assert_int_equal(fv_filter_kernel_explain(&report, &kernel), FV_OK);
  fv_filter_kernel_destroy(&kernel);
  return report;
}

static bool near(double a, double b) { return fabs(a - b) < 1e-9; }

static void kernels_are_explained(void **state) {
  (void)state;
  fv_filter_report r = explained("sobel-x");
  assert_true(r.effect == FV_FILTER_DIFFERENTIATES && r.rank == 1 && near(r.sum, 0) && near(r.magnitude, 8));
  assert_true(near(r.peak_gain, 8) && near(r.peak_across, 0.25) && near(r.peak_down, 0));
  assert_true(r.direct_cost == 9 && r.separable_cost == 6);
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++) assert_true(near(r.column[a] * r.row[b], (double)((a == 1 ? 2 : 1) * (b - 1))));
  r = explained("laplacian");
  assert_true(r.effect == FV_FILTER_DIFFERENTIATES && r.rank == 2 && near(r.peak_gain, 8));
  assert_true(r.singular_values[0] > r.singular_values[1] && r.singular_values[1] > 0.1);
  assert_true(explained("gaussian-7").effect == FV_FILTER_SMOOTHS && near(explained("gaussian-7").sum, 1));
  assert_int_equal(explained("sharpen").effect, FV_FILTER_SHARPENS);
  assert_int_equal(explained("identity").effect, FV_FILTER_COPIES);
  assert_int_equal(explained("gabor").effect, FV_FILTER_SELECTS);
}

/* The gain at the middle is the sum; blur's falls along a row as (1 + cos 2 pi f) / 2. */
static void responses_follow_from_the_kernel(void **state) {
  (void)state;
  fv_filter_kernel kernel;
  fv_tensor gain;
  assert_int_equal(fv_filter_kernel_make(&kernel, "blur"), FV_OK);
  assert_int_equal(fv_filter_kernel_response(&gain, &kernel, 16), FV_OK);
  for (int v = 0; v < 16; v++) {
    const double expected = (1 + cos(2 * 3.14159265358979323846 * (v - 8) / 16.0)) / 2;
    assert_true(fabs((double)gain.data[8 * 16 + v] - expected) < 1e-6);
  }
  fv_tensor_destroy(&gain);
  assert_int_equal(fv_filter_kernel_response(&gain, &kernel, 15), FV_ERROR_INVALID);
  fv_filter_kernel_destroy(&kernel);
}

static fv_status read_text(fv_tensor *signal, const char *text) {
  char path[] = "/tmp/fovea-signal-XXXXXX";
  const int handle = mkstemp(path);
  assert_true(handle >= 0);
  assert_int_equal(write(handle, text, strlen(text)), (ssize_t)strlen(text));
  close(handle);
  const fv_status status = fv_signal_read(signal, path);
  unlink(path);
  return status;
}

static void signals_are_read(void **state) {
  (void)state;
  static const char *const good[] = {"1\n2.5\n-3e1\n", "heading\n1\n2.5\n-30\n", "1, 2.5; -30\n",
                                     "# remark\n1 2.5 -30"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    fv_tensor signal;
    assert_int_equal(read_text(&signal, good[i]), FV_OK);
    assert_true(signal.shape.rank == 2 && signal.shape.dims[0] == 1 && signal.shape.dims[1] == 3);
    assert_true(signal.data[0] == 1.0F && signal.data[1] == 2.5F && signal.data[2] == -30.0F);
    fv_tensor_destroy(&signal);
  }
  fv_tensor none;
  assert_int_equal(read_text(&none, ""), FV_ERROR_FORMAT);
  assert_int_equal(read_text(&none, "1\ntwo\n"), FV_ERROR_FORMAT);
  assert_string_equal(strstr(fv_error_message(), "line 2"), "line 2: expected a number, found 'two'");
  assert_true(read_text(&none, "1\nnan\n") != FV_OK);
}

static void kernels_become_lines(void **state) {
  (void)state;
  fv_filter_kernel kernel, line;
  assert_int_equal(fv_filter_kernel_make(&kernel, "sobel-x"), FV_OK);
  assert_int_equal(fv_signal_kernel(&line, &kernel), FV_OK);
  assert_true(line.height == 1 && line.width == 3);
  assert_true(near(line.weights[0], -4) && near(line.weights[1], 0) && near(line.weights[2], 4));
  fv_filter_kernel_destroy(&line);
  fv_filter_kernel_destroy(&kernel);
  assert_int_equal(fv_filter_kernel_make(&kernel, "sobel-y"), FV_OK);
  assert_int_equal(fv_signal_kernel(&line, &kernel), FV_ERROR_INVALID); /* its columns sum to 0 */
  fv_filter_kernel_destroy(&kernel);
}

/* y[i] = sum over k of h[k] x[i - k], the middle of h at 0: the kernel is flipped before it slides. */
static void convolution_flips(void **state) {
  (void)state;
  fv_tensor signal, result;
  fv_filter_kernel kernel;
  assert_int_equal(read_text(&signal, "0 0 1 0 0\n"), FV_OK);
  assert_int_equal(fv_filter_kernel_parse(&kernel, "1 2 3"), FV_OK);
  assert_int_equal(fv_filter_apply(&result, NULL, &signal, &kernel, &(fv_filter_options){.flip = true}), FV_OK);
  static const float expected[] = {0, 1, 2, 3, 0};
  for (int i = 0; i < 5; i++) assert_true(result.data[i] == expected[i]);
  fv_tensor_destroy(&result);
  fv_tensor_destroy(&signal);
  fv_filter_kernel_destroy(&kernel);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kernels_are_explained), cmocka_unit_test(responses_follow_from_the_kernel),
      cmocka_unit_test(signals_are_read),      cmocka_unit_test(kernels_become_lines),
      cmocka_unit_test(convolution_flips),
  };
  return cmocka_run_group_tests_name("laboratory", tests, NULL, NULL);
}
