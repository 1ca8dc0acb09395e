/* Real networks on real photos: the classes and probabilities that Keras and PyTorch give for 53 labelled photos.
 * Photos and weights stay outside the repository (../shared/data, ../shared/golden, the cache); without them the tests
 * are skipped. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include <fovea/file.h>
#include <fovea/predict.h>
#include <fovea/zoo.h>

#define GOLDEN FOVEA_SOURCE_DIR "/../shared/golden/files/"
#define DATA FOVEA_SOURCE_DIR "/../shared/data/"
#define PHOTOS DATA "imagenet_samples/"

/* Sanitizers slow the kernels down tenfold; they see some of the photos. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOW 1
#endif
#endif
#ifdef SLOW
enum { STEP = 12 };
#else
enum { STEP = 1 };
#endif

enum { MOST_PHOTOS = 64, TOP = 5, PATH_SIZE = 300 };

/* Whether class `index` is one of the expected five, and its probability there. */
static bool find(const json_t *expected, int32_t index, double *probability) {
  for (size_t i = 0; i < json_array_size(expected); i++) {
    const json_t *pair = json_array_get(expected, i);
    *probability = json_number_value(json_array_get(pair, 1));
    if (json_integer_value(json_array_get(pair, 0)) == index) return true;
  }
  return false;
}

/* The same classes in the same order and with the same probabilities; where two are closer than 1e-4 they may change
 * places, and the last may give way to a sixth. */
static void compare(const char *file, const json_t *expected, const fv_prediction *found) {
  double last = json_number_value(json_array_get(json_array_get(expected, TOP - 1), 1));
  if (found->status) fail_msg("%s: %s", file, found->message);
  for (int i = 0; i < TOP; i++) {
    double probability, here = (double)found->top[i].probability;
    double at_place = json_number_value(json_array_get(json_array_get(expected, (size_t)i), 1));
    if (!find(expected, found->top[i].index, &probability)) probability = last;
    if (fabs(here - probability) > 1e-4 || fabs(here - at_place) > 1e-4)
      fail_msg("%s: place %d: expected %.6f, found class %d with %.6f", file, i, at_place, found->top[i].index, here);
  }
}

/* Predicts all photos of a golden file at once and compares; counts those right at top 1 and in the top 5. */
static void check_photos(fv_model *model, const json_t *photos, const char *key, int counts[2]) {
  static char paths[MOST_PHOTOS][PATH_SIZE];
  fv_picture pictures[MOST_PHOTOS];
  fv_prediction answers[MOST_PHOTOS];
  int32_t count = 0;
  for (size_t i = 0; i < json_array_size(photos); i += STEP, count++) {
    snprintf(paths[count], PATH_SIZE, PHOTOS "%s",
             json_string_value(json_object_get(json_array_get(photos, i), "file")));
    pictures[count] = (fv_picture){.path = paths[count]};
  }
  assert_int_equal(fv_predict(model, pictures, count, NULL, answers), FV_OK);
  counts[0] = counts[1] = 0;
  for (int32_t i = 0; i < count; i++) {
    const json_t *photo = json_array_get(photos, (size_t)i * STEP);
    compare(paths[i], json_object_get(photo, key), &answers[i]);
    json_int_t label = json_integer_value(json_object_get(photo, "label"));
    for (int k = 0; k < TOP; k++) {
      counts[0] += k == 0 && answers[i].top[k].index == label;
      counts[1] += answers[i].top[k].index == label;
    }
  }
  fv_prediction_destroy(answers, count);
}

static json_t *golden(const char *name) {
  char path[PATH_SIZE];
  snprintf(path, sizeof path, GOLDEN "%s", name);
  if (access(path, R_OK) || access(PHOTOS "labels.txt", R_OK)) return NULL;
  json_t *root = json_load_file(path, 0, NULL);
  assert_non_null(root);
  return root;
}

static void use_resize(fv_model *model, const char *method) {
  fv_preprocessing p = fv_model_preprocessing(model);
  assert_int_equal(p.mode, FV_PREPROCESSING_TF); /* known by the model's name */
  snprintf(p.resize, sizeof p.resize, "%s", method);
  assert_int_equal(fv_model_set_preprocessing(model, &p), FV_OK);
}

