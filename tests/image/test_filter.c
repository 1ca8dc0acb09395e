/* Filters and pooling against SciPy, OpenCV and PyTorch (tests/golden/filters); kernels as text; strides that do not
 * fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/pool.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/filters"

static json_t *cases;

static int load_cases(void **state) {
  (void)state;
  cases = json_load_file(GOLDEN "/index.json", 0, NULL);
  return cases ? 0 : -1;
}

static int forget_cases(void **state) {
  (void)state;
  json_decref(cases);
  return 0;
}

static void load(fv_tensor *tensor, const char *name) {
  char path[1024];
  snprintf(path, sizeof path, GOLDEN "/%s.npy", name);
  if (fv_npy_read(tensor, path)) fail_msg("%s", fv_error_message());
}

static void expect_near(const fv_tensor *got, const char *golden, double tolerance) {
  fv_tensor expected;
  load(&expected, golden);
  if (!fv_shape_equal(&got->shape, &expected.shape)) {
    char a[128], b[128];
    fail_msg("%s: shape %s, expected %s", golden, fv_shape_text(a, sizeof a, &got->shape),
             fv_shape_text(b, sizeof b, &expected.shape));
  }
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, &got->shape), FV_OK);
  for (int64_t i = 0; i < count; i++)
    if (!(fabs((double)got->data[i] - (double)expected.data[i]) <= tolerance))
      fail_msg("%s: element %lld is %g, expected %g", golden, (long long)i, (double)got->data[i],
               (double)expected.data[i]);
  fv_tensor_destroy(&expected);
}

static void kernel_from_json(fv_filter_kernel *kernel, const char *name, double *weights) {
  json_t *rows = json_object_get(json_object_get(cases, "kernels"), name);
  size_t height = json_array_size(rows), width = json_array_size(json_array_get(rows, 0));
  for (size_t i = 0; i < height * width; i++)
    weights[i] = json_number_value(json_array_get(json_array_get(rows, i / width), i % width));
  *kernel = (fv_filter_kernel){NULL, NULL, (int32_t)height, (int32_t)width, weights};
}

static void set_border(fv_filter_options *options, const char *word) {
  static const char *const words[] = {"constant", "replicate", "reflect", "reflect101", "wrap"};
  for (int32_t i = 0; i < 5; i++)
    if (!strcmp(words[i], word)) options->border = i + 1;
  if (!strcmp(word, "valid")) options->padding = "valid";
}

static void filters_equal_scipy(void **state) {
  (void)state;
  size_t index;
  json_t *line;
  json_array_foreach(json_object_get(cases, "cases"), index, line) {
    const char *file = json_string_value(json_object_get(line, "file"));
    fv_filter_kernel kernel;
    double weights[49];
    kernel_from_json(&kernel, json_string_value(json_object_get(line, "kernel")), weights);
    fv_filter_options options = {.stride = {(int32_t)json_integer_value(json_object_get(line, "stride")), 0},
                                 .flip = json_is_true(json_object_get(line, "flip"))};
    set_border(&options, json_string_value(json_object_get(line, "border")));
    fv_tensor in, out;
    load(&in, json_string_value(json_object_get(line, "input")));
    if (fv_filter_apply(&out, NULL, &in, &kernel, &options)) fail_msg("%s: %s", file, fv_error_message());
    bool bytes = strstr(file, "_u8") != NULL;
    if (bytes) { /* OpenCV rounds and saturates */
      fv_image image;
      assert_int_equal(fv_image_from_tensor(&image, &out, FV_IMAGE_SCALE_CLIP), FV_OK);
      for (int32_t i = 0; i < image.height * image.width; i++) out.data[i] = image.pixels[i];
      fv_image_destroy(&image);
    }
    expect_near(&out, file, bytes ? 1 : 1e-3);
    fv_tensor_destroy(&in);
    fv_tensor_destroy(&out);
  }
  assert_true(index > 80);
}

