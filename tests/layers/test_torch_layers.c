/* Layers that Keras lacks, or that PyTorch has otherwise: padded and adaptive pooling, subsampling, sparse convolution,
 * radial basis, convolution with a group per channel, slices of channels. Each against its formula, written out here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/fovea.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

static fv_graph *graph;
static fv_model *model;
static fv_plan *plan;
static fv_shape in, out;

static fv_value begin(int32_t h, int32_t w, int32_t c) {
  graph = fv_graph_create();
  return fv_input(graph, .name = "x", .shape = {h, w, c});
}

/* Builds, fills weights and input by name, runs a batch of 2; returns the outputs. */
static const float *run_at(fv_value y, fv_cpu_level level) {
  assert_int_equal(fv_cpu_set_level(level), FV_OK);
  if (fv_model_create(&model, graph, y) || fv_model_initialize(model, "by-name:3") ||
      fv_plan_create(&plan, model, &(fv_plan_options){.batch = 2}))
    fail_msg("%s", fv_error_message());
  in = fv_plan_input_shape(plan, 0);
  out = fv_plan_output_shape(plan, 0);
  fv_fill_by_name(fv_plan_input(plan, 0), "x", &in, 3, "input");
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  return fv_plan_output(plan, 0);
}

static void end(void) {
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

static float x_at(int64_t n, int64_t i, int64_t j, int64_t c) {
  return fv_plan_input(plan, 0)[((n * in.dims[1] + i) * in.dims[2] + j) * in.dims[3] + c];
}

/* A pixel of the output's formula. */
typedef double formula(int64_t n, int64_t i, int64_t j, int64_t c);

static void check(const float *y, formula *expected) {
  for (int64_t n = 0, at = 0; n < out.dims[0]; n++)
    for (int64_t i = 0; i < out.dims[1]; i++)
      for (int64_t j = 0; j < out.dims[2]; j++)
        for (int64_t c = 0; c < out.dims[3]; c++, at++)
          if (!(fabs((double)y[at] - expected(n, i, j, c)) < 2e-6))
            fail_msg("(%d, %d, %d, %d): expected %g, found %g", (int)n, (int)i, (int)j, (int)c, expected(n, i, j, c),
                     (double)y[at]);
}

static void assert_fails(fv_value y, fv_status status, const char *words) {
  assert_int_equal(fv_model_create(&model, graph, y), status);
  if (!strstr(fv_error_message(), words)) fail_msg("'%s' does not say '%s'", fv_error_message(), words);
}

/* One case of PaddedMaxPooling2D on rows only. */
static int64_t kernel, stride, top;

static double maximum(int64_t n, int64_t i, int64_t j, int64_t c) {
  double best = -INFINITY;
  for (int64_t row = i * stride - top; row < i * stride - top + kernel; row++)
    if (row >= 0 && row < in.dims[1]) best = fmax(best, (double)x_at(n, row, j, c));
  return best;
}

/* Sizes are PyTorch's: ceil((h + 2 p - k) / s) + 1, less one where the last window would begin behind the image. */
static void padded_pooling_has_pytorchs_sizes(void **state) {
  (void)state;
  static const struct {
    int32_t h, k, s, p;
    bool ceil_mode;
    int64_t out;
  } cases[] = {{112, 3, 2, 0, true, 56}, {97, 3, 2, 0, true, 48}, {98, 3, 2, 0, true, 49}, {55, 3, 2, 0, true, 27},
               {7, 2, 2, 0, true, 4},    {7, 2, 2, 0, false, 3},  {5, 3, 2, 1, false, 3},  {6, 3, 2, 1, true, 4},
               {6, 3, 2, 1, false, 3},   {5, 2, 4, 1, true, 2},   {4, 1, 3, 0, true, 2},   {2, 3, 2, 0, true, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    for (fv_cpu_level level = FV_CPU_BASELINE; level <= fv_cpu_best(); level++) {
      kernel = cases[i].k, stride = cases[i].s, top = cases[i].p;
      fv_value x = begin(cases[i].h, 3, 19);
      const float *y =
          run_at(fv_padded_max_pooling2d(graph, x, .pool_size = {cases[i].k, 1}, .strides = {cases[i].s, 1},
                                         .padding = {cases[i].p, cases[i].p, 0, 0}, .ceil_mode = cases[i].ceil_mode),
                 level);
      if (out.dims[1] != cases[i].out) fail_msg("case %zu: %d rows", i, (int)out.dims[1]);
      check(y, maximum);
      end();
    }
  }
  fv_value x = begin(5, 5, 1);
  assert_fails(fv_padded_max_pooling2d(graph, x, .padding = {2, 0, 0, 0}), FV_ERROR_INVALID,
               "height: padding of 2 pixels is not smaller than a window of 2");
  x = begin(5, 5, 1);
  assert_fails(fv_padded_max_pooling2d(graph, x, .pool_size = {1, 6}), FV_ERROR_SHAPE, "width: a window of 6");
}

static double adaptive(int64_t n, int64_t i, int64_t j, int64_t c) {
  double sum = 0;
  int64_t count = 0;
  for (int64_t row = 0; row < in.dims[1]; row++)
    for (int64_t column = 0; column < in.dims[2]; column++) {
      const double height = (double)in.dims[1] / (double)out.dims[1], width = (double)in.dims[2] / (double)out.dims[2];
      if (row < (int64_t)floor((double)i * height + 1e-9) || row >= (int64_t)ceil((double)(i + 1) * height - 1e-9))
        continue;
      if (column < (int64_t)floor((double)j * width + 1e-9) || column >= (int64_t)ceil((double)(j + 1) * width - 1e-9))
        continue;
      sum += (double)x_at(n, row, column, c);
      count++;
    }
  return sum / (double)count;
}

static void adaptive_pooling_covers_the_image(void **state) {
  (void)state;
  static const int32_t sizes[][2] = {{7, 7}, {3, 4}, {14, 21}, {10, 5}, {1, 1}, {97, 130}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (fv_cpu_level level = FV_CPU_BASELINE; level <= fv_cpu_best(); level++) {
      fv_value x = begin(sizes[i][0], sizes[i][1], 9);
      const float *y = run_at(fv_adaptive_average_pooling2d(graph, x, .output_size = {7, 6}), level);
      assert_int_equal(out.dims[1], 7);
      assert_int_equal(out.dims[2], 6);
      check(y, adaptive);
      end();
    }
}

static double subsampled(int64_t n, int64_t i, int64_t j, int64_t c) {
  double sum = 0;
  for (int64_t row = 2 * i; row < 2 * i + 2; row++)
    for (int64_t column = 3 * j; column < 3 * j + 3; column++) sum += (double)x_at(n, row, column, c);
  sum = sum * (double)fv_model_weight_data(model, 0)[c] + (double)fv_model_weight_data(model, 1)[c];
  return 1.7159 * tanh(2.0 / 3 * sum);
}

static void subsampling_sums_and_scales(void **state) {
  (void)state;
  for (fv_cpu_level level = FV_CPU_BASELINE; level <= fv_cpu_best(); level++) {
    fv_value x = begin(5, 10, 11);
    const float *y =
        run_at(fv_subsampling2d(graph, x, .name = "s", .pool_size = {2, 3}, .activation = "scaled_tanh"), level);
    assert_int_equal(fv_model_trainable_parameters(model), 22);
    assert_string_equal(fv_model_weight(model, 0).path, "s/coefficient");
    check(y, subsampled);
    end();
  }
}

/* The kernel that SparseConv2D's rule draws its numbers from, (3, 2, 4, 5). */
static const char table[] = "x.x..,.xx..,xx..x,...xx";
static float whole[3 * 2 * 4 * 5];

static double sparse(int64_t n, int64_t i, int64_t j, int64_t c) {
  double sum = (double)fv_model_weight_data(model, 1)[c];
  for (int64_t a = 0; a < 3; a++)
    for (int64_t b = 0; b < 2; b++)
      for (int64_t k = 0; k < 4; k++)
        if (table[k * 6 + c] == 'x')
          sum += (double)whole[((a * 2 + b) * 4 + k) * 5 + c] * (double)x_at(n, i + a, j + b, k);
  return fmax(sum, 0);
}

static void sparse_convolution_reads_what_its_table_says(void **state) {
  (void)state;
  const fv_shape shape = {.rank = 4, .dims = {3, 2, 4, 5}};
  fv_fill_by_name(whole, "c/kernel", &shape, 3, "kernel");
  for (fv_cpu_level level = FV_CPU_BASELINE; level <= fv_cpu_best(); level++) {
    fv_value x = begin(6, 7, 4);
    const float *y = run_at(
        fv_sparse_conv2d(graph, x, .name = "c", .connections = table, .kernel_size = {3, 2}, .activation = "relu"),
        level);
    assert_int_equal(fv_model_parameters(model), 6 * 9 + 5);
    check(y, sparse);
    assert_int_equal(fv_model_initialize(model, "random:1"), FV_OK);
    end();
  }
}

static void tables_are_checked(void **state) {
  (void)state;
  static const struct {
    const char *table, *words;
  } bad[] = {{"", "must be given"},
             {"xx,x", "rows of 2 letters"},
             {"x.,O.", "rows of 2 letters"},
             {"x.,x.,", "rows of 2 letters"},
             {"x.,x.", "filter 1 has none"},
             {",", "1 letter at least"},
             {"x,x,x", "rows for 3 channels, the input has 2"}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    fv_value x = begin(5, 5, 2);
    fv_value y = fv_sparse_conv2d(graph, x, .connections = bad[i].table, .kernel_size = {3});
    assert_int_not_equal(fv_model_create(&model, graph, y), FV_OK);
    if (!strstr(fv_error_message(), bad[i].words)) fail_msg("%s: %s", bad[i].table, fv_error_message());
  }
}

static double distance(int64_t n, int64_t i, int64_t j, int64_t c) {
  double sum = 0;
  for (int64_t k = 0; k < in.dims[3]; k++) {
    const double d = (double)x_at(n, i, j, k) - (double)fv_model_weight_data(model, 0)[c * in.dims[3] + k];
    sum += d * d;
  }
  return sum;
}

static void radial_basis_measures_distances_to_signs(void **state) {
  (void)state;
  fv_value x = begin(2, 3, 7);
  const float *y = run_at(fv_radial_basis(graph, x, .name = "rbf", .units = 4), fv_cpu_best());
  assert_int_equal(fv_model_trainable_parameters(model), 0);
  int signs[2] = {0, 0};
  for (int i = 0; i < 28; i++) {
    const float center = fv_model_weight_data(model, 0)[i];
    assert_true(center == 1 || center == -1);
    signs[center > 0]++;
  }
  assert_true(signs[0] > 5 && signs[1] > 5);
  check(y, distance);
  end();
}

static int64_t radius;
static double exponent;

static double normalised(int64_t n, int64_t i, int64_t j, int64_t c) {
  double sum = 0;
  for (int64_t k = c - radius; k <= c + radius; k++)
    if (k >= 0 && k < in.dims[3]) sum += (double)x_at(n, i, j, k) * (double)x_at(n, i, j, k);
  return (double)x_at(n, i, j, c) / pow(0.7 + 0.3 * sum, exponent);
}

/* Few and many channels, exponents with and without a vector version, radii from none to more than there are channels.
 */
static void local_response_divides_by_neighbours(void **state) {
  (void)state;
  static const struct {
    int32_t channels, radius;
    double beta;
  } cases[] = {{1, 2, 0.75}, {5, 2, 0.75}, {96, 2, 0.75}, {257, 2, 0.75}, {600, 16, 0.75}, {19, 0, 0.5},
               {19, 5, 0.5}, {33, 3, 1},   {33, 3, 0.6},  {40, 17, 0.75}, {256, 1, 0.75}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (fv_cpu_level level = FV_CPU_BASELINE; level <= fv_cpu_best(); level++) {
      radius = cases[i].radius, exponent = cases[i].beta;
      fv_value x = begin(2, 3, cases[i].channels);
      const int32_t depth = cases[i].radius ? cases[i].radius : FV_ZERO;
      const float *y = run_at(fv_local_response_normalization(graph, x, .depth_radius = depth, .bias = 0.7,
                                                              .alpha = 0.3, .beta = cases[i].beta),
                              level);
      check(y, normalised);
      end();
    }
}

/* (3, 3, 1, 10): two filters per channel. */
static double grouped(int64_t n, int64_t i, int64_t j, int64_t c) {
  double sum = (double)fv_model_weight_data(model, 1)[c];
  for (int64_t a = 0; a < 3; a++)
    for (int64_t b = 0; b < 3; b++)
      if (i + a >= 1 && i + a - 1 < in.dims[1] && j + b >= 1 && j + b - 1 < in.dims[2])
        sum +=
            (double)fv_model_weight_data(model, 0)[(a * 3 + b) * 10 + c] * (double)x_at(n, i + a - 1, j + b - 1, c / 2);
  return sum;
}

static void a_group_per_channel_is_depthwise(void **state) {
  (void)state;
  for (fv_cpu_level level = FV_CPU_BASELINE; level <= fv_cpu_best(); level++) {
    fv_value x = begin(6, 5, 5);
    const float *y = run_at(
        fv_conv2d(graph, x, .name = "c", .filters = 10, .kernel_size = {3}, .padding = FV_SAME, .groups = 5), level);
    check(y, grouped);
    end();
  }
}

static double sliced(int64_t n, int64_t i, int64_t j, int64_t c) { return (double)x_at(n, i, j, c + 2); }

static void slices_are_channels(void **state) {
  (void)state;
  fv_value x = begin(3, 4, 9);
  const float *y = run_at(fv_channel_slice(graph, x, .start = 2, .count = 3), fv_cpu_best());
  assert_int_equal(out.dims[3], 3);
  check(y, sliced);
  end();
  x = begin(3, 4, 9);
  assert_fails(fv_channel_slice(graph, x, .start = 7, .count = 3), FV_ERROR_SHAPE,
               "channels 7 to 9 of an input that has 9");
  x = begin(3, 4, 9);
  assert_fails(fv_channel_slice(graph, x), FV_ERROR_INVALID, "count");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(padded_pooling_has_pytorchs_sizes),
      cmocka_unit_test(adaptive_pooling_covers_the_image),
      cmocka_unit_test(subsampling_sums_and_scales),
      cmocka_unit_test(sparse_convolution_reads_what_its_table_says),
      cmocka_unit_test(tables_are_checked),
      cmocka_unit_test(radial_basis_measures_distances_to_signs),
      cmocka_unit_test(local_response_divides_by_neighbours),
      cmocka_unit_test(a_group_per_channel_is_depthwise),
      cmocka_unit_test(slices_are_channels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
