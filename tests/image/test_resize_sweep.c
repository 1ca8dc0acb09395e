/* Resizing in vectors and in pieces: every CPU level and any number of threads give the same bits; floats against the
 * definition in double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/cpu.h>
#include <fovea/image.h>

#include "base/rng.h"

#undef fail
#include <cmocka.h>

static const struct {
  int32_t height, width, to_height, to_width;
} SIZES[] = {{1, 1, 5, 7},      {3, 2, 6, 4},     {64, 80, 32, 40}, {65, 81, 130, 162}, {50, 33, 100, 97},
             {40, 60, 20, 30},  {40, 62, 20, 31}, {30, 90, 10, 30}, {7, 300, 7, 40},    {200, 9, 70, 9},
             {90, 500, 61, 83}, {2, 70, 1, 35},   {33, 47, 20, 46}, {129, 31, 300, 60}, {12, 1200, 5, 60}};
enum { SIZES_COUNT = sizeof SIZES / sizeof *SIZES };

static void random_image(fv_image *image, int32_t height, int32_t width, int32_t channels) {
  assert_int_equal(fv_image_create(image, height, width, channels), FV_OK);
  for (int64_t i = 0; i < (int64_t)height * width * channels; i++)
    image->pixels[i] = (uint8_t)(256 * fv__rng_uniform(1, (uint64_t)i));
}

static void random_floats(fv_tensor *tensor, int64_t height, int64_t width, int64_t channels) {
  assert_int_equal(fv_tensor_create(tensor, &(fv_shape){3, {height, width, channels}}), FV_OK);
  for (int64_t i = 0; i < height * width * channels; i++)
    tensor->data[i] = (float)(255 * fv__rng_uniform(2, (uint64_t)i));
}

static size_t count_of(const fv_tensor *tensor) {
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, &tensor->shape), FV_OK);
  return (size_t)count;
}

/* Of every method, at this level, bytes and floats, alone and with others. */
static void compare(fv_workers *workers, fv_cpu_level level, int size, int32_t channels, const char *method) {
  const int32_t to_height = SIZES[size].to_height, to_width = SIZES[size].to_width;
  fv_image image, out, expected;
  fv_tensor numbers, made, wanted;
  random_image(&image, SIZES[size].height, SIZES[size].width, channels);
  random_floats(&numbers, SIZES[size].height, SIZES[size].width, channels);
  assert_int_equal(fv_cpu_set_level(FV_CPU_BASELINE), FV_OK);
  assert_int_equal(fv_image_resize(&expected, &image, to_height, to_width, method), FV_OK);
  assert_int_equal(fv_image_resize_floats(&wanted, &numbers, to_height, to_width, method), FV_OK);
  assert_int_equal(fv_cpu_set_level(level), FV_OK);
  assert_int_equal(fv_image_create(&out, to_height, to_width, channels), FV_OK);
  assert_int_equal(fv_tensor_create(&made, &wanted.shape), FV_OK);
  assert_int_equal(fv_image_resize_into(&out, &image, method, workers), FV_OK);
  assert_int_equal(fv_image_resize_floats_into(&made, &numbers, method, workers), FV_OK);
  if (memcmp(out.pixels, expected.pixels, (size_t)to_height * (size_t)to_width * (size_t)channels) != 0 ||
      memcmp(made.data, wanted.data, count_of(&made) * sizeof *made.data) != 0)
    fail_msg("%s, size %d, %d channels, level %s: other bits", method, size, (int)channels, fv_cpu_name(level));
  fv_image_destroy(&image);
  fv_image_destroy(&out);
  fv_image_destroy(&expected);
  fv_tensor_destroy(&numbers);
  fv_tensor_destroy(&made);
  fv_tensor_destroy(&wanted);
}

