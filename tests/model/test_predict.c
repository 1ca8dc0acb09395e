/* Pictures from files and from memory become the right numbers, and predictions do not depend on how they are asked
 * for. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <fovea/image.h>
#include <fovea/labels.h>
#include <fovea/layers.h>
#include <fovea/predict.h>

enum { SIDE = 8, CLASSES = 4 };

/* A small classifier of colour (channels 3) or gray (1) pictures, weights by name. */
static fv_model *classifier(int32_t channels, const char *preprocess) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {SIDE, SIDE, channels});
  x = fv_conv2d(g, x, .filters = 5, .kernel_size = {3}, .activation = "relu");
  x = fv_global_average_pooling2d(g, x);
  x = fv_dense(g, x, .units = CLASSES, .activation = "softmax");
  fv_model *model = NULL;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:1"), FV_OK);
  if (preprocess) {
    fv_preprocessing p;
    assert_int_equal(fv_preprocessing_parse(&p, preprocess), FV_OK);
    assert_int_equal(fv_model_set_preprocessing(model, &p), FV_OK);
  }
  return model;
}

static uint8_t color(int x, int y, int c) { return (uint8_t)(x * 23 + y * 41 + c * 77); }

/* The same picture in several layouts. */
static void draw(uint8_t *pixels, int side, int channels, bool bgr, size_t stride) {
  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++)
      for (int c = 0; c < channels; c++)
        pixels[(size_t)y * stride + (size_t)(x * channels + c)] = c == 3 ? 9 : color(x, y, bgr ? 2 - c : c);
}

static void test_modes(void **state) {
  (void)state;
  const uint8_t pixel[3] = {10, 100, 200};
  fv_picture picture = {.pixels = pixel, .width = 1, .height = 1};
  static const struct {
    const char *word;
    float expected[3];
  } cases[] = {
      {"tf", {10 / 127.5f - 1, 100 / 127.5f - 1, 200 / 127.5f - 1}},
      {"caffe", {200 - 103.939f, 100 - 116.779f, 10 - 123.68f}},
      {"torch", {(10 / 255.0f - 0.485f) / 0.229f, (100 / 255.0f - 0.456f) / 0.224f, (200 / 255.0f - 0.406f) / 0.225f}},
      {"lite", {(10 - 127) / 128.0f, (100 - 127) / 128.0f, (200 - 127) / 128.0f}},
      {"none", {10, 100, 200}},
      {"scale:1/255", {10 / 255.0f, 100 / 255.0f, 200 / 255.0f}}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fv_preprocessing p;
    float numbers[3];
    assert_int_equal(fv_preprocessing_parse(&p, cases[i].word), FV_OK);
    p.size = (fv_pair){1, 1};
    assert_int_equal(fv_preprocess(numbers, &picture, &p), FV_OK);
    for (int c = 0; c < 3; c++) assert_true(fabsf(numbers[c] - cases[i].expected[c]) < 2e-5f);
  }
}

/* Side of the square is floor(crop * shorter), margins are rounded down: the column 2 of 7 is the first of 3. */
static void test_crop(void **state) {
  (void)state;
  uint8_t pixels[4 * 7];
  for (int i = 0; i < 4 * 7; i++) pixels[i] = (uint8_t)i;
  fv_picture picture = {.pixels = pixels, .width = 7, .height = 4, .order = FV_PIXELS_GRAY};
  fv_preprocessing p;
  float numbers[9];
  assert_int_equal(fv_preprocessing_parse(&p, "none"), FV_OK);
  p.size = (fv_pair){3, 3};
  p.crop = 0.875;
  p.channels = FV_CHANNELS_GRAY;
  assert_int_equal(fv_preprocess(numbers, &picture, &p), FV_OK);
  assert_true(numbers[0] == 2 && numbers[2] == 4 && numbers[8] == 18);
}