static void pooling_equals_torch(void **state) {
  (void)state;
  size_t index;
  json_t *line;
  json_array_foreach(json_object_get(cases, "pooling"), index, line) {
    const char *op = json_string_value(json_object_get(line, "op"));
    fv_pooling_options options = {
        .type = op[1] == 'a'   ? FV_POOLING_MAX
                : op[1] == 'v' ? FV_POOLING_AVERAGE
                               : FV_POOLING_MIN,
        .size = {(int32_t)json_integer_value(json_object_get(line, "size")), 0},
        .stride = {(int32_t)json_integer_value(json_object_get(line, "stride")), 0},
        .padding = json_string_value(json_object_get(line, "padding"))[0] == 's' ? FV_POOLING_SAME : FV_POOLING_VALID};
    fv_tensor in, out;
    load(&in, "input_f32");
    if (fv_pooling_apply(&out, NULL, &in, &options)) fail_msg("%s", fv_error_message());
    expect_near(&out, json_string_value(json_object_get(line, "file")), op[1] == 'v' ? 1e-4 : 0);
    fv_tensor_destroy(&in);
    fv_tensor_destroy(&out);
  }
  assert_int_equal(index, 24);
}

/* Every kernel that has a name or belongs to a family, against the goldens' own numbers. */
static void names_mean_what_they_say(void **state) {
  (void)state;
  static const struct {
    const char *name, *golden;
    double sign;
  } pairs[] = {{"identity", "identity", 1},
               {"blur", "gaussian3", 1},
               {"box-3", "box3", 1},
               {"laplacian", "laplacian4", 1},
               {"laplacian-8", "laplacian8", 1},
               {"sobel-left", "sobel_x", -1},
               {"sobel-right", "sobel_x", 1},
               {"sobel-upper", "sobel_y", -1},
               {"sobel-lower", "sobel_y", 1},
               {"scharr-left", "scharr_x", -1},
               {"scharr-right", "scharr_x", 1},
               {"scharr-upper", "scharr_y", -1},
               {"scharr-lower", "scharr_y", 1},
               {"prewitt-left", "prewitt_x", -1},
               {"prewitt-right", "prewitt_x", 1},
               {"prewitt-upper", "prewitt_y", -1},
               {"prewitt-lower", "prewitt_y", 1},
               {"roberts-x", "roberts_x", 1},
               {"roberts-y", "roberts_y", 1},
               {"edge-ridge", "edge_ridge", 1},
               {"sharpen", "sharpen", 1},
               {"emboss", "emboss", 1},
               {"laplacian-4", "laplacian4", 1},
               {"sobel-x", "sobel_x", 1},
               {"sobel-y", "sobel_y", 1},
               {"scharr-x", "scharr_x", 1},
               {"scharr-y", "scharr_y", 1},
               {"prewitt-x", "prewitt_x", 1},
               {"prewitt-y", "prewitt_y", 1},
               {"binomial-3", "gaussian3", 1},
               {"box-5", "box5", 1},
               {"gaussian-5", "gaussian5", 1},
               {"gaussian:sigma=1", "gaussian5", 1},
               {"log-5", "log5", 1},
               {"log", "log5", 1},
               {"gabor-7:angle=30", "gabor7", 1},
               {"gabor:angle=30:wavelength=4:sigma=2:ratio=1/2:phase=0", "gabor7", 1},
               {"unsharp", "unsharp5", 1},
               {"unsharp-5:amount=1", "unsharp5", 1},
               {"motion-5:angle=45", "motion5", 1},
               {"motion:angle=225", "motion5", 1}};
  enum { PAIRS = sizeof pairs / sizeof *pairs };
  for (int32_t i = 0; i < PAIRS; i++) {
    fv_filter_kernel made, golden;
    double weights[49];
    if (fv_filter_kernel_make(&made, pairs[i].name)) fail_msg("%s", fv_error_message());
    kernel_from_json(&golden, pairs[i].golden, weights);
    assert_int_equal(made.height, golden.height);
    assert_int_equal(made.width, golden.width);
    assert_non_null(made.help);
    for (int k = 0; k < golden.height * golden.width; k++)
      if (!(fabs(made.weights[k] - pairs[i].sign * weights[k]) < 1e-15))
        fail_msg("%s: element %d is %.17g, expected %.17g", pairs[i].name, k, made.weights[k],
                 pairs[i].sign * weights[k]);
    fv_filter_kernel_destroy(&made);
  }
  for (int32_t i = 0; fv_filter_kernel_at(i); i++) { /* none untested */
    assert_ptr_equal(fv_filter_kernel_find(fv_filter_kernel_at(i)->name), fv_filter_kernel_at(i));
    assert_string_equal(pairs[i].name, fv_filter_kernel_at(i)->name);
  }
  assert_null(fv_filter_kernel_find("sobel"));
}