static void levels_and_threads_change_no_bit(void **state) {
  (void)state;
  const fv_cpu_level before = fv_cpu();
  fv_workers *workers;
  assert_int_equal(fv_workers_create(&workers, 3), FV_OK);
  for (int level = 0; level <= (int)fv_cpu_best(); level++)
    for (int size = 0; size < SIZES_COUNT; size++)
      for (int32_t channels = 1; channels <= 4; channels += channels == 1 ? 2 : 1)
        for (int32_t i = 0; fv_image_resize_method(i); i++)
          compare(level % 2 ? workers : NULL, (fv_cpu_level)level, size, channels, fv_image_resize_method(i));
  for (int size = 0; size < SIZES_COUNT; size++) compare(workers, FV_CPU_BASELINE, size, 3, "cv-area");
  fv_workers_destroy(workers);
  assert_int_equal(fv_cpu_set_level(before), FV_OK);
}

static double pixel(const fv_tensor *t, int64_t y, int64_t x, int64_t c) {
  const int64_t *n = t->shape.dims;
  y = y < 0 ? 0 : y >= n[0] ? n[0] - 1 : y;
  x = x < 0 ? 0 : x >= n[1] ? n[1] - 1 : x;
  return (double)t->data[(y * n[1] + x) * n[2] + c];
}

static double linear_at(const fv_tensor *in, const fv_tensor *out, int64_t i, int64_t j, int64_t c) {
  const double y = ((double)i + 0.5) * (double)in->shape.dims[0] / (double)out->shape.dims[0] - 0.5;
  const double x = ((double)j + 0.5) * (double)in->shape.dims[1] / (double)out->shape.dims[1] - 0.5;
  const int64_t top = (int64_t)floor(y), left = (int64_t)floor(x);
  const double down = y - (double)top, across = x - (double)left;
  return (1 - down) * ((1 - across) * pixel(in, top, left, c) + across * pixel(in, top, left + 1, c)) +
         down * ((1 - across) * pixel(in, top + 1, left, c) + across * pixel(in, top + 1, left + 1, c));
}

static double overlap(double from, double to, int64_t at) {
  const double low = from > (double)at ? from : (double)at, high = to < (double)at + 1 ? to : (double)at + 1;
  return high > low ? high - low : 0;
}

static double area_at(const fv_tensor *in, const fv_tensor *out, int64_t i, int64_t j, int64_t c) {
  const double down = (double)in->shape.dims[0] / (double)out->shape.dims[0];
  const double across = (double)in->shape.dims[1] / (double)out->shape.dims[1];
  double sum = 0;
  for (int64_t y = (int64_t)floor((double)i * down); y < in->shape.dims[0] && (double)y < (double)(i + 1) * down; y++)
    for (int64_t x = (int64_t)floor((double)j * across); x < in->shape.dims[1] && (double)x < (double)(j + 1) * across;
         x++)
      sum += overlap((double)i * down, (double)(i + 1) * down, y) *
             overlap((double)j * across, (double)(j + 1) * across, x) * pixel(in, y, x, c);
  return sum / (down * across);
}

/* Any number of channels; area only where it shrinks. */
static void floats_equal_their_definition(void **state) {
  (void)state;
  const int32_t channels[] = {1, 2, 3, 4, 7};
  for (int size = 0; size < SIZES_COUNT; size++)
    for (int k = 0; k < 5; k++)
      for (int area = 0; area < 2; area++) {
        if (area && (SIZES[size].to_height > SIZES[size].height || SIZES[size].to_width > SIZES[size].width)) continue;
        fv_tensor in, out;
        random_floats(&in, SIZES[size].height, SIZES[size].width, channels[k]);
        assert_int_equal(fv_image_resize_floats(&out, &in, SIZES[size].to_height, SIZES[size].to_width,
                                                area ? "cv-area" : "cv-linear"),
                         FV_OK);
        for (int64_t i = 0; i < SIZES[size].to_height; i++)
          for (int64_t j = 0; j < SIZES[size].to_width; j++)
            for (int64_t c = 0; c < channels[k]; c++) {
              const double expected = area ? area_at(&in, &out, i, j, c) : linear_at(&in, &out, i, j, c);
              const double got = pixel(&out, i, j, c);
              if (!(fabs(got - expected) < 0.02))
                fail_msg("size %d, %d channels, %s at %d %d: %g, expected %g", size, (int)channels[k],
                         area ? "area" : "linear", (int)i, (int)j, got, expected);
            }
        fv_tensor_destroy(&in);
        fv_tensor_destroy(&out);
      }
}

