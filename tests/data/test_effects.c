/* Effects and standardisation against Keras's layers and ImageDataGenerator; draws, texts, and what must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "data/eigen.h"
#include "data/standardise.h"
#undef fail

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/fovea.h>

#include "support/golden.h"

#define SHARED FOVEA_SOURCE_DIR "/../shared/golden/augment/"

/* ---- small references, always there */

static void take_numbers(float *numbers, const json_t *list) {
  for (size_t i = 0; i < json_array_size(list); i++) numbers[i] = (float)json_number_value(json_array_get(list, i));
}

static double worst(const float *a, const float *b, int64_t count) {
  double found = 0;
  for (int64_t i = 0; i < count; i++) found = fmax(found, fabs((double)a[i] - (double)b[i]));
  return found;
}

static void effects_are_those_of_keras(void **state) {
  (void)state;
  json_t *all = golden_json("augment/effects.json"), *record;
  assert_non_null(all);
  float picture[6 * 7 * 3], found[6 * 7 * 3], expected[6 * 7 * 3];
  const fv_tensor in = {{3, {6, 7, 3}}, picture}, out = {{3, {6, 7, 3}}, found};
  take_numbers(picture, json_object_get(all, "picture"));
  size_t i;
  json_array_foreach(json_object_get(all, "effects"), i, record) {
    const char *words = json_string_value(json_object_get(record, "words"));
    fv_transform t;
    char text[200];
    take_numbers(expected, json_object_get(record, "output"));
    if (fv_transform_parse(&t, NULL, words, 6, 7)) fail_msg("%s: %s", words, fv_error_message());
    assert_string_equal(fv_transform_text(text, sizeof text, &t), words);
    assert_int_equal(fv_transform_apply(&out, &in, &t, NULL), FV_OK);
    const double difference = worst(found, expected, 6 * 7 * 3);
    if (difference > 1e-3) fail_msg("%s: differs by %g", words, difference);
  }
  assert_int_equal(i, 13);
  json_decref(all);
}

static void standardisation_is_that_of_keras(void **state) {
  (void)state;
  json_t *all = golden_json("augment/effects.json"), *record;
  assert_non_null(all);
  float set[5 * 2 * 3 * 3], picture[18], expected[18];
  const fv_tensor pictures = {{4, {5, 2, 3, 3}}, set}, one = {{3, {2, 3, 3}}, picture};
  take_numbers(set, json_object_get(json_object_get(all, "set"), "numbers"));
  size_t i;
  json_array_foreach(json_object_get(all, "standardise"), i, record) {
    const char *words = json_string_value(json_object_get(record, "words"));
    fv_augment_options options;
    fv_standardisation *fitted;
    take_numbers(expected, json_object_get(record, "output"));
    memcpy(picture, set + 18, sizeof picture);
    assert_int_equal(fv_augment_parse(&options, words), FV_OK);
    assert_int_equal(fv_standardisation_fit(&fitted, &pictures, &options.standardise), FV_OK);
    assert_int_equal(fv_standardisation_apply(&one, fitted), FV_OK);
    const double difference = worst(picture, expected, 18);
    if (difference > 2e-4) fail_msg("%s: differs by %g", words, difference);
    fv_standardisation_destroy(fitted);
  }
  assert_int_equal(i, 5);
  json_decref(all);
}

/* ---- the larger references */

static bool load(fv_tensor *tensor, const char *name) {
  char path[512];
  snprintf(path, sizeof path, SHARED "%s.npy", name);
  return !fv_npy_read(tensor, path);
}

static void larger_pictures(void **state) {
  (void)state;
  static const char *const cases[][2] = {{"layer_random_brightness", "random_brightness=31.7"},
                                         {"layer_random_contrast", "random_contrast=1.37"},
                                         {"layer_random_saturation", "random_saturation=1.6"},
                                         {"layer_random_hue", "random_hue=-0.17"},
                                         {"layer_random_sharpness", "random_sharpness=0.8"},
                                         {"layer_random_color_degeneration", "random_color_degeneration=0.4"},
                                         {"layer_random_posterization_3bits", "random_posterization=3"},
                                         {"layer_solarization", "solarization=13,140"},
                                         {"layer_random_grayscale", "random_grayscale"},
                                         {"layer_random_invert", "random_invert"},
                                         {"layer_random_gaussian_blur", "random_gaussian_blur=1.1,1.1,5"},
                                         {"layer_auto_contrast", "auto_contrast"},
                                         {"layer_equalization", "equalization"}};
  fv_tensor photo, found, expected;
  if (!load(&photo, "photo")) skip();
  assert_int_equal(fv_tensor_create(&found, &photo.shape), FV_OK);
  const int64_t count = 48 * 64 * 3;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fv_transform t;
    assert_true(load(&expected, cases[i][0]));
    assert_int_equal(fv_transform_parse(&t, NULL, cases[i][1], 48, 64), FV_OK);
    assert_int_equal(fv_transform_apply(&found, &photo, &t, NULL), FV_OK);
    const bool in_one = strstr(cases[i][0], "hue") || strstr(cases[i][0], "saturation"); /* made with photo / 255 */
    for (int64_t k = 0; in_one && k < count; k++) expected.data[k] *= 255;
    const double difference = worst(found.data, expected.data, count);
    if (difference > 2e-3) fail_msg("%s: differs by %g", cases[i][0], difference);
    fv_tensor_destroy(&expected);
  }
  fv_tensor_destroy(&found);
  fv_tensor_destroy(&photo);
}

