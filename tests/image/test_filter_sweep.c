/* The vector filter against its plain definition, at every CPU level; the same bits for any number of threads; bytes
 * are rounded floats. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/cpu.h>

#include "base/rng.h"
#include "base/workers.h"
#include "image/filter_sweep.h"

#undef fail
#include <cmocka.h>

typedef struct problem {
  int64_t height, width, channels;
  int32_t kernel_height, kernel_width;
  fv_pair stride;
  const char *padding;
  const char *reason;
} problem;

static const problem PROBLEMS[] = {
    {1, 1, 1, 1, 1, {1, 1}, "same", "one of everything"},
    {1, 1, 4, 7, 7, {1, 1}, "same", "all border"},
    {2, 3, 1, 255, 255, {1, 1}, "same", "a kernel far larger than the picture"},
    {5, 900, 1, 3, 3, {1, 1}, "same", "inside strips and edges, an even band and an odd row"},
    {65, 40, 3, 3, 3, {1, 1}, "same", "one row in the second band"},
    {70, 700, 3, 7, 7, {1, 1}, "same", "several strips of bytes"},
    {9, 1100, 4, 5, 2, {1, 1}, "valid", "even sides, four channels"},
    {33, 61, 2, 2, 6, {3, 2}, "same", "strides: phases of lines"},
    {33, 61, 1, 3, 3, {5, 7}, "same", "strides larger than the kernel"},
    {40, 50, 1, 3, 5, {1, 3}, "11", "padding and a stride across only"},
    {40, 50, 3, 5, 3, {2, 1}, "3", "a stride down only"},
    {12, 400, 1, 1, 63, {1, 1}, "same", "a line"},
    {30, 300, 1, 31, 17, {1, 1}, "same", "groups of kernel rows"},
    {30, 20, 1, 4, 90, {1, 1}, "57", "groups of one row"},
    {3, 7, 300, 3, 3, {1, 1}, "same", "many channels"},
};
enum { PROBLEMS_COUNT = sizeof PROBLEMS / sizeof *PROBLEMS };

/* Whole numbers and fractions below and above a byte's range. */
static void fill(float *numbers, int64_t count, uint64_t seed) {
  for (int64_t i = 0; i < count; i++) numbers[i] = (float)(300 * fv__rng_uniform(seed, (uint64_t)i) - 20);
}

static void make_kernel(fv_filter_kernel *kernel, const problem *p, double *weights) {
  for (int32_t i = 0; i < p->kernel_height * p->kernel_width; i++)
    weights[i] = (2 * fv__rng_uniform(3, (uint64_t)i) - 0.6) * 2 / (p->kernel_height * p->kernel_width);
  *kernel = (fv_filter_kernel){NULL, NULL, p->kernel_height, p->kernel_width, weights};
}

/* What fv_filter_apply would ask of the sweep, worked out anew. */
static void plan(fv__filter_task *task, const problem *p, const double *weights, int32_t border) {
  *task = (fv__filter_task){.picture = {p->height, p->width, p->channels}, .weights = weights, .border = border};
  if (!strcmp(p->padding, "same")) {
    fv__sweep_centred(&task->rows, p->height, p->kernel_height, p->stride.height, p->kernel_height / 2);
    fv__sweep_centred(&task->columns, p->width, p->kernel_width, p->stride.width, p->kernel_width / 2);
    return;
  }
  const int64_t padding = strcmp(p->padding, "valid") ? atoi(p->padding) : 0;
  assert_int_equal(fv__sweep_padded(&task->rows, p->height, p->kernel_height, p->stride.height, padding, "rows"),
                   FV_OK);
  assert_int_equal(fv__sweep_padded(&task->columns, p->width, p->kernel_width, p->stride.width, padding, "columns"),
                   FV_OK);
}