static void families_keep_their_promises(void **state) {
  (void)state;
  const struct {
    const char *name;
    int32_t side;
    double sum;
  } lines[] = {{"box-4", 4, 1},
               {"gaussian:sigma=3", 15, 1},
               {"gaussian-255:sigma=1/10", 255, 1},
               {"gaussian:sigma=900", 255, 1},
               {"log-9:sigma=1.4", 9, 0},
               {"unsharp-7:amount=2.5", 7, 1},
               {"motion-15", 15, 1},
               {"motion-9:angle=-30", 9, 1},
               {"motion-4:angle=90", 4, 1},
               {"motion-255:angle=17", 255, 1}};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    fv_filter_kernel kernel;
    if (fv_filter_kernel_make(&kernel, lines[i].name)) fail_msg("%s", fv_error_message());
    assert_int_equal(kernel.height, lines[i].side);
    double sum = 0;
    for (int32_t k = 0; k < kernel.height * kernel.width; k++) sum += kernel.weights[k];
    if (!(fabs(sum - lines[i].sum) < 1e-9)) fail_msg("%s: sum %g", lines[i].name, sum);
    fv_filter_kernel_destroy(&kernel);
  }
  const struct {
    const char *name, *says;
    fv_status status;
  } wrong[] = {{"blur:sigma=1", "no options", FV_ERROR_INVALID},
               {"gaussian:width=2", "'width'", FV_ERROR_INVALID},
               {"gaussian:sigma", "OPTION=VALUE", FV_ERROR_INVALID},
               {"gaussian:", "OPTION=VALUE", FV_ERROR_INVALID},
               {"gaussian:sigma=x", "gaussian", FV_ERROR_INVALID},
               {"gaussian:sigma=-1", "gaussian", FV_ERROR_INVALID},
               {"gaussian-256", "size", FV_ERROR_INVALID},
               {"unsharp-4", "odd", FV_ERROR_INVALID},
               {"gaussian-0", "no kernel", FV_ERROR_NOT_FOUND},
               {"gaussian-", "no kernel", FV_ERROR_NOT_FOUND},
               {"gaussian-5x", "no kernel", FV_ERROR_NOT_FOUND},
               {"", "no kernel", FV_ERROR_NOT_FOUND},
               {":", "no kernel", FV_ERROR_NOT_FOUND},
               {"gabor:wavelength=0.5", "wavelength", FV_ERROR_INVALID}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    fv_filter_kernel kernel;
    if (fv_filter_kernel_make(&kernel, wrong[i].name) != wrong[i].status || !strstr(fv_error_message(), wrong[i].says))
      fail_msg("%s: %s", wrong[i].name, fv_error_message());
    assert_null(kernel.weights);
  }
  for (int32_t i = 0; fv_filter_family_at(i); i++) { /* each by its bare name */
    fv_filter_kernel kernel;
    assert_int_equal(fv_filter_kernel_make(&kernel, fv_filter_family_at(i)->name), FV_OK);
    fv_filter_kernel_destroy(&kernel);
  }
}

