/* Augmentation against Keras and SciPy, its two texts, and draws that depend on nothing but their numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/rng.h"
#undef fail

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/fovea.h>

#include "support/golden.h"

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/augment/"
#define SHARED FOVEA_SOURCE_DIR "/../shared/golden/augment/"

static const double TOLERANCE = 1e-3; /* of 255: single precision keeps no more */

/* Of this folder or, where it is not kept here, of the shared one; false when neither has it. */
static bool load(fv_tensor *tensor, const char *name) {
  char path[1024];
  snprintf(path, sizeof path, GOLDEN "%s.npy", name);
  if (!fv_npy_read(tensor, path)) return true;
  snprintf(path, sizeof path, SHARED "%s.npy", name);
  return !fv_npy_read(tensor, path);
}

/* The rule's picture is made, not kept: draws of "input" with seed 1. */
static bool load_picture(fv_tensor *tensor, const char *name) {
  if (strcmp(name, "rule")) return load(tensor, name);
  assert_int_equal(fv_tensor_create(tensor, &(fv_shape){3, {31, 45, 3}}), FV_OK);
  const uint64_t draws = fv__rng_state("input", 1);
  for (uint64_t i = 0; i < 31 * 45 * 3; i++) {
    const float value = (float)(2 * fv__rng_uniform(draws, i) - 1);
    tensor->data[i] = (float)(((double)value + 1) * 127.5);
  }
  return true;
}

static double number(const json_t *record, const char *key, double otherwise) {
  const json_t *value = json_object_get(record, key);
  return json_is_number(value) ? json_number_value(value) : otherwise;
}

/* The case as the words a user would write. */
static void words_of(char *text, size_t size, const json_t *record) {
  static const char *const keys[][2] = {{"theta", "theta"},
                                        {"shear", "shear"},
                                        {"zx", "zx"},
                                        {"zy", "zy"},
                                        {"height_shift_px", "height_shift"},
                                        {"width_shift_px", "width_shift"},
                                        {"channel_shift", "channel_shift"},
                                        {"brightness", "brightness"},
                                        {"order", "order"},
                                        {"cval", "cval"}};
  size_t used = 0;
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    const json_t *value = json_object_get(record, keys[i][0]);
    const char *fraction = i == 4 ? "height_shift_fraction" : "width_shift_fraction";
    if ((i == 4 || i == 5) && json_object_get(record, fraction)) value = json_object_get(record, fraction);
    if (json_is_number(value))
      used += (size_t)snprintf(text + used, size - used, "%s=%.17g ", keys[i][1], json_number_value(value));
  }
  if (json_is_true(json_object_get(record, "flip_horizontal")))
    used += (size_t)snprintf(text + used, size - used, "flip_horizontal ");
  if (json_is_true(json_object_get(record, "flip_vertical")))
    used += (size_t)snprintf(text + used, size - used, "flip_vertical=1 ");
  const char *fill = json_string_value(json_object_get(record, "fill_mode"));
  snprintf(text + used, size - used, "fill_mode=%s", fill ? fill : "nearest");
}

static double worst_difference(const fv_tensor *a, const fv_tensor *b) {
  int64_t count;
  assert_true(fv_shape_equal(&a->shape, &b->shape));
  assert_int_equal(fv_shape_elements(&count, &a->shape), FV_OK);
  double worst = 0;
  for (int64_t i = 0; i < count; i++) worst = fmax(worst, fabs((double)a->data[i] - (double)b->data[i]));
  return worst;
}

/* Whether there was a file to compare with. */
static bool check_case(const json_t *record, const char *kind, const char *compat) {
  const char *name = json_string_value(json_object_get(record, "name"));
  char file[128], text[600];
  fv_tensor expected, in, out;
  snprintf(file, sizeof file, "%s.%s", name, kind);
  if (!load(&expected, file)) return false;
  assert_true(load_picture(&in, json_string_value(json_object_get(record, "image"))));
  const size_t used = (size_t)snprintf(text, sizeof text, "compat=%s ", compat);
  words_of(text + used, sizeof text - used, record);
  fv_transform transform;
  fv_augment_options how = {0};
  if (fv_transform_parse(&transform, &how, text, (int32_t)in.shape.dims[0], (int32_t)in.shape.dims[1]))
    fail_msg("%s: %s", file, fv_error_message());
  assert_int_equal(fv_tensor_create(&out, &in.shape), FV_OK);
  if (fv_transform_apply(&out, &in, &transform, &how)) fail_msg("%s: %s", file, fv_error_message());
  const double worst = worst_difference(&out, &expected);
  if (worst > TOLERANCE) fail_msg("%s: '%s' differs by %g, allowed %g", file, text, worst, TOLERANCE);
  fv_tensor_destroy(&expected);
  fv_tensor_destroy(&in);
  fv_tensor_destroy(&out);
  return true;
}

