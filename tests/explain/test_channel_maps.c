/* Channel maps against plain loops in double, at every CPU level, for one thread and three. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/channel_maps.h>
#include <fovea/cpu.h>

#undef fail /* cmocka has its own */
#include <cmocka.h>

enum { CASES = 9 };

static const struct size {
  int64_t height, width, channels;
} sizes[CASES] = {{1, 1, 1},    {1, 1, 1000},  {5, 7, 3},    {14, 14, 33}, {28, 3, 64},
                  {1, 300, 17}, {224, 224, 3}, {65, 64, 40}, {9, 130, 101}};

/* Numbers with a third of zeros; every fifth channel lies far from 0, every seventh is 0, every eleventh all 0.1. */
static float *numbers_of(const struct size *s) {
  const int64_t count = s->height * s->width * s->channels;
  float *x = malloc((size_t)count * sizeof *x);
  uint32_t seed = 17;
  for (int64_t i = 0; i < count; i++) {
    seed = seed * 1664525u + 1013904223u;
    const int64_t c = i % s->channels;
    const float number = (float)(int32_t)seed / 0x1p30f;
    x[i] = c % 7 == 6 ? 0 : c % 11 == 10 ? 0.1f : c % 5 == 4 ? 1000 + number : number < -0.6f ? 0 : number;
  }
  return x;
}

static fv_channel_maps maps_of(const float *x, const struct size *s) {
  return (fv_channel_maps){x, s->height, s->width, s->channels};
}

static fv_channel_statistics slow_statistics(const fv_channel_maps *maps, int64_t c) {
  double sum = 0, squares = 0, spread = 0, zeros = 0, count = 0;
  fv_channel_statistics s = {0};
  const int64_t pixels = maps->height * maps->width;
  for (int64_t i = 0; i < pixels; i++) {
    const float value = maps->numbers[i * maps->channels + c];
    if (!isfinite(value)) {
      s.bits |= FV_CHANNEL_NOT_FINITE;
      s.not_finite++;
      continue;
    }
    if (count == 0 || value < s.min) s.min = value;
    if (count == 0 || value > s.max) {
      s.max = value;
      s.row = (int32_t)(i / maps->width);
      s.column = (int32_t)(i % maps->width);
    }
    sum += (double)value;
    squares += (double)value * (double)value;
    zeros += value == 0;
    count++;
  }
  if (count == 0) return s;
  for (int64_t i = 0; i < pixels; i++) {
    const double distance = (double)maps->numbers[i * maps->channels + c] - sum / count;
    if (isfinite(distance)) spread += distance * distance;
  }
  s.mean = (float)(sum / count);
  s.deviation = s.min == s.max ? 0 : (float)sqrt(spread / count);
  s.norm = (float)sqrt(squares);
  s.zero_share = (float)(zeros / (double)pixels);
  if (s.min == s.max && !s.bits) s.bits = FV_CHANNEL_CONSTANT | (s.max == 0 ? FV_CHANNEL_DEAD : 0);
  return s;
}

static bool is_near(float a, float b, double tolerance) {
  return a == b || fabs((double)a - (double)b) <= tolerance * (1e-3 + fabs((double)b));
}

static void check_statistics(const fv_channel_maps *maps, const fv_channel_statistics *found) {
  for (int64_t c = 0; c < maps->channels; c++) {
    const fv_channel_statistics s = slow_statistics(maps, c), *f = &found[c];
    if (f->min != s.min || f->max != s.max || f->zero_share != s.zero_share || f->row != s.row ||
        f->column != s.column || f->bits != s.bits)
      fail_msg("channel %d of %d: min %g max %g zeros %g at (%d, %d) bits %u, expected %g %g %g (%d, %d) %u", (int)c,
               (int)maps->channels, (double)f->min, (double)f->max, (double)f->zero_share, f->row, f->column, f->bits,
               (double)s.min, (double)s.max, (double)s.zero_share, s.row, s.column, s.bits);
    if (!is_near(f->mean, s.mean, 1e-6) || !is_near(f->deviation, s.deviation, 2e-6) || !is_near(f->norm, s.norm, 1e-6))
      fail_msg("channel %d of %d: mean %g deviation %g norm %g, expected %g %g %g", (int)c, (int)maps->channels,
               (double)f->mean, (double)f->deviation, (double)f->norm, (double)s.mean, (double)s.deviation,
               (double)s.norm);
  }
}

typedef void with_workers(const fv_channel_maps *maps, fv_workers *workers);

/* At every level, without workers and with three. */
static void at_every_level(const fv_channel_maps *maps, with_workers *check) {
  fv_workers *workers;
  assert_int_equal(fv_workers_create(&workers, 3), FV_OK);
  for (int level = 0; level <= (int)fv_cpu_best(); level++) {
    assert_int_equal(fv_cpu_set_level((fv_cpu_level)level), FV_OK);
    check(maps, NULL);
    check(maps, workers);
  }
  fv_workers_destroy(workers);
}

static void measure(const fv_channel_maps *maps, fv_workers *workers) {
  fv_channel_statistics *found = calloc((size_t)maps->channels, sizeof *found);
  fv_channel_maps_measure(found, maps, workers);
  check_statistics(maps, found);
  free(found);
}