/* The set, or the single picture, standardised and compared. */
static void check_standardised(const char *name, const char *image, const char *words, double allowed) {
  fv_tensor set, expected, fit = {{0}, NULL};
  fv_augment_options options;
  fv_standardisation *fitted;
  assert_true(load(&set, image) && load(&expected, name));
  assert_int_equal(fv_augment_parse(&options, words), FV_OK);
  fit = set;
  const bool is_set = set.shape.rank == 4;
  if (fv_standardisation_fit(&fitted, is_set ? &fit : NULL, &options.standardise)) fail_msg("%s", fv_error_message());
  const int64_t samples = is_set ? set.shape.dims[0] : 1;
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, &set.shape), FV_OK);
  for (int64_t i = 0; i < samples; i++) {
    const int64_t *dims = set.shape.dims + is_set;
    fv_tensor one = {{3, {dims[0], dims[1], dims[2]}}, set.data + i * (count / samples)};
    assert_int_equal(fv_standardisation_apply(&one, fitted), FV_OK);
  }
  int64_t expected_count;
  assert_int_equal(fv_shape_elements(&expected_count, &expected.shape), FV_OK);
  const double difference = worst(set.data, expected.data, expected_count < count ? expected_count : count);
  if (difference > allowed) fail_msg("%s: differs by %g", name, difference);
  fv_standardisation_destroy(fitted);
  fv_tensor_destroy(&set);
  fv_tensor_destroy(&expected);
}

static void larger_sets(void **state) {
  (void)state;
  fv_tensor photo;
  if (!load(&photo, "photo")) skip();
  fv_tensor_destroy(&photo);
  check_standardised("std_rescale", "photo", "rescale=0.00392156862745098", 1e-6);
  check_standardised("std_samplewise_center", "photo", "samplewise_center", 1e-3);
  check_standardised("std_samplewise_std", "photo", "samplewise_std", 1e-5);
  check_standardised("std_samplewise_both", "photo",
                     "rescale=0.00392156862745098 samplewise_center samplewise_std_normalization", 1e-4);
  check_standardised("std_featurewise_center", "batch", "featurewise_center", 1e-3);
  check_standardised("std_featurewise_both", "batch", "featurewise_center featurewise_std", 1e-4);
  check_standardised("std_featurewise_rescale", "batch",
                     "rescale=0.00784313725490196 featurewise_center featurewise_std_normalization", 1e-4);
  check_standardised("std_zca_eps1", "zca_patches", "rescale=0.00392156862745098 zca_whitening zca_epsilon=0.1", 1e-5);
  check_standardised("std_zca_eps6", "zca_patches", "rescale=0.00392156862745098 zca_whitening zca_epsilon=1e-6", 1e-5);
}

/* ---- eigenvectors: A v = w v, and V^T V = 1 */

static void eigenvectors(void **state) {
  (void)state;
  for (int32_t n = 1; n <= 24; n++)
    for (int kind = 0; kind < 4; kind++) {
      double a[24 * 24], v[24 * 24], w[24], spare[24];
      for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j <= i; j++) {
          const double x = kind == 0   ? sin(i * 3.1 + j * 7.3 + n)
                           : kind == 1 ? (i == j) * (1.0 + i % 3)
                           : kind == 2 ? 1.0
                                       : (i - j < 2) * 2.0 - 1;
          a[i * n + j] = a[j * n + i] = x;
        }
      memcpy(v, a, sizeof v);
      assert_int_equal(fv__eigen_symmetric(v, w, spare, n), FV_OK);
      for (int32_t k = 0; k < n; k++)
        for (int32_t i = 0; i < n; i++) {
          double left = 0, dot = 0;
          for (int32_t j = 0; j < n; j++) {
            left += a[i * n + j] * v[j * n + k];
            dot += v[j * n + i] * v[j * n + k];
          }
          assert_true(fabs(left - w[k] * v[i * n + k]) < 1e-11);
          assert_true(fabs(dot - (i == k)) < 1e-11);
        }
    }
  double bad[4] = {NAN, 1, 1, 2}, w[2], spare[2];
  assert_int_equal(fv__eigen_symmetric(bad, w, spare, 2), FV_ERROR_NUMBERS);
}