/* What tf- and torch- methods compute is not rounded to bytes on its way into the network, and is in its order. */
static void test_resized_fractions_stay(void **state) {
  (void)state;
  const uint8_t pixels[] = {10, 20, 30, 20, 60, 90};
  const fv_picture picture = {.pixels = pixels, .width = 2, .height = 1, .order = FV_PIXELS_RGB};
  fv_preprocessing p;
  assert_int_equal(fv_preprocessing_parse(&p, "none"), FV_OK);
  p.size = (fv_pair){1, 4};
  p.channels = FV_CHANNELS_BGR;
  snprintf(p.resize, sizeof p.resize, "torch-bilinear");
  float numbers[12];
  assert_int_equal(fv_preprocess(numbers, &picture, &p), FV_OK);
  const float expected[] = {30, 20, 10, 45, 30, 12.5f, 75, 50, 17.5f, 90, 60, 20};
  for (int i = 0; i < 12; i++) assert_true(fabsf(numbers[i] - expected[i]) < 1e-4f);
  snprintf(p.resize, sizeof p.resize, "torch-bilinear-corners");
  assert_int_equal(fv_preprocess(numbers, &picture, &p), FV_OK);
  assert_true(fabsf(numbers[5] - (10 + 10.0f / 3)) < 1e-4f);
}

static void test_layouts_agree(void **state) {
  (void)state;
  enum { BIG = 11, STRIDE = BIG * 4 + 7 };
  static uint8_t rgb[BIG * BIG * 3], bgr[STRIDE * BIG], rgba[STRIDE * BIG], flipped[BIG * BIG * 3];
  static float floats[BIG * BIG * 3];
  draw(rgb, BIG, 3, false, BIG * 3);
  draw(bgr, BIG, 3, true, STRIDE);
  draw(rgba, BIG, 4, false, STRIDE);
  for (int y = 0; y < BIG; y++) memcpy(flipped + (BIG - 1 - y) * BIG * 3, rgb + y * BIG * 3, BIG * 3);
  for (int i = 0; i < BIG * BIG * 3; i++) floats[i] = (float)rgb[i] + 0.25f;
  const fv_picture pictures[] = {
      {.pixels = rgb, .width = BIG, .height = BIG},
      {.pixels = bgr, .width = BIG, .height = BIG, .row_stride = STRIDE, .order = FV_PIXELS_BGR},
      {.pixels = rgba, .width = BIG, .height = BIG, .row_stride = STRIDE, .order = FV_PIXELS_RGBA},
      {.pixels = flipped + (BIG - 1) * BIG * 3, .width = BIG, .height = BIG, .row_stride = -(BIG * 3)},
      {.pixels = floats, .width = BIG, .height = BIG, .floats = true}};
  fv_model *model = classifier(3, "tf");
  fv_prediction answers[5];
  assert_int_equal(fv_predict(model, pictures, 5, NULL, answers), FV_OK);
  for (int i = 0; i < 5; i++) {
    assert_int_equal(answers[i].status, FV_OK);
    assert_int_equal(answers[i].count, CLASSES);
    assert_memory_equal(answers[i].top, answers[0].top, CLASSES * sizeof(fv_class_score));
  }
  fv_prediction_destroy(answers, 5);
  fv_model_destroy(model);
}

/* Numbers of the network's own size are not rounded. */
static void test_floats_keep_fractions(void **state) {
  (void)state;
  const float pixels[2] = {0.25f, 254.75f};
  fv_picture picture = {.pixels = pixels, .width = 2, .height = 1, .order = FV_PIXELS_GRAY, .floats = true};
  fv_preprocessing p;
  float numbers[2];
  assert_int_equal(fv_preprocessing_parse(&p, "none"), FV_OK);
  p.size = (fv_pair){1, 2};
  p.channels = FV_CHANNELS_GRAY;
  assert_int_equal(fv_preprocess(numbers, &picture, &p), FV_OK);
  assert_true(numbers[0] == 0.25f && numbers[1] == 254.75f);
}

