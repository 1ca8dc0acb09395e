/* What kernels do, and signals, in breadth: effects and ranks of many kernels, vectors that multiply back, singular
 * values that keep the energy, files of numbers good, bad and huge. The basics: test_laboratory.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/filter.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void made(fv_filter_kernel *kernel, fv_filter_report *report, const char *name) {
  if (fv_filter_kernel_make(kernel, name) || fv_filter_kernel_explain(report, kernel))
    fail_msg("%s: %s", name, fv_error_message());
}

static void kernels_are_told_apart(void **state) {
  (void)state;
  const struct {
    const char *name;
    fv_filter_effect effect;
    int32_t rank;
    double sum, peak;
  } lines[] = {{"identity", FV_FILTER_COPIES, 1, 1, 1},           {"blur", FV_FILTER_SMOOTHS, 1, 1, 1},
               {"gaussian-9", FV_FILTER_SMOOTHS, 1, 1, 1},        {"motion-5:angle=45", FV_FILTER_SMOOTHS, 5, 1, 1},
               {"sobel-left", FV_FILTER_DIFFERENTIATES, 1, 0, 8}, {"scharr-y", FV_FILTER_DIFFERENTIATES, 1, 0, 32},
               {"laplacian", FV_FILTER_DIFFERENTIATES, 2, 0, 8},  {"roberts-x", FV_FILTER_DIFFERENTIATES, 2, 0, 2},
               {"sharpen", FV_FILTER_SHARPENS, 2, 1, 9},          {"emboss", FV_FILTER_SHARPENS, 3, 1, 0},
               {"gabor:angle=45", FV_FILTER_SELECTS, 0, 0, 0},    {"box-255", FV_FILTER_SMOOTHS, 1, 1, 1}};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    fv_filter_kernel kernel;
    fv_filter_report r;
    made(&kernel, &r, lines[i].name);
    bool sum = lines[i].effect == FV_FILTER_SELECTS || fabs(r.sum - lines[i].sum) < 1e-9;
    bool peak = !(lines[i].peak > 0) || fabs(r.peak_gain - lines[i].peak) < 1e-5;
    if (r.effect != lines[i].effect || (lines[i].rank && r.rank != lines[i].rank) || !sum || !peak)
      fail_msg("%s: effect %d, rank %d, sum %g, peak %g", lines[i].name, (int)r.effect, r.rank, r.sum, r.peak_gain);
    assert_int_equal(r.separable_cost, r.rank * (kernel.height + kernel.width));
    fv_filter_kernel_destroy(&kernel);
  }
}

static void vectors_multiply_back(void **state) {
  (void)state;
  const char *const names[] = {"blur",          "box-3",      "sobel-left", "sobel-upper", "scharr-x",
                               "prewitt-lower", "gaussian-7", "identity",   "motion-5",    "gabor"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    fv_filter_kernel kernel;
    fv_filter_report r;
    made(&kernel, &r, names[i]);
    assert_int_equal(r.rank, 1);
    for (int32_t k = 0; k < kernel.height * kernel.width; k++)
      if (!(fabs(r.column[k / kernel.width] * r.row[k % kernel.width] - kernel.weights[k]) < 1e-12 * r.magnitude))
        fail_msg("%s: element %d", names[i], k);
    fv_filter_kernel_destroy(&kernel);
  }
  fv_filter_kernel kernel;
  fv_filter_report r;
  made(&kernel, &r, "sobel-right");
  const double column[] = {1, 2, 1}, row[] = {-1, 0, 1};
  for (int k = 0; k < 3; k++) assert_true(r.column[k] == column[k] && r.row[k] == row[k]);
  fv_filter_kernel_destroy(&kernel);
}

/* The squares of the singular values are the squares of the numbers; a kernel far from square too. */
static void singular_values_keep_the_energy(void **state) {
  (void)state;
  double weights[7 * 40], energy = 0, found = 0;
  for (int i = 0; i < 7 * 40; i++) weights[i] = (i * 37 + i * i) % 11 - 5, energy += weights[i] * weights[i];
  fv_filter_report r;
  for (int turned = 0; turned < 2; turned++) {
    fv_filter_kernel kernel = {NULL, NULL, turned ? 40 : 7, turned ? 7 : 40, weights};
    assert_int_equal(fv_filter_kernel_explain(&r, &kernel), FV_OK);
    found = 0;
    for (int i = 0; i < kernel.height; i++) found += r.singular_values[i] * r.singular_values[i];
    assert_true(fabs(found - energy) < 1e-9 * energy && r.rank <= 7);
  }
  double nothing[4] = {0};
  assert_int_equal(fv_filter_kernel_explain(&r, &(fv_filter_kernel){NULL, NULL, 2, 2, nothing}), FV_OK);
  assert_true(r.effect == FV_FILTER_CLEARS && r.rank == 0);
  nothing[1] = NAN;
  assert_int_equal(fv_filter_kernel_explain(&r, &(fv_filter_kernel){NULL, NULL, 2, 2, nothing}), FV_ERROR_NUMBERS);
  assert_int_equal(fv_filter_kernel_explain(&r, &(fv_filter_kernel){0}), FV_ERROR_INVALID);
}