/* ---- draws and words */

static void every_effect_draws_what_it_takes(void **state) {
  (void)state;
  float pixels[9 * 8 * 3], changed[9 * 8 * 3];
  for (int i = 0; i < 9 * 8 * 3; i++) pixels[i] = (float)(i * 37 % 256);
  int32_t count = 0;
  for (fv_effect_help help; (help = fv_effect_at(count)).name; count++) {
    fv_augment_options options;
    int changes = 0;
    assert_true(help.help[0] && help.options && help.drawn);
    assert_int_equal(fv_augment_parse(&options, help.name), FV_OK);
    for (uint64_t i = 0; i < 200; i++) {
      fv_transform t, again;
      char text[600];
      assert_int_equal(fv_transform_draw(&t, &options, 9, 8, 3, 1, i), FV_OK);
      for (int64_t channels = 1; channels <= 4; channels += 2) {
        const fv_tensor in = {{3, {9, 8, channels == 4 ? 3 : channels}}, pixels}, out = {in.shape, changed};
        assert_int_equal(fv_transform_apply(&out, &in, &t, &options), FV_OK);
        for (int64_t k = 0; k < 72 * in.shape.dims[2]; k++) assert_true(changed[k] >= -1e-3f && changed[k] <= 255.001f);
        changes += memcmp(changed, pixels, (size_t)(72 * in.shape.dims[2]) * sizeof *pixels) != 0;
      }
      if (fv_transform_parse(&again, NULL, fv_transform_text(text, sizeof text, &t), 9, 8) && strcmp(text, "as it is"))
        fail_msg("%s: %s", text, fv_error_message());
      fv_transform same;
      assert_int_equal(fv_transform_draw(&same, &options, 9, 8, 3, 1, i), FV_OK);
      assert_memory_equal(&t, &same, sizeof t);
    }
    if (!changes) fail_msg("%s changes nothing", help.name);
  }
  assert_int_equal(count, 17);
  assert_null(fv_effect_at(-1).name);
}

static void effects_come_in_the_order_written(void **state) {
  (void)state;
  fv_transform t;
  float x[3] = {100, 100, 100}, y[3];
  const fv_tensor in = {{3, {1, 1, 3}}, x}, out = {{3, {1, 1, 3}}, y};
  assert_int_equal(fv_transform_parse(&t, NULL, "random_brightness=100 random_invert", 1, 1), FV_OK);
  assert_int_equal(fv_transform_apply(&out, &in, &t, NULL), FV_OK);
  assert_true(y[0] == 55);
  assert_int_equal(fv_transform_parse(&t, NULL, "random_invert random_brightness=100", 1, 1), FV_OK);
  assert_int_equal(fv_transform_apply(&out, &in, &t, NULL), FV_OK);
  assert_true(y[0] == 255);
}

/* One number alone means what it means in Keras. */
static void one_number_alone(void **state) {
  (void)state;
  double low = 1e9, high = -1e9;
  fv_augment_options options;
  assert_int_equal(fv_augment_parse(&options, "random_contrast=0.25 random_brightness=0.5"), FV_OK);
  for (uint64_t i = 0; i < 1000; i++) {
    fv_transform t;
    assert_int_equal(fv_transform_draw(&t, &options, 9, 8, 3, 1, i), FV_OK);
    low = fmin(low, t.effects[0].numbers[0]);
    high = fmax(high, t.effects[0].numbers[0]);
    assert_true(fabs(t.effects[1].numbers[0]) <= 127.5);
  }
  assert_true(low >= 0.75 && low < 0.76 && high <= 1.25 && high > 1.24);
}