static void equals_the_documented_meaning_and_both_keras(void **state) {
  (void)state;
  json_t *all = golden_json("augment/cases.json");
  assert_non_null(all);
  int fixed = 0, keras3 = 0, keras2 = 0;
  size_t i;
  json_t *record;
  json_array_foreach(json_object_get(all, "geometry"), i, record) {
    fixed += check_case(record, "fixed", "none");
    keras2 += check_case(record, "rowcol", "keras2");
    const bool is_same = json_is_true(json_object_get(record, "keras3_equals_fixed"));
    keras3 += check_case(record, is_same ? "fixed" : "keras3", "keras3");
  }
  json_decref(all);
  assert_true(fixed >= 1 && keras3 >= 1 && keras2 >= 1); /* one of each is in tests/golden */
}

static void equals_the_matrices(void **state) {
  (void)state;
  json_t *all = golden_json("augment/cases.json");
  assert_non_null(all);
  size_t i;
  json_t *record;
  json_array_foreach(json_object_get(all, "geometry"), i, record) {
    const bool is_photo = !strcmp(json_string_value(json_object_get(record, "image")), "photo");
    const fv_transform t = {.theta = number(record, "theta", 0),
                            .shear = number(record, "shear", 0),
                            .tx = number(record, "width_shift_px", 0),
                            .ty = number(record, "height_shift_px", 0),
                            .zx = number(record, "zx", 0),
                            .zy = number(record, "zy", 0)};
    double m[6];
    fv_transform_matrix(m, &t, NULL, is_photo ? 48 : 31, is_photo ? 64 : 45);
    for (size_t k = 0; k < 6; k++)
      assert_float_equal(
          m[k],
          json_number_value(json_array_get(json_array_get(json_object_get(record, "fixed_matrix"), k / 3), k % 3)),
          1e-12);
  }
  json_decref(all);
}

static void quarter_turns_have_no_border(void **state) {
  (void)state;
  float pixels[25], turned[25];
  for (int i = 0; i < 25; i++) pixels[i] = (float)(i + 1);
  const fv_tensor in = {{2, {5, 5}}, pixels}, out = {{2, {5, 5}}, turned};
  const fv_augment_options constant = {.fill = FV_AUGMENT_CONSTANT, .cval = 1000};
  const fv_transform quarter = {.theta = 90};
  assert_int_equal(fv_transform_apply(&out, &in, &quarter, &constant), FV_OK);
  for (int r = 0; r < 5; r++)
    for (int c = 0; c < 5; c++) assert_float_equal(turned[5 * r + c], pixels[5 * c + 4 - r], 1e-4);
}

static void extreme_pictures_and_numbers_hold(void **state) {
  (void)state;
  static const char *const fills[] = {"nearest", "constant", "reflect", "wrap"};
  float pixels[7] = {0, 255, 3, 4, 5, 6, 7}, result[7];
  const int64_t shapes[][2] = {{1, 1}, {1, 7}, {7, 1}};
  for (int f = 0; f < 4; f++)
    for (int s = 0; s < 3; s++) {
      char text[200];
      snprintf(text, sizeof text, "theta=-1e6 tx=1e6 ty=-1e6 zx=1e6 zy=1e-6 shear=89.9 fill=%s", fills[f]);
      const fv_tensor in = {{2, {shapes[s][0], shapes[s][1]}}, pixels}, out = {in.shape, result};
      fv_transform t;
      fv_augment_options how = {0};
      assert_int_equal(fv_transform_parse(&t, &how, text, (int32_t)shapes[s][0], (int32_t)shapes[s][1]), FV_OK);
      assert_int_equal(fv_transform_apply(&out, &in, &t, &how), FV_OK);
      for (int64_t i = 0; i < shapes[s][0] * shapes[s][1]; i++) assert_true(result[i] >= 0 && result[i] <= 255);
    }
}

static void draws_depend_on_their_numbers_alone(void **state) {
  (void)state;
  fv_augment_options options;
  assert_int_equal(fv_augment_parse(&options, "horizontal_flip rotation=30 zoom=0.3 width_shift=0.3 height_shift=0.3"),
                   FV_OK);
  fv_transform a, b;
  assert_int_equal(fv_transform_draw(&a, &options, 100, 200, 1, 2, 3), FV_OK);
  assert_int_equal(fv_transform_draw(&b, &options, 100, 200, 1, 2, 3), FV_OK);
  assert_memory_equal(&a, &b, sizeof a);
  assert_int_equal(fv_transform_draw(&b, &options, 100, 200, 1, 3, 2), FV_OK);
  assert_true(a.theta != b.theta);
  options.zoom = (fv_range){0};
  options.brightness = (fv_range){0.5, 1.5};
  assert_int_equal(fv_transform_draw(&b, &options, 100, 200, 1, 2, 3), FV_OK);
  assert_true(a.theta == b.theta && a.tx == b.tx && a.zx != 0 && b.zx == 0 && b.brightness != 0);
}