/* Filters by name, as the goldens' pictures of eight bits and colours have them. */
static void filtered(fv_tensor *out, const char *input, const char *name, bool bytes) {
  fv_tensor in;
  fv_filter_kernel kernel;
  load(&in, input);
  assert_int_equal(fv_filter_kernel_make(&kernel, name), FV_OK);
  if (fv_filter_apply(out, NULL, &in, &kernel, &(fv_filter_options){.border = FV_BORDER_MIRROR}))
    fail_msg("%s", fv_error_message());
  if (bytes) {
    fv_image image;
    assert_int_equal(fv_image_from_tensor(&image, out, FV_IMAGE_SCALE_CLIP), FV_OK);
    for (int32_t i = 0; i < image.height * image.width * image.channels; i++) out->data[i] = image.pixels[i];
    fv_image_destroy(&image);
  }
  fv_filter_kernel_destroy(&kernel);
  fv_tensor_destroy(&in);
}

static void filters_equal_opencv(void **state) {
  (void)state;
  const struct {
    const char *input, *name, *golden;
    double tolerance;
  } lines[] = {{"input_rgb", "gaussian-5", "gaussian5_sep_rgb_u8", 1},
               {"input_rgb", "gaussian-5:sigma=1", "opencv_gaussianblur5_rgb_u8", 1},
               {"input_rgb", "box-3", "opencv_blur3_rgb_u8", 1},
               {"input_u8", "sobel-x", "opencv_sobel_x_s16", 0}};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    fv_tensor out;
    filtered(&out, lines[i].input, lines[i].name, lines[i].tolerance > 0);
    expect_near(&out, lines[i].golden, lines[i].tolerance);
    fv_tensor_destroy(&out);
  }
  fv_tensor x, y;
  filtered(&x, "input_f32", "sobel-x", false);
  filtered(&y, "input_f32", "sobel-y", false);
  for (int i = 0; i < 31 * 45; i++) x.data[i] = hypotf(x.data[i], y.data[i]);
  expect_near(&x, "sobel_magnitude_reflect101_f32", 1e-3);
  fv_tensor_destroy(&x);
  fv_tensor_destroy(&y);
}

/* OpenCV's morphology ignores what is outside, as padding "same" does; its median repeats the edge. */
static void pooling_equals_opencv(void **state) {
  (void)state;
  const struct {
    const char *input, *golden;
    int32_t type, size;
  } lines[] = {{"input_u8", "opencv_dilate3_u8", FV_POOLING_MAX, 3},
               {"input_u8", "opencv_erode3_u8", FV_POOLING_MIN, 3},
               {"input_u8", "opencv_median5_u8", FV_POOLING_MEDIAN, 5},
               {"input_rgb", "opencv_median3_rgb_u8", FV_POOLING_MEDIAN, 3}};
  const double one[] = {1};
  const fv_filter_kernel as_it_is = {NULL, NULL, 1, 1, one};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    fv_tensor in, wide, out;
    load(&in, lines[i].input);
    char border[2] = {(char)('0' + lines[i].size / 2), '\0'};
    assert_int_equal(fv_filter_apply(&wide, NULL, &in, &as_it_is, &(fv_filter_options){.padding = border}), FV_OK);
    bool median = lines[i].type == FV_POOLING_MEDIAN;
    fv_pooling_options options = {
        lines[i].type, {lines[i].size, 0}, {1, 0}, median ? FV_POOLING_VALID : FV_POOLING_SAME};
    assert_int_equal(fv_pooling_apply(&out, NULL, median ? &wide : &in, &options), FV_OK);
    expect_near(&out, lines[i].golden, 0);
    fv_tensor_destroy(&in);
    fv_tensor_destroy(&wide);
    fv_tensor_destroy(&out);
  }
}