static void check_mobilenet(const char *file, const char *method, const char *key) {
  json_t *root = golden("mobilenet_predictions.json");
  if (!root) skip();
  fv_model *model;
  int counts[2];
  if (fv_model_load(&model, file, NULL)) fail_msg("%s", fv_error_message());
  use_resize(model, method);
  check_photos(model, json_object_get(root, "photos"), key, counts);
  if (STEP == 1) {
    assert_int_equal(counts[0], 44);
    assert_int_equal(counts[1], 52);
  }
  fv_model_destroy(model);
  json_decref(root);
}

static void mobilenet_of_keras_3_bilinear(void **state) {
  (void)state;
  check_mobilenet(GOLDEN "mobilenet_0.75_224.keras", "pil-bilinear", "bilinear");
}

static void mobilenet_of_keras_2_nearest(void **state) {
  (void)state;
  check_mobilenet(GOLDEN "mobilenet_0.75_224.k2.h5", "pil-nearest", "nearest");
}

static void efficientnet_lite0(void **state) {
  (void)state;
  char path[PATH_SIZE];
  json_t *root = golden("lite0_predictions.json");
  if (!root || fv_zoo_find_weights(path, sizeof path, "EfficientNetLite0", NULL)) {
    json_decref(root);
    skip();
  }
  fv_model *model;
  int counts[2];
  if (fv_zoo_build(&model, "EfficientNetLite0", &(fv_zoo_options){.weights = "imagenet"}))
    fail_msg("%s", fv_error_message());
  check_photos(model, json_object_get(root, "photos"), "top5", counts);
  if (STEP == 1) {
    assert_int_equal(counts[0], 50);
    assert_int_equal(counts[1], 53);
  }
  fv_model_destroy(model);
  json_decref(root);
}

/* TensorFlow.js: the photo whole, bilinear; by class numbers. Files of another folder are named with it. */
static fv_model *tfjs_model(const char *name, const char *preprocessing) {
  char path[PATH_SIZE];
  snprintf(path, sizeof path, DATA "%s/model.json", name);
  if (access(path, R_OK)) return NULL;
  fv_model *model;
  if (fv_model_load(&model, path, NULL)) fail_msg("%s", fv_error_message());
  fv_preprocessing p = fv_model_preprocessing(model);
  fv_pair size = p.size;
  assert_int_equal(fv_preprocessing_parse(&p, preprocessing), FV_OK);
  p.size = size;
  snprintf(p.resize, sizeof p.resize, "pil-bilinear");
  assert_int_equal(fv_model_set_preprocessing(model, &p), FV_OK);
  return model;
}

static void mobilenet_of_tensorflow_js(void **state) {
  (void)state;
  json_t *root = golden("real_answers.json");
  fv_model *model = root ? tfjs_model("mobilenet_v1_075_224_tfjs", "tf") : NULL;
  if (!model) {
    json_decref(root);
    skip();
  }
  int counts[2];
  const json_t *answers = json_object_get(root, "mobilenet_v1_075_224_tfjs");
  check_photos(model, json_object_get(answers, "photos"), "top5", counts);
  if (STEP == 1) {
    assert_int_equal(counts[0], 44);
    assert_int_equal(counts[1], 52);
  }
  fv_model_destroy(model);
  json_decref(root);
}

/* Five probabilities for each of six photos, from 8-bit weights. */
static void inception_of_tensorflow_js(void **state) {
  (void)state;
  json_t *root = golden("real_answers.json");
  fv_model *model = root ? tfjs_model("nsfwjs_inception_v3", "scale:1/255") : NULL;
  if (!model) {
    json_decref(root);
    skip();
  }
  const json_t *photos = json_object_get(json_object_get(root, "nsfwjs_inception_v3"), "photos");
  for (size_t i = 0; i < json_array_size(photos); i += STEP) {
    char path[PATH_SIZE];
    const json_t *photo = json_array_get(photos, i);
    snprintf(path, sizeof path, DATA "%s", json_string_value(json_object_get(photo, "file")));
    fv_prediction answer;
    assert_int_equal(fv_predict(model, &(fv_picture){.path = path}, 1, NULL, &answer), FV_OK);
    if (answer.status) fail_msg("%s: %s", path, answer.message);
    assert_int_equal(answer.count, 5);
    for (int k = 0; k < 5; k++) {
      const json_t *list = json_object_get(photo, "probabilities");
      double expected = json_number_value(json_array_get(list, (size_t)answer.top[k].index));
      if (fabs((double)answer.top[k].probability - expected) > 1e-4)
        fail_msg("%s: class %d: expected %.6f, found %.6f", path, answer.top[k].index, expected,
                 (double)answer.top[k].probability);
    }
    fv_prediction_destroy(&answer, 1);
  }
  fv_model_destroy(model);
  json_decref(root);
}