/* A crop shows a part of the picture and nothing beyond it. */
static void crops_stay_inside(void **state) {
  (void)state;
  fv_augment_options options;
  assert_int_equal(fv_augment_parse(&options, "random_crop=0.1,0.9"), FV_OK);
  for (uint64_t i = 0; i < 500; i++) {
    fv_transform t;
    double m[6];
    assert_int_equal(fv_transform_draw(&t, &options, 30, 50, 1, 0, i), FV_OK);
    fv_transform_matrix(m, &t, NULL, 30, 50);
    const double corners[][2] = {{0, 0}, {29, 49}};
    for (int k = 0; k < 2; k++) {
      const double row = m[0] * corners[k][0] + m[1] * corners[k][1] + m[2];
      const double column = m[3] * corners[k][0] + m[4] * corners[k][1] + m[5];
      assert_true(row > -0.5 && row < 29.5 && column > -0.5 && column < 49.5);
    }
  }
}

static void wrong_words(void **state) {
  (void)state;
  static const char *const wrong[] = {"random_contrast=2",
                                      "random_contrast=0.1,0.1,0.1",
                                      "random_brightness=0.5,-0.5",
                                      "random_hue=x",
                                      "random_contrast=0.1 random_contrast=0.2",
                                      "random_hue=,",
                                      "equalization=3",
                                      "rand_augment=9",
                                      "random_erasing=0.5,2",
                                      "random_posterization=0",
                                      "mix_up=-1",
                                      "zca_epsilon=-1",
                                      "auto_contrast=true,1"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    fv_augment_options options;
    if (fv_augment_parse(&options, wrong[i]) != FV_ERROR_INVALID) fail_msg("'%s' was taken", wrong[i]);
  }
  fv_transform t;
  assert_int_equal(fv_transform_parse(&t, NULL, "random_hue", 9, 9), FV_ERROR_INVALID);
  assert_int_equal(fv_transform_parse(&t, NULL, "random_crop=0.5", 9, 9), FV_ERROR_INVALID);
  assert_int_equal(fv_transform_parse(&t, NULL, "random_hue=3", 9, 9), FV_ERROR_INVALID);
  t = (fv_transform){.effects = {{.name = "nothing"}}};
  float x = 0, y;
  const fv_tensor in = {{2, {1, 1}}, &x}, out = {{2, {1, 1}}, &y};
  assert_int_equal(fv_transform_apply(&out, &in, &t, NULL), FV_ERROR_INVALID);
}

static void sets_that_do_not_fit(void **state) {
  (void)state;
  fv_standardisation *fitted;
  float numbers[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const fv_standardise_options features = {.featurewise_std_normalization = true}, zca = {.zca_whitening = true};
  assert_int_equal(fv_standardisation_fit(&fitted, NULL, &features), FV_ERROR_INVALID);
  assert_int_equal(fv_standardisation_fit(&fitted, &(fv_tensor){{2, {3, 4}}, numbers}, &features), FV_ERROR_SHAPE);
  assert_int_equal(fv_standardisation_fit(&fitted, &(fv_tensor){{4, {3, 1, 2, 2}}, numbers}, &features), FV_OK);
  assert_float_equal((float)fv_standardisation_mean(fitted, 0), 6, 1e-9f);
  assert_true(fv_standardisation_deviation(fitted, 1) > 3 && fv_standardisation_mean(fitted, 2) == 0);
  assert_int_equal(fv_standardisation_apply(&(fv_tensor){{3, {1, 1, 3}}, numbers}, fitted), FV_ERROR_SHAPE);
  assert_int_equal(fv_standardisation_apply(&(fv_tensor){{3, {1, 3, 2}}, numbers}, fitted), FV_OK);
  fv_standardisation_destroy(fitted);
  fv_standardisation_destroy(NULL);
  fv_tensor large;
  assert_int_equal(fv_tensor_create(&large, &(fv_shape){4, {1, 64, 65, 1}}), FV_OK);
  assert_int_equal(fv_standardisation_fit(&fitted, &large, &zca), FV_ERROR_UNSUPPORTED);
  large.data[0] = NAN;
  assert_int_equal(fv_standardisation_fit(&fitted, &large, &features), FV_ERROR_NUMBERS);
  fv_tensor_destroy(&large);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(effects_are_those_of_keras),
      cmocka_unit_test(standardisation_is_that_of_keras),
      cmocka_unit_test(larger_pictures),
      cmocka_unit_test(larger_sets),
      cmocka_unit_test(eigenvectors),
      cmocka_unit_test(every_effect_draws_what_it_takes),
      cmocka_unit_test(effects_come_in_the_order_written),
      cmocka_unit_test(one_number_alone),
      cmocka_unit_test(crops_stay_inside),
      cmocka_unit_test(wrong_words),
      cmocka_unit_test(sets_that_do_not_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