static int by_size(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* Against sorting; windows of every small size, with equal pixels among them. */
static void the_median_is_the_middle(void **state) {
  (void)state;
  float pixels[49], sorted[49];
  for (int n = 1; n <= 49; n++)
    for (int seed = 1; seed < 30; seed++) {
      for (int i = 0; i < n; i++)
        sorted[i] = pixels[i] = (float)((i * seed * 37 + seed * i * i) % (seed % 2 ? 101 : 7));
      qsort(sorted, (size_t)n, sizeof *sorted, by_size);
      fv_tensor in = {{2, {1, n}}, pixels}, out;
      assert_int_equal(
          fv_pooling_apply(&out, NULL, &in, &(fv_pooling_options){.type = FV_POOLING_MEDIAN, .size = {1, n}}), FV_OK);
      assert_true(out.data[0] == (n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2));
      fv_tensor_destroy(&out);
    }
}

/* Large windows, which are counted, against sorting: bytes, many numbers, NaN; near and far strides, edges. */
static void large_medians_equal_sorting(void **state) {
  (void)state;
  enum { HEIGHT = 37, WIDTH = 29, CHANNELS = 2 };
  const int32_t sizes[][4] = {{31, 20, 1, 1}, {9, 9, 2, 3}, {37, 29, 1, 1}, {60, 13, 4, 1}, {12, 50, 13, 7}};
  static float sorted[HEIGHT * WIDTH];
  for (int kind = 0; kind < 3; kind++)
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
      fv_tensor in, out;
      assert_int_equal(fv_tensor_create(&in, &(fv_shape){3, {HEIGHT, WIDTH, CHANNELS}}), FV_OK);
      for (int i = 0; i < HEIGHT * WIDTH * CHANNELS; i++) {
        const int value = (i * 7919 + i * i) % 1009;
        in.data[i] = kind == 0 ? (float)(value % 256) : (float)value / 8 - 60;
      }
      if (kind == 2) in.data[(20 * WIDTH + 9) * CHANNELS] = NAN;
      const fv_pooling_options options = {
          FV_POOLING_MEDIAN, {sizes[k][0], sizes[k][1]}, {sizes[k][2], sizes[k][3]}, FV_POOLING_SAME};
      assert_int_equal(fv_pooling_apply(&out, NULL, &in, &options), FV_OK);
      const int64_t *n = out.shape.dims;
      const int64_t above = (n[0] - 1) * sizes[k][2] + sizes[k][0] - HEIGHT,
                    ahead = (n[1] - 1) * sizes[k][3] + sizes[k][1] - WIDTH;
      for (int64_t at = 0; at < n[0] * n[1] * CHANNELS; at++) {
        const int64_t top = at / CHANNELS / n[1] * sizes[k][2] - (above > 0 ? above / 2 : 0);
        const int64_t left = at / CHANNELS % n[1] * sizes[k][3] - (ahead > 0 ? ahead / 2 : 0);
        int count = 0;
        bool nan = false;
        for (int64_t y = top < 0 ? 0 : top; y < HEIGHT && y < top + sizes[k][0]; y++)
          for (int64_t x = left < 0 ? 0 : left; x < WIDTH && x < left + sizes[k][1]; x++) {
            sorted[count++] = in.data[(y * WIDTH + x) * CHANNELS + at % CHANNELS];
            nan = nan || isnan(sorted[count - 1]);
          }
        qsort(sorted, (size_t)count, sizeof *sorted, by_size);
        const float expected = count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
        if (nan ? !isnan(out.data[at]) : out.data[at] != expected)
          fail_msg("kind %d, size %zu, window %d: %g, expected %g", kind, k, (int)at, (double)out.data[at],
                   (double)expected);
      }
      fv_tensor_destroy(&in);
      fv_tensor_destroy(&out);
    }
}

static void l2_is_the_length_of_the_window(void **state) {
  (void)state;
  float pixels[] = {3, 4, 1, 0, 0, 2, 0, 6, 8};
  fv_tensor in = {{2, {3, 3}}, pixels}, out;
  fv_pooling_options options = {FV_POOLING_L2, {2, 0}, {2, 0}, FV_POOLING_SAME};
  assert_int_equal(fv_pooling_apply(&out, NULL, &in, &options), FV_OK);
  const float expected[] = {5, sqrtf(5), 6, 8};
  for (int i = 0; i < 4; i++) assert_true(fabsf(out.data[i] - expected[i]) < 1e-6f);
  fv_tensor_destroy(&out);
}