static void statistics_equal_plain_loops(void **state) {
  (void)state;
  for (int i = 0; i < CASES; i++) {
    float *x = numbers_of(&sizes[i]);
    const fv_channel_maps maps = maps_of(x, &sizes[i]);
    at_every_level(&maps, measure);
    free(x);
  }
}

static void numbers_that_are_not_finite_are_told_and_left_out(void **state) {
  (void)state;
  const struct size s = {14, 14, 40};
  float *x = numbers_of(&s);
  x[3] = NAN;
  x[5 * 40 + 17] = INFINITY;
  x[195 * 40 + 39] = -INFINITY;
  for (int i = 0; i < 196; i++) x[i * 40 + 8] = i % 2 ? NAN : INFINITY;
  for (int i = 0; i < 196; i++) x[i * 40 + 9] = 3e38f; /* their sum is not finite */
  const fv_channel_maps maps = maps_of(x, &s);
  at_every_level(&maps, measure);
  free(x);
}

static float slow_cell(const fv_channel_maps *maps, fv_pair extent, int64_t c, int64_t i, int64_t j, bool peak) {
  double sum = 0, count = 0;
  float largest = 0;
  for (int64_t y = i * maps->height / extent.height; y < (i + 1) * maps->height / extent.height; y++)
    for (int64_t x = j * maps->width / extent.width; x < (j + 1) * maps->width / extent.width; x++) {
      const float value = maps->numbers[(y * maps->width + x) * maps->channels + c];
      if (fabsf(value) > fabsf(largest)) largest = value;
      sum += (double)value;
      count++;
    }
  return peak ? largest : (float)(sum / count);
}

static void draw(const fv_channel_maps *maps, fv_workers *workers) {
  for (int pool = FV_PLANE_MEAN; pool <= FV_PLANE_PEAK; pool++)
    for (int32_t fit = 0; fit <= 64; fit += 32) {
      const int64_t first = maps->channels > 2 ? 1 : 0, count = maps->channels - first;
      const fv_plane_options options = {
          .first = first, .count = count, .fit = fit, .pool = (fv_plane_pool)pool, .workers = workers};
      const fv_pair extent = fv_channel_maps_extent(maps, fit);
      const int64_t plane = (int64_t)extent.height * extent.width;
      float *planes = malloc((size_t)(count * plane) * sizeof *planes);
      assert_int_equal(fv_channel_maps_draw(planes, maps, &options), FV_OK);
      for (int64_t at = 0; at < count * plane; at++) {
        const float expected = slow_cell(maps, extent, first + at / plane, at % plane / extent.width,
                                         at % plane % extent.width, pool == FV_PLANE_PEAK);
        if (!is_near(planes[at], expected, 1e-5))
          fail_msg("number %d is %.9g, expected %.9g", (int)at, (double)planes[at], (double)expected);
      }
      free(planes);
    }
}

static void planes_equal_plain_loops(void **state) {
  (void)state;
  for (int i = 0; i < CASES; i++) {
    float *x = numbers_of(&sizes[i]);
    const fv_channel_maps maps = maps_of(x, &sizes[i]);
    at_every_level(&maps, draw);
    free(x);
  }
}

static void extents_keep_proportions(void **state) {
  (void)state;
  const struct {
    int64_t height, width;
    int32_t fit, to_height, to_width;
  } cases[] = {{224, 224, 64, 64, 64},  {112, 224, 64, 32, 64}, {14, 14, 64, 14, 14}, {1, 1000, 64, 1, 64},
               {300, 224, 0, 300, 224}, {35, 147, 64, 15, 64},  {64, 64, 64, 64, 64}, {65, 3, 64, 64, 3}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const fv_channel_maps maps = {NULL, cases[i].height, cases[i].width, 1};
    const fv_pair extent = fv_channel_maps_extent(&maps, cases[i].fit);
    assert_int_equal(extent.height, cases[i].to_height);
    assert_int_equal(extent.width, cases[i].to_width);
  }
}

static void bytes_stand_for_their_range(void **state) {
  (void)state;
  const float x[2 * 6] = {0, -2, 1, 4, 8.4f, 0, 4.2f, -4, 2.1f, 1, NAN, INFINITY};
  const fv_channel_maps maps = {x, 2, 3, 2};
  for (int level = 0; level <= (int)fv_cpu_best(); level++) {
    assert_int_equal(fv_cpu_set_level((fv_cpu_level)level), FV_OK);
    fv_channel_statistics statistics[2];
    fv_channel_maps_measure(statistics, &maps, NULL);
    const fv_channel_range each[2] = {fv_channel_range_of(statistics, 1, false),
                                      fv_channel_range_of(statistics + 1, 1, false)};
    assert_false(each[0].is_signed);
    assert_float_equal(each[0].high, 8.4, 1e-6);
    assert_true(each[1].is_signed);
    uint8_t bytes[12];
    fv_plane_options options = {.type = FV_PLANE_U8, .ranges = each, .range_each = true};
    assert_int_equal(fv_channel_maps_draw(bytes, &maps, &options), FV_OK);
    const uint8_t expected[12] = {0, 30, 255, 128, 64, 0, 64, 255, 128, 1, 160, 255};
    assert_memory_equal(bytes, expected, sizeof bytes);

    const fv_channel_range all = fv_channel_range_of(statistics, 2, false);
    options = (fv_plane_options){.type = FV_PLANE_U8, .ranges = &all, .first = 1, .count = 1};
    assert_int_equal(fv_channel_maps_draw(bytes, &maps, &options), FV_OK);
    assert_int_equal(bytes[2], 128);
    for (int i = 0; i < 5; i++) {
      const double meant = (double)all.low + (double)bytes[i] * ((double)all.high - (double)all.low) / 255;
      assert_true(fabs(meant - (double)x[2 * i + 1]) <= 8.4 / 254 * 1.0001);
    }
  }
}