/* Numbers of Darknet's classes among the 1000 wnids in order; output k is line k of its list. */
static void read_darknet_classes(int32_t classes[1000]) {
  static char lines[1000][16];
  char line[200];
  FILE *file = fopen(DATA "imagenet_samples/imagenet_1000_wnid_name.txt", "r");
  assert_non_null(file);
  for (int i = 0; i < 1000; i++) {
    assert_non_null(fgets(line, sizeof line, file));
    snprintf(lines[i], sizeof lines[i], "%.9s", line);
  }
  fclose(file);
  file = fopen(DATA "darknet_tiny_tfjs/imagenet.labels.first1000.list", "r");
  assert_non_null(file);
  for (int k = 0; k < 1000; k++) {
    assert_non_null(fgets(line, sizeof line, file));
    classes[k] = 0;
    while (classes[k] < 1000 && memcmp(lines[classes[k]], line, 9)) classes[k]++;
    assert_true(classes[k] < 1000);
  }
  fclose(file);
}

/* The net gives logits in its own order of classes: they become probabilities of wnids. */
static void soften(fv_prediction *answer, const int32_t classes[1000]) {
  double sum = 0, largest = (double)answer->top[0].probability;
  for (int32_t k = 0; k < answer->count; k++) sum += exp((double)answer->top[k].probability - largest);
  for (int32_t k = 0; k < answer->count; k++) {
    answer->top[k].probability = (float)(exp((double)answer->top[k].probability - largest) / sum);
    answer->top[k].index = classes[answer->top[k].index];
  }
}

static void check_darknet(fv_model *model, const json_t *photos, const char *key, double crop, int top1) {
  int32_t classes[1000];
  int right = 0;
  read_darknet_classes(classes);
  fv_preprocessing p = fv_model_preprocessing(model);
  p.crop = crop;
  assert_int_equal(fv_model_set_preprocessing(model, &p), FV_OK);
  for (size_t i = 0; i < json_array_size(photos); i += STEP) {
    char path[PATH_SIZE];
    const json_t *photo = json_array_get(photos, i);
    snprintf(path, sizeof path, PHOTOS "%s", json_string_value(json_object_get(photo, "file")));
    fv_prediction answer;
    assert_int_equal(fv_predict(model, &(fv_picture){.path = path}, 1, &(fv_predict_options){.top = 1000}, &answer),
                     FV_OK);
    if (answer.status) fail_msg("%s: %s", path, answer.message);
    soften(&answer, classes);
    compare(path, json_object_get(photo, key), &answer);
    right += answer.top[0].index == json_integer_value(json_object_get(photo, "label"));
    fv_prediction_destroy(&answer, 1);
  }
  if (STEP == 1) assert_int_equal(right, top1);
}

static void darknet_of_tensorflow_js(void **state) {
  (void)state;
  json_t *root = golden("real_answers.json");
  fv_model *model = root ? tfjs_model("darknet_tiny_tfjs", "scale:1/255") : NULL;
  if (!model) {
    json_decref(root);
    skip();
  }
  const json_t *photos = json_object_get(json_object_get(root, "darknet_tiny_tfjs"), "photos");
  check_darknet(model, photos, "top5", 0, 35);
  check_darknet(model, photos, "top5_square", 1, 41);
  fv_model_destroy(model);
  json_decref(root);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mobilenet_of_keras_3_bilinear),
      cmocka_unit_test(mobilenet_of_keras_2_nearest),
      cmocka_unit_test(efficientnet_lite0),
      cmocka_unit_test(mobilenet_of_tensorflow_js),
      cmocka_unit_test(inception_of_tensorflow_js),
      cmocka_unit_test(darknet_of_tensorflow_js),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