static void test_file_memory_and_batches_agree(void **state) {
  (void)state;
  enum { COUNT = 11 };
  static uint8_t rgb[9 * 13 * 3];
  for (size_t i = 0; i < sizeof rgb; i++) rgb[i] = (uint8_t)(i * 89);
  fv_image image = {.height = 9, .width = 13, .channels = 3, .pixels = rgb};
  char path[] = "/tmp/fovea-predict-XXXXXX.png";
  int file = mkstemps(path, 4);
  assert_true(file >= 0);
  close(file);
  assert_int_equal(fv_image_write(path, &image), FV_OK);
  fv_picture pictures[COUNT];
  for (int i = 0; i < COUNT; i++)
    pictures[i] = i % 2 ? (fv_picture){.path = path} : (fv_picture){.pixels = rgb, .width = 13, .height = 9};
  pictures[4] = (fv_picture){.path = "/nonexistent/picture.png"};
  fv_model *model = classifier(1, "scale:1/255"); /* a gray network takes colour pictures */
  fv_prediction answers[COUNT], single;
  for (int32_t threads = 1; threads <= 3; threads++) {
    fv_predict_options options = {.top = 2, .batch = 4, .threads = threads};
    assert_int_equal(fv_predict(model, pictures, COUNT, &options, answers), FV_OK);
    options.batch = 1;
    assert_int_equal(fv_predict(model, pictures, 1, &options, &single), FV_OK);
    for (int i = 0; i < COUNT; i++) {
      if (i == 4) continue;
      assert_int_equal(answers[i].count, 2);
      assert_int_equal(answers[i].top[0].index, single.top[0].index);
      assert_true(fabsf(answers[i].top[0].probability - single.top[0].probability) < 1e-6f);
    }
    assert_int_equal(answers[4].status, FV_ERROR_NOT_FOUND);
    assert_non_null(strstr(answers[4].message, "/nonexistent/picture.png"));
    fv_prediction_destroy(answers, COUNT);
    fv_prediction_destroy(&single, 1);
  }
  fv_model_destroy(model);
  unlink(path);
}

static void test_ties_and_nan(void **state) {
  (void)state;
  const uint8_t pixels[SIDE * SIDE * 3] = {0};
  fv_picture picture = {.pixels = pixels, .width = SIDE, .height = SIDE};
  fv_model *model = classifier(3, "none");
  fv_prediction answer;
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    int64_t elements;
    fv_shape shape = fv_model_weight(model, i).shape;
    assert_int_equal(fv_shape_elements(&elements, &shape), FV_OK);
    memset(fv_model_weight_data(model, i), 0, (size_t)elements * sizeof(float));
  }
  fv_model_weights_changed(model);
  assert_int_equal(fv_predict(model, &picture, 1, &(fv_predict_options){.top = 3}, &answer), FV_OK);
  assert_int_equal(answer.count, 3);
  for (int i = 0; i < 3; i++) assert_int_equal(answer.top[i].index, i);
  fv_prediction_destroy(&answer, 1);
  fv_model_weight_data(model, fv_model_weight_count(model) - 1)[0] = NAN;
  fv_model_weights_changed(model);
  assert_int_equal(fv_predict(model, &picture, 1, NULL, &answer), FV_OK);
  assert_int_equal(answer.status, FV_ERROR_NUMBERS);
  fv_prediction_destroy(&answer, 1);
  fv_model_destroy(model);
}

static void test_what_is_no_classifier(void **state) {
  (void)state;
  fv_picture picture = {.path = "x"};
  fv_prediction answer;
  fv_model *model = classifier(3, NULL);
  assert_int_equal(fv_predict(model, &picture, 1, NULL, &answer), FV_ERROR_INVALID);
  assert_non_null(strstr(fv_error_message(), "preprocessing"));
  fv_model_destroy(model);
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {SIDE, SIDE, 3});
  x = fv_conv2d(g, x, .filters = 2, .kernel_size = {3});
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  assert_int_equal(fv_predict(model, &picture, 1, NULL, &answer), FV_ERROR_SHAPE);
  assert_non_null(strstr(fv_error_message(), "classifier"));
  fv_prediction_destroy(&answer, 1);
  fv_model_destroy(model);
}