static void draws_fill_their_ranges(void **state) {
  (void)state;
  fv_augment_options options;
  assert_int_equal(fv_augment_parse(&options, "rotation_range=30 zoom=0.8,1.5 width_shift=0.25 height_shift=3 "
                                              "brightness=0.2 vertical_flip"),
                   FV_OK);
  double low = 1e9, high = -1e9, rows[5] = {0}, widest = 0, flips = 0;
  for (uint64_t i = 0; i < 2000; i++) {
    fv_transform t;
    assert_int_equal(fv_transform_draw(&t, &options, 100, 200, 7, 0, i), FV_OK);
    assert_true(fabs(t.theta) <= 30 && t.zx >= 0.8 && t.zx <= 1.5 && t.brightness >= 0.8 && t.brightness <= 1.2);
    assert_true(t.ty == floor(t.ty) && fabs(t.ty) <= 2 && fabs(t.tx) <= 50);
    low = fmin(low, t.zy);
    high = fmax(high, t.zy);
    widest = fmax(widest, fabs(t.tx));
    rows[(int)t.ty + 2]++;
    flips += t.flip_vertical;
    assert_false(t.flip_horizontal);
  }
  assert_true(low < 0.81 && high > 1.49 && widest > 49 && flips > 900 && flips < 1100);
  for (int i = 0; i < 5; i++) assert_true(rows[i] > 300 && rows[i] < 500);
}

static void texts_survive_the_round_trip(void **state) {
  (void)state;
  fv_transform t, again;
  char text[300], short_text[8];
  assert_int_equal(fv_transform_parse(&t, NULL, " theta=17.25\tzx=0.5 flip_horizontal  brightness=0 ", 9, 9), FV_OK);
  assert_string_equal(fv_transform_text(text, sizeof text, &t), "theta=17.25 zx=0.5 brightness=0 flip_horizontal");
  assert_int_equal(fv_transform_parse(&again, NULL, text, 9, 9), FV_OK);
  assert_memory_equal(&t, &again, sizeof t);
  assert_int_equal(strlen(fv_transform_text(short_text, sizeof short_text, &t)), 7);
  assert_int_equal(fv_transform_parse(&t, NULL, "", 9, 9), FV_OK);
  assert_string_equal(fv_transform_text(text, sizeof text, &t), "as it is");
}

static void wrong_words_are_named(void **state) {
  (void)state;
  static const char *const wrong[] = {"rotate=3",
                                      "rotation=abc",
                                      "rotation=-1",
                                      "zoom=0",
                                      "zoom=1.5",
                                      "zoom=1.2,0.8",
                                      "zoom=1,2,3",
                                      "fill=mirror",
                                      "=3",
                                      "order=2",
                                      "horizontal_flip=maybe",
                                      "cval=nan",
                                      "width_shift=",
                                      "brightness=0,0",
                                      "rotation"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    fv_augment_options options;
    if (!strcmp(wrong[i], "zoom=0")) continue;
    if (fv_augment_parse(&options, wrong[i]) != FV_ERROR_INVALID) fail_msg("'%s' was taken", wrong[i]);
  }
  fv_transform t;
  assert_int_equal(fv_transform_parse(&t, NULL, "fill=wrap", 9, 9), FV_ERROR_INVALID);
  assert_int_equal(fv_transform_parse(&t, NULL, "zx=-1", 9, 9), FV_ERROR_INVALID);
  assert_int_equal(fv_transform_parse(&t, NULL, "theta=1e300", 9, 9), FV_ERROR_INVALID);
  assert_int_equal(fv_transform_parse(&t, NULL, "width_shift=1e300", 9, 9), FV_ERROR_INVALID);
  char longest[400];
  memset(longest, 'x', sizeof longest - 1);
  longest[sizeof longest - 1] = '\0';
  assert_int_equal(fv_transform_parse(&t, NULL, longest, 9, 9), FV_ERROR_INVALID);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equals_the_documented_meaning_and_both_keras),
      cmocka_unit_test(equals_the_matrices),
      cmocka_unit_test(quarter_turns_have_no_border),
      cmocka_unit_test(extreme_pictures_and_numbers_hold),
      cmocka_unit_test(draws_depend_on_their_numbers_alone),
      cmocka_unit_test(draws_fill_their_ranges),
      cmocka_unit_test(texts_survive_the_round_trip),
      cmocka_unit_test(wrong_words_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