/* The error that filter.h promises. */
static double tolerance_of(const fv_filter_kernel *kernel) {
  double magnitude = 0;
  for (int32_t i = 0; i < kernel->height * kernel->width; i++) magnitude += fabs(kernel->weights[i]);
  return (64 + kernel->height + kernel->width) * ldexp(1, -24) * magnitude * 280;
}

static void check_plain(const problem *p, int32_t border) {
  static double weights[255 * 255];
  fv_filter_kernel kernel;
  make_kernel(&kernel, p, weights);
  fv_tensor in, out, expected;
  assert_int_equal(fv_tensor_create(&in, &(fv_shape){3, {p->height, p->width, p->channels}}), FV_OK);
  fill(in.data, p->height * p->width * p->channels, 1);
  const fv_filter_options options = {.stride = p->stride, .padding = p->padding, .border = border};
  assert_int_equal(fv_filter_apply(&out, NULL, &in, &kernel, &options), FV_OK);
  assert_int_equal(fv_tensor_create(&expected, &out.shape), FV_OK);
  fv__filter_task task;
  plan(&task, p, weights, border);
  task.floats = in.data;
  task.out_floats = expected.data;
  fv__filter_plain(&task);
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, &out.shape), FV_OK);
  for (int64_t i = 0; i < count; i++)
    if (!(fabs((double)out.data[i] - (double)expected.data[i]) <= tolerance_of(&kernel)))
      fail_msg("%s, border %d: number %lld is %.9g, expected %.9g", p->reason, (int)border, (long long)i,
               (double)out.data[i], (double)expected.data[i]);
  fv_tensor_destroy(&in);
  fv_tensor_destroy(&out);
  fv_tensor_destroy(&expected);
}

static void vectors_equal_the_definition(void **state) {
  (void)state;
  const fv_cpu_level before = fv_cpu();
  for (int level = 0; level <= (int)fv_cpu_best(); level++) {
    assert_int_equal(fv_cpu_set_level((fv_cpu_level)level), FV_OK);
    for (int i = 0; i < PROBLEMS_COUNT; i++)
      for (int32_t border = FV_BORDER_ZERO; border <= FV_BORDER_WRAP; border++) check_plain(&PROBLEMS[i], border);
  }
  assert_int_equal(fv_cpu_set_level(before), FV_OK);
}

static void threads_change_no_bit(void **state) {
  (void)state;
  static double weights[255 * 255];
  const problem *p = &PROBLEMS[5];
  fv_filter_kernel kernel;
  make_kernel(&kernel, p, weights);
  fv_tensor in, alone, out;
  assert_int_equal(fv_tensor_create(&in, &(fv_shape){3, {p->height, p->width, p->channels}}), FV_OK);
  const size_t count = (size_t)(p->height * p->width * p->channels);
  fill(in.data, (int64_t)count, 2);
  assert_int_equal(fv_filter_apply(&alone, NULL, &in, &kernel, NULL), FV_OK);
  for (int threads = 1; threads <= 3; threads++) {
    fv_workers *workers;
    assert_int_equal(fv_workers_create(&workers, threads), FV_OK);
    assert_int_equal(fv_workers_threads(workers), threads);
    assert_int_equal(fv_filter_apply(&out, NULL, &in, &kernel, &(fv_filter_options){.workers = workers}), FV_OK);
    assert_memory_equal(out.data, alone.data, count * sizeof *out.data);
    memset(out.data, 0, count * sizeof *out.data);
    assert_int_equal(fv_filter_apply_into(&out, NULL, &in, &kernel, &(fv_filter_options){.workers = workers}), FV_OK);
    assert_memory_equal(out.data, alone.data, count * sizeof *out.data);
    fv_tensor_destroy(&out);
    fv_workers_destroy(workers);
  }
  fv_tensor_destroy(&in);
  fv_tensor_destroy(&alone);
  fv_workers *none;
  assert_int_equal(fv_workers_create(&none, -1), FV_ERROR_INVALID);
  assert_null(none);
  assert_int_equal(fv_workers_threads(NULL), 1);
  fv_workers_destroy(NULL);
}