/* A predictor that is kept while the weights change answers with the new ones. */
static void test_weights_may_change(void **state) {
  (void)state;
  static const uint8_t pixels[4 * 4 * 3] = {9, 200, 31};
  const fv_picture picture = {.pixels = pixels, .width = 4, .height = 4};
  fv_model *model = classifier(3, "tf");
  fv_predictor *predictor;
  assert_int_equal(fv_predictor_create(&predictor, model, NULL), FV_OK);
  fv_prediction before, after, fresh;
  assert_int_equal(fv_predictor_run(predictor, &picture, 1, &before), FV_OK);
  assert_int_equal(fv_model_initialize(model, "by-name:99"), FV_OK);
  assert_int_equal(fv_predictor_run(predictor, &picture, 1, &after), FV_OK);
  assert_int_equal(after.status, FV_OK);
  assert_int_equal(fv_predict(model, &picture, 1, NULL, &fresh), FV_OK);
  assert_true(after.top[0].probability == fresh.top[0].probability);
  assert_true(after.top[0].probability != before.top[0].probability);
  fv_prediction_destroy(&before, 1);
  fv_prediction_destroy(&after, 1);
  fv_prediction_destroy(&fresh, 1);
  fv_predictor_destroy(predictor);
  fv_model_destroy(model);
}

/* What each end makes of the numbers, along which axis, and what may follow. */
static fv_score_kind kind_of(const char *activation, int after) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {4, 4, 3});
  x = fv_conv2d(g, x, .filters = 5, .kernel_size = {1}, .activation = after == 2 || after == 4 ? activation : "relu");
  if (after == 1) x = fv_softmax(g, x);
  if (after == 3) x = fv_softmax(g, x, .axis = 1);
  x = after == 4 ? fv_flatten(g, x) : fv_global_average_pooling2d(g, x);
  if (after == 0) x = fv_dense(g, x, .units = 5, .activation = activation);
  if (after == 5) x = fv_activation(g, fv_dense(g, x, .units = 5), .activation = activation);
  if (after == 6) x = fv_rescaling(g, fv_dense(g, x, .units = 5, .activation = activation), .scale = 2);
  x = fv_activation(g, fv_dropout(g, x, .rate = 0.5), .activation = "linear");
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  fv_score_kind kind = fv_model_score_kind(model);
  fv_model_destroy(model);
  return kind;
}

static void numbers_are_called_what_they_are(void **state) {
  (void)state;
  assert_int_equal(kind_of("softmax", 0), FV_SCORE_PROBABILITY);
  assert_int_equal(kind_of("sigmoid", 0), FV_SCORE_INDEPENDENT);
  assert_int_equal(kind_of("relu", 0), FV_SCORE_PLAIN);
  assert_int_equal(kind_of("", 1), FV_SCORE_PROBABILITY); /* averaged over places */
  assert_int_equal(kind_of("softmax", 2), FV_SCORE_PROBABILITY);
  assert_int_equal(kind_of("sigmoid", 2), FV_SCORE_INDEPENDENT);
  assert_int_equal(kind_of("", 3), FV_SCORE_PLAIN);        /* along another axis */
  assert_int_equal(kind_of("softmax", 4), FV_SCORE_PLAIN); /* 16 of them */
  assert_int_equal(kind_of("softmax", 5), FV_SCORE_PROBABILITY);
  assert_int_equal(kind_of("softmax", 6), FV_SCORE_PLAIN); /* no longer */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_are_called_what_they_are),
      cmocka_unit_test(test_resized_fractions_stay),
      cmocka_unit_test(test_modes),
      cmocka_unit_test(test_crop),
      cmocka_unit_test(test_layouts_agree),
      cmocka_unit_test(test_floats_keep_fractions),
      cmocka_unit_test(test_file_memory_and_batches_agree),
      cmocka_unit_test(test_ties_and_nan),
      cmocka_unit_test(test_what_is_no_classifier),
      cmocka_unit_test(test_weights_may_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