static void colours_are_filtered_one_by_one(void **state) {
  (void)state;
  fv_tensor in, out, red;
  load(&in, "input_rgb");
  const fv_filter_kernel *blur = fv_filter_kernel_find("blur");
  assert_int_equal(fv_filter_apply(&out, NULL, &in, blur, &(fv_filter_options){.stride = {2, 3}}), FV_OK);
  fv_shape one = {2, {31, 45}};
  fv_tensor plane;
  assert_int_equal(fv_tensor_create(&plane, &one), FV_OK);
  for (int c = 0; c < 3; c++) {
    for (int i = 0; i < 31 * 45; i++) plane.data[i] = in.data[3 * i + c];
    assert_int_equal(fv_filter_apply(&red, NULL, &plane, blur, &(fv_filter_options){.stride = {2, 3}}), FV_OK);
    for (int i = 0; i < 16 * 15; i++) assert_true(red.data[i] == out.data[3 * i + c]);
    fv_tensor_destroy(&red);
  }
  fv_tensor_destroy(&plane);
  fv_tensor_destroy(&in);
  fv_tensor_destroy(&out);
}

/* Padding of any size, on pictures of one pixel too, with every border. */
static void borders_reach_any_distance(void **state) {
  (void)state;
  const float row[] = {1, 2, 3};
  static const float expected[5][11] = {{0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0},
                                        {1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3},
                                        {3, 3, 2, 1, 1, 2, 3, 3, 2, 1, 1},
                                        {1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3},
                                        {3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1}};
  const double one[] = {1};
  const fv_filter_kernel kernel = {NULL, NULL, 1, 1, one};
  for (int32_t border = 1; border <= 5; border++) {
    fv_tensor in = {{2, {1, 3}}, (float *)row}, out;
    assert_int_equal(fv_filter_apply(&out, NULL, &in, &kernel, &(fv_filter_options){.padding = "4", .border = border}),
                     FV_OK);
    assert_int_equal(out.shape.dims[0], 9);
    assert_int_equal(out.shape.dims[1], 11);
    for (int x = 0; x < 11; x++) assert_true(out.data[4 * 11 + x] == expected[border - 1][x]);
    for (int x = 0; x < 11; x++) assert_true(out.data[x] == (border == FV_BORDER_ZERO ? 0 : expected[border - 1][x]));
    fv_tensor_destroy(&out);
  }
}

static void strides_that_do_not_fit_are_reported(void **state) {
  (void)state;
  fv_tensor in, out;
  load(&in, "input_f32"); /* 31 x 45 */
  const fv_filter_kernel *blur = fv_filter_kernel_find("blur");
  fv_sweep_report report;
  static const struct {
    fv_filter_options options;
    fv_sweep_report expected;
  } lines[] = {
      {{.padding = "valid"}, {{29, 43}, {0, 0}, {0, 0}}},
      {{.padding = "valid", .stride = {3, 0}}, {{10, 15}, {1, 0}, {1, 0}}},
      {{.padding = "valid", .stride = {4, 5}}, {{8, 9}, {0, 2}, {0, 4}}},
      {{.padding = "valid", .stride = {4, 4}}, {{8, 11}, {0, 2}, {0, 1}}},
      {{.padding = "1", .stride = {4, 4}}, {{8, 12}, {1, 0}, {2, 1}}},
      {{.padding = "same", .stride = {2, 2}}, {{16, 23}, {0, 0}, {-1, -1}}},
      {{.padding = "same", .stride = {7, 7}}, {{5, 7}, {1, 1}, {-1, -1}}},
  };
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    assert_int_equal(fv_filter_apply(&out, &report, &in, blur, &lines[i].options), FV_OK);
    if (memcmp(&report, &lines[i].expected, sizeof report))
      fail_msg("line %zu: output %d x %d, left out %d and %d, fitting %d and %d", i, report.output.height,
               report.output.width, report.left_out.height, report.left_out.width, report.fitting_padding.height,
               report.fitting_padding.width);
    fv_tensor_destroy(&out);
  }
  assert_int_equal(fv_pooling_apply(&out, &report, &in, NULL), FV_OK);
  assert_int_equal(report.left_out.height, 1);
  assert_int_equal(report.left_out.width, 1);
  fv_tensor_destroy(&out);
  fv_tensor_destroy(&in);
}