/* Bytes in, bytes out: what the floats round to. */
static void bytes_are_rounded_floats(void **state) {
  (void)state;
  static double weights[255 * 255];
  for (int i = 0; i < PROBLEMS_COUNT; i++) {
    const problem *p = &PROBLEMS[i];
    if (p->channels == 2 || p->channels > 4) continue;
    fv_filter_kernel kernel;
    make_kernel(&kernel, p, weights);
    fv_image image, out, rounded;
    fv_tensor in, numbers;
    assert_int_equal(fv_image_create(&image, (int32_t)p->height, (int32_t)p->width, (int32_t)p->channels), FV_OK);
    for (int64_t k = 0; k < p->height * p->width * p->channels; k++)
      image.pixels[k] = (uint8_t)(256 * fv__rng_uniform(5, (uint64_t)k));
    assert_int_equal(fv_image_to_tensor(&in, &image), FV_OK);
    const fv_filter_options options = {.stride = p->stride, .padding = p->padding, .border = FV_BORDER_REFLECT};
    fv_sweep_report report;
    assert_int_equal(fv_filter_image(&out, &report, &image, &kernel, &options), FV_OK);
    assert_int_equal(report.output.width, out.width);
    assert_int_equal(fv_filter_apply(&numbers, NULL, &in, &kernel, &options), FV_OK);
    assert_int_equal(fv_image_from_tensor(&rounded, &numbers, FV_IMAGE_SCALE_CLIP), FV_OK);
    const size_t count = (size_t)out.height * (size_t)out.width * (size_t)out.channels;
    assert_int_equal(rounded.height, out.height);
    assert_memory_equal(out.pixels, rounded.pixels, count);
    memset(rounded.pixels, 1, count);
    assert_int_equal(fv_filter_image_into(&rounded, NULL, &image, &kernel, &options), FV_OK);
    assert_memory_equal(out.pixels, rounded.pixels, count);
    fv_image_destroy(&image);
    fv_image_destroy(&out);
    fv_image_destroy(&rounded);
    fv_tensor_destroy(&in);
    fv_tensor_destroy(&numbers);
  }
}

static void wrong_memory_is_refused(void **state) {
  (void)state;
  float numbers[12] = {0};
  uint8_t bytes[12] = {0};
  const fv_filter_kernel *blur = fv_filter_kernel_find("blur");
  const fv_tensor in = {{2, {3, 4}}, numbers}, narrow = {{2, {3, 3}}, numbers};
  assert_int_equal(fv_filter_apply_into(&narrow, NULL, &in, blur, NULL), FV_ERROR_SHAPE);
  assert_non_null(strstr(fv_error_message(), "3 x 4"));
  const fv_image image = {3, 4, 1, bytes, 0}, colours = {1, 4, 3, bytes, 0}, empty = {0};
  assert_int_equal(fv_filter_image_into(&colours, NULL, &image, blur, NULL), FV_ERROR_SHAPE);
  assert_int_equal(fv_filter_image_into(&image, NULL, &empty, blur, NULL), FV_ERROR_INVALID);
  fv_image out;
  const double much[] = {1e39}, none[] = {NAN};
  const fv_filter_kernel large = {NULL, NULL, 1, 1, much}, nothing = {NULL, NULL, 1, 1, none};
  assert_int_equal(fv_filter_image(&out, NULL, &image, &large, NULL), FV_ERROR_INVALID);
  assert_int_equal(fv_filter_image(&out, NULL, &image, &nothing, NULL), FV_ERROR_INVALID);
  assert_null(out.pixels);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(vectors_equal_the_definition),
      cmocka_unit_test(threads_change_no_bit),
      cmocka_unit_test(bytes_are_rounded_floats),
      cmocka_unit_test(wrong_memory_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