static void a_range_without_length_has_one_code(void **state) {
  (void)state;
  const float x[4] = {0.5f, 0.5f, 0.5f, 0.5f}, none[4] = {0};
  const fv_channel_maps maps = {x, 2, 2, 1}, nothing = {none, 2, 2, 1};
  fv_channel_statistics statistics;
  uint8_t bytes[4];
  fv_channel_maps_measure(&statistics, &maps, NULL);
  fv_channel_range range = fv_channel_range_of(&statistics, 1, false);
  fv_plane_options options = {.type = FV_PLANE_U8, .ranges = &range};
  assert_int_equal(fv_channel_maps_draw(bytes, &maps, &options), FV_OK);
  assert_int_equal(bytes[0], 0);
  fv_channel_maps_measure(&statistics, &nothing, NULL);
  range = fv_channel_range_of(&statistics, 1, true);
  assert_int_equal(fv_channel_maps_draw(bytes, &nothing, &options), FV_OK);
  assert_int_equal(bytes[3], 128);
}

static void halves_are_rounded_to_even(void **state) {
  (void)state;
  const float x[] = {0,     -0.0f,     1,       -2,           0.1f,     65504,      65519.9f,
                     65520, 1e9f,      0x1p-14, 0x1.8p-25f,   0x1p-25f, 1e-12f,     2049,
                     2051,  -INFINITY, NAN,     0x1.ffep-15f, -3.3e-6f, 0x1.ffcp15f};
  const uint16_t expected[] = {0,      0x8000, 0x3c00, 0xc000, 0x2e66, 0x7bff, 0x7bff, 0x7c00, 0x7c00, 0x0400,
                               0x0001, 0x0000, 0x0000, 0x6800, 0x6802, 0xfc00, 0x7e00, 0x0400, 0x8037, 0x7bff};
  enum { COUNT = sizeof x / sizeof *x };
  uint16_t halves[COUNT];
  const fv_channel_maps maps = {x, 1, COUNT, 1};
  const fv_plane_options options = {.type = FV_PLANE_F16, .pool = FV_PLANE_PEAK};
  assert_int_equal(fv_channel_maps_draw(halves, &maps, &options), FV_OK);
  for (int i = 0; i < COUNT; i++)
    if (halves[i] != expected[i]) fail_msg("half of %g is %04x, expected %04x", (double)x[i], halves[i], expected[i]);
}

static void values_of_every_rank_have_channels(void **state) {
  (void)state;
  const struct {
    fv_shape shape;
    int64_t height, width, channels;
  } cases[] = {{{4, {1, 5, 6, 7}}, 5, 6, 7},    {{3, {1, 9, 4}}, 1, 9, 4}, {{2, {1, 10}}, 1, 1, 10},
               {{5, {1, 2, 3, 4, 5}}, 6, 4, 5}, {{2, {1, -1}}, 0, 0, 0},   {{1, {3}}, 1, 1, 0},
               {{4, {2, 0, 6, 7}}, 0, 0, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const fv_channel_maps maps = fv_channel_maps_of(NULL, &cases[i].shape);
    assert_int_equal(maps.height, cases[i].height);
    assert_int_equal(maps.width, cases[i].width);
    assert_int_equal(maps.channels, cases[i].channels);
  }
}

static void what_cannot_be_drawn_is_refused(void **state) {
  (void)state;
  const float x[4] = {0};
  float planes[4];
  const fv_channel_maps maps = {x, 1, 1, 4};
  const fv_plane_options wrong[] = {{.first = 4},  {.first = -1}, {.first = 1, .count = 4},
                                    {.count = -1}, {.fit = -3},   {.type = FV_PLANE_U8}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(fv_channel_maps_draw(planes, &maps, &wrong[i]), FV_ERROR_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(statistics_equal_plain_loops),
      cmocka_unit_test(numbers_that_are_not_finite_are_told_and_left_out),
      cmocka_unit_test(planes_equal_plain_loops),
      cmocka_unit_test(extents_keep_proportions),
      cmocka_unit_test(bytes_stand_for_their_range),
      cmocka_unit_test(a_range_without_length_has_one_code),
      cmocka_unit_test(halves_are_rounded_to_even),
      cmocka_unit_test(values_of_every_rank_have_channels),
      cmocka_unit_test(what_cannot_be_drawn_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