static void kernels_are_read_from_text(void **state) {
  (void)state;
  fv_filter_kernel kernel;
  assert_int_equal(fv_filter_kernel_parse(&kernel, "# mine\n0, 1 -1/2; \n 1e1 -4 .5;;"), FV_OK);
  assert_int_equal(kernel.height, 2);
  assert_int_equal(kernel.width, 3);
  const double expected[] = {0, 1, -0.5, 10, -4, 0.5};
  for (int i = 0; i < 6; i++) assert_true(kernel.weights[i] == expected[i]);
  fv_filter_kernel_destroy(&kernel);
  const struct {
    const char *text, *says;
  } wrong[] = {{"1 2; 3", "row 2"}, {"1 x", "'x'"},      {"", "no numbers"},
               {"1 nan", "nan"},    {"1;1e39", "row 2"}, {" ; # 1", "no numbers"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_int_equal(fv_filter_kernel_parse(&kernel, wrong[i].text), FV_ERROR_INVALID);
    assert_non_null(strstr(fv_error_message(), wrong[i].says));
    assert_null(kernel.weights);
  }
  char *large = malloc(2000);
  memset(large, ' ', 1999);
  large[1999] = '\0';
  for (int i = 0; i < 256; i++) large[2 * i] = '1';
  assert_int_equal(fv_filter_kernel_parse(&kernel, large), FV_ERROR_INVALID);
  for (int i = 0; i < 255; i++) large[2 * i + 1] = ';';
  assert_int_equal(fv_filter_kernel_parse(&kernel, large), FV_ERROR_INVALID);
  large[2 * 255] = ' ';
  assert_int_equal(fv_filter_kernel_parse(&kernel, large), FV_OK);
  assert_int_equal(kernel.height, 255);
  fv_filter_kernel_destroy(&kernel);
  free(large);
}

static void kernels_are_read_from_files(void **state) {
  (void)state;
  fv_filter_kernel kernel;
  assert_int_equal(fv_filter_kernel_read(&kernel, GOLDEN "/input_f32.npy"), FV_OK);
  assert_int_equal(kernel.height, 31);
  fv_filter_kernel_destroy(&kernel);
  assert_int_equal(fv_filter_kernel_read(&kernel, GOLDEN "/input_rgb.npy"), FV_ERROR_FORMAT);
  assert_int_equal(fv_filter_kernel_read(&kernel, GOLDEN "/index.json"), FV_ERROR_FORMAT);
  assert_int_equal(fv_filter_kernel_read(&kernel, "/nowhere"), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_filter_kernel_read(&kernel, FOVEA_SOURCE_DIR "/tests/golden/pictures/gray16.png"),
                   FV_ERROR_FORMAT);
  assert_non_null(strstr(fv_error_message(), "found other bytes"));
  char path[] = "/tmp/fovea-kernel-XXXXXX";
  int file = mkstemp(path);
  assert_int_equal(write(file, "1 2 3\n4 5 6\n", 12), 12);
  close(file);
  assert_int_equal(fv_filter_kernel_read(&kernel, path), FV_OK);
  assert_true(kernel.height == 2 && kernel.width == 3 && kernel.weights[5] == 6);
  fv_filter_kernel_destroy(&kernel);
  unlink(path);
}

static void wrong_requests_are_refused(void **state) {
  (void)state;
  fv_tensor in, out;
  load(&in, "input_f32");
  const fv_filter_kernel *blur = fv_filter_kernel_find("blur");
  const fv_filter_kernel nothing = {0};
  assert_int_equal(fv_filter_apply(&out, NULL, &in, blur, &(fv_filter_options){.padding = "some"}), FV_ERROR_INVALID);
  assert_int_equal(fv_filter_apply(&out, NULL, &in, blur, &(fv_filter_options){.padding = "-1"}), FV_ERROR_INVALID);
  assert_int_equal(fv_filter_apply(&out, NULL, &in, blur, &(fv_filter_options){.padding = "65536"}), FV_ERROR_INVALID);
  assert_int_equal(fv_filter_apply(&out, NULL, &in, blur, &(fv_filter_options){.padding = "65535"}), FV_ERROR_MEMORY);
  assert_int_equal(fv_filter_apply(&out, NULL, &in, blur, &(fv_filter_options){.stride = {-1, 1}}), FV_ERROR_INVALID);
  assert_int_equal(fv_filter_apply(&out, NULL, &in, blur, &(fv_filter_options){.border = 6}), FV_ERROR_INVALID);
  assert_int_equal(fv_filter_apply(&out, NULL, &in, &nothing, NULL), FV_ERROR_INVALID);
  in.shape = (fv_shape){2, {1, 45}};
  assert_int_equal(fv_filter_apply(&out, NULL, &in, blur, &(fv_filter_options){.padding = "valid"}), FV_ERROR_SHAPE);
  assert_int_equal(fv_pooling_apply(&out, NULL, &in, NULL), FV_ERROR_SHAPE);
  in.shape = (fv_shape){1, {45}};
  assert_int_equal(fv_filter_apply(&out, NULL, &in, blur, NULL), FV_ERROR_SHAPE);
  assert_null(out.data);
  fv_tensor_destroy(&in);
}

static void nan_passes_through_pooling(void **state) {
  (void)state;
  float pixels[] = {1, NAN, -3, 2};
  fv_tensor in = {{2, {2, 2}}, pixels}, out;
  for (int32_t type = FV_POOLING_MAX; type <= FV_POOLING_L2; type++) {
    assert_int_equal(fv_pooling_apply(&out, NULL, &in, &(fv_pooling_options){.type = type}), FV_OK);
    assert_true(isnan(out.data[0]));
    fv_tensor_destroy(&out);
  }
}

static void numbers_become_pixels(void **state) {
  (void)state;
  float numbers[] = {-10, 0.5f, 1.5f, 300};
  fv_tensor tensor = {{2, {2, 2}}, numbers};
  fv_image image;
  assert_int_equal(fv_image_from_tensor(&image, &tensor, FV_IMAGE_SCALE_CLIP), FV_OK);
  assert_memory_equal(image.pixels, ((uint8_t[]){0, 0, 2, 255}), 4);
  fv_image_destroy(&image);
  assert_int_equal(fv_image_from_tensor(&image, &tensor, FV_IMAGE_SCALE_AUTO), FV_OK);
  assert_memory_equal(image.pixels, ((uint8_t[]){0, 9, 9, 255}), 4);
  fv_image_destroy(&image);
  assert_int_equal(fv_image_from_tensor(&image, &tensor, FV_IMAGE_SCALE_NONE), FV_ERROR_NUMBERS);
  numbers[0] = NAN;
  assert_int_equal(fv_image_from_tensor(&image, &tensor, FV_IMAGE_SCALE_CLIP), FV_ERROR_NUMBERS);
  assert_null(image.pixels);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(filters_equal_scipy),
      cmocka_unit_test(pooling_equals_torch),
      cmocka_unit_test(names_mean_what_they_say),
      cmocka_unit_test(families_keep_their_promises),
      cmocka_unit_test(filters_equal_opencv),
      cmocka_unit_test(pooling_equals_opencv),
      cmocka_unit_test(the_median_is_the_middle),
      cmocka_unit_test(large_medians_equal_sorting),
      cmocka_unit_test(l2_is_the_length_of_the_window),
      cmocka_unit_test(colours_are_filtered_one_by_one),
      cmocka_unit_test(borders_reach_any_distance),
      cmocka_unit_test(strides_that_do_not_fit_are_reported),
      cmocka_unit_test(kernels_are_read_from_text),
      cmocka_unit_test(kernels_are_read_from_files),
      cmocka_unit_test(wrong_requests_are_refused),
      cmocka_unit_test(nan_passes_through_pooling),
      cmocka_unit_test(numbers_become_pixels),
  };
  return cmocka_run_group_tests(tests, load_cases, forget_cases);
}