/* ---- signals */

static char path[] = "/tmp/fovea-signal-XXXXXX";

static fv_status read_text(fv_tensor *signal, const char *text, size_t size) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
  return fv_signal_read(signal, path);
}

static void signals_are_read(void **state) {
  (void)state;
  const char *const good[] = {"1\n2\n-3.5\n", "1,2,-3.5", "value\r\n1\r\n2\r\n-3.5\r\n",
                              "# a remark\n1; 2 ;\t-7/2 # end"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    fv_tensor signal;
    if (read_text(&signal, good[i], strlen(good[i]))) fail_msg("%s", fv_error_message());
    assert_true(signal.shape.rank == 2 && signal.shape.dims[0] == 1 && signal.shape.dims[1] == 3);
    assert_true(signal.data[0] == 1 && signal.data[1] == 2 && signal.data[2] == -3.5f);
    fv_tensor_destroy(&signal);
  }
  const struct {
    const char *text, *says;
    size_t size;
  } bad[] = {{"", "no numbers", 0},
             {"value\n", "no numbers", 6},
             {"1\nx\n", "line 2", 4},
             {"1,2\n3,4\n", "2 rows", 8},
             {"1\0"
              "2",
              "neither", 3},
             {"1\nnan\n", "line 2", 6},
             {"1e999\n", "line 1", 6}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    fv_tensor signal;
    if (read_text(&signal, bad[i].text, bad[i].size) != FV_ERROR_FORMAT || !strstr(fv_error_message(), bad[i].says))
      fail_msg("case %zu: %s", i, fv_error_message());
    assert_null(signal.data);
  }
  size_t size = 2 * ((size_t)FV_SIGNAL_MAX + 1);
  char *huge = malloc(size);
  assert_non_null(huge);
  for (size_t i = 0; i < size; i++) huge[i] = i % 2 ? '\n' : '1';
  fv_tensor signal;
  assert_int_equal(read_text(&signal, huge, size - 2), FV_OK);
  fv_tensor_destroy(&signal);
  assert_int_equal(read_text(&signal, huge, size), FV_ERROR_MEMORY);
  free(huge);
  assert_int_equal(fv_signal_read(&signal, "/nowhere"), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_signal_read(&signal, FOVEA_SOURCE_DIR "/tests/golden/filters/input_f32.npy"), FV_ERROR_FORMAT);
}

static int make_file(void **state) {
  (void)state;
  int file = mkstemp(path);
  return file < 0 ? -1 : close(file);
}

static int remove_file(void **state) {
  (void)state;
  return unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kernels_are_told_apart),
      cmocka_unit_test(vectors_multiply_back),
      cmocka_unit_test(singular_values_keep_the_energy),

      cmocka_unit_test(signals_are_read),

  };
  return cmocka_run_group_tests(tests, make_file, remove_file);
}
