/* Preprocessing and class names: words, what is known by name, JSON in and out, labels files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <fovea/labels.h>
#include <fovea/layers.h>
#include <fovea/preprocessing.h>

/* A classifier with this name, input side (-1: any), channels and classes. */
static fv_model *classifier(const char *name, int32_t side, int32_t channels, int32_t classes) {
  fv_graph *g = fv_graph_create();
  fv_graph_set_name(g, name);
  fv_value x = fv_input(g, .shape = {side, side, channels});
  x = fv_global_average_pooling2d(g, x);
  x = fv_dense(g, x, .units = classes, .activation = "softmax");
  fv_model *model = NULL;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  return model;
}

static void test_words(void **state) {
  (void)state;
  fv_preprocessing p;
  assert_int_equal(fv_preprocessing_parse(&p, "caffe"), FV_OK);
  assert_int_equal(p.channels, FV_CHANNELS_BGR);
  assert_true(p.mean[0] == 103.939 && p.mean[2] == 123.68 && p.scale == 1);
  assert_int_equal(fv_preprocessing_parse(&p, "lite"), FV_OK);
  assert_string_equal(p.resize, "pil-bicubic");
  assert_true(p.crop == 0.875 && p.std[1] == 128);
  assert_int_equal(fv_preprocessing_parse(&p, "scale:1/255"), FV_OK);
  assert_int_equal(p.mode, FV_PREPROCESSING_OWN);
  assert_true(p.scale == 1 / 255.0);
  assert_int_equal(fv_preprocessing_parse(&p, "vgg"), FV_ERROR_INVALID);
  assert_non_null(strstr(fv_error_message(), "caffe"));
  assert_int_equal(fv_preprocessing_parse(&p, "scale:"), FV_ERROR_INVALID);
  assert_int_equal(fv_preprocessing_parse(&p, "unset"), FV_ERROR_INVALID);
}

static void test_known_by_name(void **state) {
  (void)state;
  static const struct {
    const char *name;
    fv_preprocessing_mode mode;
    int32_t size;
  } cases[] = {{"mobilenet_0.75_224", FV_PREPROCESSING_TF, 224},
               {"mobilenet_flowers", FV_PREPROCESSING_UNSET, 0},
               {"vgg16", FV_PREPROCESSING_CAFFE, 224},
               {"inception_v3", FV_PREPROCESSING_TF, 299},
               {"mobilenetv2_1.00_224", FV_PREPROCESSING_TF, 224},
               {"densenet121", FV_PREPROCESSING_TORCH, 224},
               {"EfficientNetLite0", FV_PREPROCESSING_LITE, 224},
               {"model_1", FV_PREPROCESSING_UNSET, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fv_model *model = classifier(cases[i].name, -1, 3, 10);
    fv_preprocessing p = fv_model_preprocessing(model);
    assert_int_equal(p.mode, cases[i].mode);
    assert_int_equal(p.size.height, cases[i].size);
    assert_int_equal(fv_model_label_count(model), 0); /* ten outputs are not ImageNet's */
    fv_model_destroy(model);
  }
}

static void test_imagenet_labels(void **state) {
  (void)state;
  fv_model *model = classifier("vgg16", 224, 3, 1000);
  assert_int_equal(fv_model_label_count(model), 1000);
  assert_string_equal(fv_model_label(model, 0).wnid, "n01440764");
  assert_string_equal(fv_model_label(model, 0).name, "tench");
  assert_string_equal(fv_model_label(model, 999).name, "toilet_tissue");
  assert_string_equal(fv_model_label(model, 1000).name, "");
  assert_string_equal(fv_model_label(model, -1).wnid, "");
  for (int i = 1; i < 1000; i++) assert_true(strcmp(fv_imagenet_label(i - 1).wnid, fv_imagenet_label(i).wnid) < 0);
  fv_model_destroy(model);
}

static void test_text_round_trip(void **state) {
  (void)state;
  fv_model *first = classifier("net", 32, 3, 2), *second = classifier("other", 32, 3, 2);
  char *text;
  assert_int_equal(fv_model_feeding_text(&text, first), FV_OK);
  assert_null(text);
  fv_preprocessing p = {.mode = FV_PREPROCESSING_OWN,
                        .resize = "pil-lanczos",
                        .crop = 0.5,
                        .channels = FV_CHANNELS_BGR,
                        .scale = 1 / 255.0,
                        .mean = {0.1, 0.2, 0.3},
                        .std = {1, 2, 4}};
  assert_int_equal(fv_model_set_preprocessing(first, &p), FV_OK);
  assert_int_equal(fv_model_set_labels(first, (fv_label[]){{NULL, "cat \"tom\""}, {"n1", "h\xc3\xbcndin"}}, 2), FV_OK);
  assert_int_equal(fv_model_feeding_text(&text, first), FV_OK);
  assert_int_equal(fv_model_set_feeding_text(second, text), FV_OK);
  free(text);
  fv_preprocessing q = fv_model_preprocessing(second);
  assert_int_equal(q.mode, FV_PREPROCESSING_OWN);
  assert_string_equal(q.resize, "pil-lanczos");
  assert_int_equal(q.channels, FV_CHANNELS_BGR);
  assert_int_equal(q.size.width, 32);
  assert_true(q.crop == 0.5 && q.scale == p.scale && q.mean[1] == 0.2 && q.std[2] == 4);
  assert_string_equal(fv_model_label(second, 0).name, "cat \"tom\"");
  assert_string_equal(fv_model_label(second, 1).wnid, "n1");
  fv_model_destroy(first);
  fv_model_destroy(second);
}

static void test_bad_text(void **state) {
  (void)state;
  static const struct {
    const char *text;
    fv_status status;
    const char *word; /* that the message holds */
  } cases[] = {{"", FV_ERROR_FORMAT, "JSON"},
               {"[]", FV_ERROR_FORMAT, "version"},
               {"{\"version\": 2}", FV_ERROR_UNSUPPORTED, "found 2"},
               {"{\"version\": 1, \"mode\": \"tensor\"}", FV_ERROR_FORMAT, "mode"},
               {"{\"version\": 1, \"mode\": 7}", FV_ERROR_FORMAT, "mode"},
               {"{\"version\": 1, \"mode\": \"tf\", \"mode\": \"tf\"}", FV_ERROR_FORMAT, "duplicate"},
               {"{\"version\": 1, \"mode\": \"tf\", \"size\": [224]}", FV_ERROR_FORMAT, "size"},
               {"{\"version\": 1, \"mode\": \"tf\", \"size\": [224, 1e9]}", FV_ERROR_FORMAT, "size"},
               {"{\"version\": 1, \"mode\": \"tf\", \"crop\": 1.5}", FV_ERROR_FORMAT, "range"},
               {"{\"version\": 1, \"mode\": \"own\", \"std\": [1, 0, 1]}", FV_ERROR_FORMAT, "range"},
               {"{\"version\": 1, \"mode\": \"own\", \"mean\": [1, \"x\", 1]}", FV_ERROR_FORMAT, "mean"},
               {"{\"version\": 1, \"mode\": \"tf\", \"resize\": \"a method with a name without end\"}", FV_ERROR_FORMAT,
                "resize"},
               {"{\"version\": 1, \"mode\": \"tf\", \"channels\": \"rbg\"}", FV_ERROR_FORMAT, "channels"},
               {"{\"version\": 1, \"labels\": []}", FV_ERROR_FORMAT, "labels"},
               {"{\"version\": 1, \"labels\": [\"a\", 3]}", FV_ERROR_FORMAT, "class 1"},
               {"{\"version\": 1, \"labels\": [\"a\", \"b\", \"c\"]}", FV_ERROR_INVALID, "2 classes, found 3"},
               {"{\"version\": 1, \"labels\": \"imagenet\"}", FV_ERROR_INVALID, "found 1000"}};
  fv_model *model = classifier("net", 32, 3, 2);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(fv_model_set_feeding_text(model, cases[i].text), cases[i].status);
    if (!strstr(fv_error_message(), cases[i].word)) fail_msg("%s: %s", cases[i].text, fv_error_message());
    assert_int_equal(fv_model_preprocessing(model).mode, FV_PREPROCESSING_UNSET);
    assert_int_equal(fv_model_label_count(model), 0);
  }
  fv_model_destroy(model);
}