/* Halves of bytes are rounded up, other means to even; sums of many pixels stay exact. */
static void means_are_exact(void **state) {
  (void)state;
  uint8_t four[] = {0, 1, 1, 0}, nine[9] = {1, 1, 1, 1, 0, 0, 0, 0, 0}, eight[] = {1, 1, 1, 1, 0, 0, 0, 0};
  const fv_image halves = {2, 2, 1, four, 0}, thirds = {3, 3, 1, nine, 0}, tie = {2, 4, 1, eight, 0};
  fv_image out, large;
  assert_int_equal(fv_image_resize(&out, &halves, 1, 1, "cv-area"), FV_OK);
  assert_int_equal(out.pixels[0], 1);
  fv_image_destroy(&out);
  assert_int_equal(fv_image_resize(&out, &thirds, 1, 1, "cv-area"), FV_OK);
  assert_int_equal(out.pixels[0], 0);
  fv_image_destroy(&out);
  assert_int_equal(fv_image_resize(&out, &tie, 1, 1, "cv-area"), FV_OK);
  assert_int_equal(out.pixels[0], 0);
  fv_image_destroy(&out);
  assert_int_equal(fv_image_create(&large, 600, 600, 1), FV_OK);
  memset(large.pixels, 255, 600 * 600);
  large.pixels[0] = 0;
  assert_int_equal(fv_image_resize(&out, &large, 1, 1, "cv-area"), FV_OK);
  assert_int_equal(out.pixels[0], 255);
  fv_image_destroy(&out);
  fv_image_destroy(&large);
}

static void wrong_requests_are_refused(void **state) {
  (void)state;
  uint8_t bytes[12] = {0};
  float numbers[12] = {0};
  const fv_image gray = {2, 2, 1, bytes, 0}, colour = {1, 1, 3, bytes, 0}, empty = {0};
  const fv_tensor floats = {{3, {2, 2, 1}}, numbers}, other = {{3, {1, 2, 2}}, numbers}, line = {{1, {4}}, numbers};
  fv_tensor out;
  assert_int_equal(fv_image_resize_into(&colour, &gray, "cv-area", NULL), FV_ERROR_SHAPE);
  assert_int_equal(fv_image_resize_into(&empty, &gray, "cv-area", NULL), FV_ERROR_INVALID);
  assert_int_equal(fv_image_resize_into(&gray, &empty, "cv-area", NULL), FV_ERROR_SHAPE);
  assert_int_equal(fv_image_resize_into(&gray, &gray, "area", NULL), FV_ERROR_INVALID);
  assert_int_equal(fv_image_resize_floats_into(&other, &floats, "cv-area", NULL), FV_ERROR_SHAPE);
  assert_int_equal(fv_image_resize_floats(&out, &line, 1, 1, "cv-area"), FV_ERROR_SHAPE);
  assert_int_equal(fv_image_resize_floats(&out, &floats, 0, 1, "cv-area"), FV_ERROR_INVALID);
  assert_int_equal(fv_image_resize_floats(&out, &floats, 65536, 1, "cv-area"), FV_ERROR_MEMORY);
  assert_null(out.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(levels_and_threads_change_no_bit),
      cmocka_unit_test(floats_equal_their_definition),
      cmocka_unit_test(means_are_exact),
      cmocka_unit_test(wrong_requests_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