static fv_status read_labels(fv_model *model, const char *text) {
  char path[] = "/tmp/fovea-labels-XXXXXX";
  int file = mkstemp(path);
  assert_true(file >= 0);
  assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
  close(file);
  fv_status status = fv_model_read_labels(model, path);
  unlink(path);
  return status;
}

static void test_labels_file(void **state) {
  (void)state;
  fv_model *model = classifier("net", 32, 3, 2);
  assert_int_equal(read_labels(model, "cat\r\nbig dog\r\n\r\n"), FV_OK);
  assert_string_equal(fv_model_label(model, 1).name, "big dog");
  assert_string_equal(fv_model_label(model, 1).wnid, "");
  assert_int_equal(read_labels(model, "n01440764 tench\nn01443537\tgold fish"), FV_OK);
  assert_string_equal(fv_model_label(model, 0).wnid, "n01440764");
  assert_string_equal(fv_model_label(model, 1).name, "gold fish");
  assert_int_equal(read_labels(model, "{\"1\": [\"n2\", \"b\"], \"0\": [\"n1\", \"a\"]}"), FV_OK);
  assert_string_equal(fv_model_label(model, 1).wnid, "n2");
  assert_int_equal(read_labels(model, " [\"x\", \"y\"]"), FV_OK);
  assert_string_equal(fv_model_label(model, 0).name, "x");
  assert_int_equal(read_labels(model, "one\ntwo\nthree\n"), FV_ERROR_INVALID);
  assert_non_null(strstr(fv_error_message(), "found 3"));
  assert_int_equal(read_labels(model, "{\"0\": \"a\", \"2\": \"b\"}"), FV_ERROR_FORMAT);
  assert_int_equal(read_labels(model, "\n\n"), FV_ERROR_FORMAT);
  assert_string_equal(fv_model_label(model, 0).name, "x"); /* failures change nothing */
  assert_int_equal(fv_model_read_labels(model, "/nonexistent/labels"), FV_ERROR_NOT_FOUND);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_words),           cmocka_unit_test(test_known_by_name),
      cmocka_unit_test(test_imagenet_labels), cmocka_unit_test(test_text_round_trip),
      cmocka_unit_test(test_bad_text),        cmocka_unit_test(test_labels_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
