/* What files say about training: the optimizer's class, configuration and arrays come with the model when asked for,
 * from every kind of file, and are kept as they are.
 */
#include "formats/format.h"
#include "model/training.h"
#undef fail

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include <fovea/file.h>
#include <fovea/layers.h>
#include <fovea/training.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/files/"
#define SHARED FOVEA_SOURCE_DIR "/../shared/"

static fv_model *load(const char *path) {
  fv_model *model;
  if (fv_model_load(&model, path, &(fv_model_load_options){.with_training = true})) fail_msg("%s", fv_error_message());
  return model;
}

static double number_in(const char *text, const char *key) {
  json_t *json = json_loads(text, 0, NULL);
  double number = json_number_value(json_object_get(json, key));
  json_decref(json);
  return number;
}

/* lenet was trained five steps by SGD with momentum; the sums are h5py's. */
static void expect_lenet(const char *name, int32_t keras, const char *first, const char *last) {
  char path[512];
  snprintf(path, sizeof path, GOLDEN "%s", name);
  fv_model *model = load(path);
  const fv_training *training = fv_model_training(model);
  assert_non_null(training);
  assert_int_equal(training->keras, keras);
  assert_string_equal(training->optimizer, "SGD");
  assert_true(number_in(training->optimizer_config, "momentum") == 0.9);
  assert_true(number_in(training->optimizer_config, "learning_rate") == (double)0.05f);
  json_t *compile = json_loads(training->compile, 0, NULL);
  assert_string_equal(json_string_value(json_object_get(compile, "loss")), "sparse_categorical_crossentropy");
  assert_null(json_object_get(compile, "optimizer"));
  assert_null(json_object_get(compile, "optimizer_config"));
  json_decref(compile);

  const int32_t before = keras == 3 ? 2 : 1; /* the learning rate is a variable of Keras 3 */
  assert_int_equal(training->array_count, before + 10);
  const fv_training_array *arrays = training->arrays;
  assert_string_equal(arrays[0].name, first);
  assert_string_equal(arrays[training->array_count - 1].name, last);
  assert_int_equal(arrays[0].shape.rank, 0);
  assert_null(arrays[0].numbers);
  assert_int_equal(arrays[0].integers[0], 5);
  if (keras == 3) assert_true(arrays[1].numbers[0] == 0.05f);
  for (int32_t i = before; i < training->array_count; i++) {
    fv_shape shape = fv_model_weight(model, i - before).shape;
    assert_true(fv_shape_equal(&arrays[i].shape, &shape));
  }
  assert_true(arrays[before].numbers[0] == -0.0068160556f);
  assert_true(arrays[before + 1].numbers[0] == -0.025960498f);
  assert_true(arrays[before + 4].numbers[0] == 0.0010047917f);
  assert_true(arrays[before + 9].numbers[0] == -0.0045331097f);
  fv_model_destroy(model);
}

static void every_kind_of_file_has_it(void **state) {
  (void)state;
  expect_lenet("lenet.k2.h5", 2, "iteration", "SGD/m/dense_2/bias");
  expect_lenet("lenet.k3.h5", 3, "sgd/iteration", "sgd/lenet_dense_2_bias_momentum");
  expect_lenet("lenet.keras", 3, "0", "11");
}

static void adam_has_two_slots(void **state) {
  (void)state;
  static const char *const names[] = {"adam.k2.h5", "adam.k2.keras", "adam.k3.h5", "adam.keras"};
  if (access(SHARED "golden/files", R_OK)) skip();
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[512];
    snprintf(path, sizeof path, SHARED "golden/files/%s", names[i]);
    fv_model *model = load(path);
    const fv_training *training = fv_model_training(model);
    const int32_t before = training->keras == 3 ? 2 : 1;
    assert_string_equal(training->optimizer, "Adam");
    assert_true(number_in(training->optimizer_config, "beta_2") == 0.999);
    assert_int_equal(training->arrays[0].integers[0], 5);
    assert_int_equal(training->array_count, before + 2 * 8);
    int32_t at = before;
    for (int32_t w = 0; w < fv_model_weight_count(model); w++) {
      fv_weight_info weight = fv_model_weight(model, w);
      if (!weight.trainable) continue;
      assert_true(fv_shape_equal(&training->arrays[at].shape, &weight.shape));
      assert_true(training->arrays[at + 1].numbers[0] >= 0); /* a mean of squares */
      at += 2;
    }
    assert_int_equal(at, training->array_count);
    fv_model_destroy(model);
  }
}

/* Real files: Keras 1 with its own names, Keras 2's optimizers slot by slot, Keras 3's. */
static void real_files_have_it(void **state) {
  (void)state;
  static const struct {
    const char *file, *optimizer;
    int32_t keras, arrays;
  } files[] = {{"dl4j/simple/cnn_tf_model.h5", "Adadelta", 1, 0},
               {"dl4j/keras/optimizers/adagrad.h5", "Adagrad", 2, 0},
               {"dl4j/keras/weights/conv2d_tensorflow_2.h5", "Adam", 2, 0},
               {"misc/Moonflower_MNIST/mnist_model.h5", "Adam", 3, 14},
               {"misc/Moonflower_MNIST/mnist_model.keras", "adam", 3, 14},
               {"misc/gosolna_mnist/mnist_cnn.keras", "Adam", 3, 18}};
  if (access(SHARED "data/keras_h5", R_OK)) skip();
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char path[512];
    snprintf(path, sizeof path, SHARED "data/keras_h5/%s", files[i].file);
    fv_model *model = load(path);
    const fv_training *training = fv_model_training(model);
    assert_non_null(training);
    assert_string_equal(training->optimizer, files[i].optimizer);
    assert_int_equal(training->keras, files[i].keras);
    if (training->array_count != files[i].arrays) fail_msg("%s: %d arrays", files[i].file, (int)training->array_count);
    fv_model_destroy(model);
  }
}

static void it_is_not_read_unasked(void **state) {
  (void)state;
  fv_model *model;
  assert_int_equal(fv_model_load(&model, GOLDEN "lenet.keras", NULL), FV_OK);
  assert_null(fv_model_training(model));
  fv_model_destroy(model);
  model = load(GOLDEN "sequential.keras"); /* never compiled */
  assert_null(fv_model_training(model));
  fv_model_destroy(model);
  assert_int_equal(fv_model_load(&model, GOLDEN "lenet.k3.h5",
                                 &(fv_model_load_options){.without_weights = true, .with_training = true}),
                   FV_OK);
  assert_int_equal(fv_model_training(model)->array_count, 12);
  fv_model_destroy(model);
}

static fv_model *small_model(void) {
  fv_model *model;
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {4});
  assert_int_equal(fv_model_create(&model, g, fv_dense(g, x, .units = 2)), FV_OK);
  return model;
}

static void it_is_set_by_copying(void **state) {
  (void)state;
  fv_model *model = small_model();
  char name[] = "momentum";
  float numbers[] = {1, 2};
  int64_t step = INT64_MAX;
  fv_training_array arrays[] = {{.name = "iteration", .integers = &step},
                                {.name = name, .shape = {.rank = 1, .dims = {2}}, .numbers = numbers}};
  fv_training training = {.keras = 3, .optimizer = "SGD", .array_count = 2, .arrays = arrays};
  assert_int_equal(fv_model_set_training(model, &training), FV_OK);
  numbers[1] = 7;
  name[0] = 'X';
  const fv_training *kept = fv_model_training(model);
  assert_string_equal(kept->arrays[1].name, "momentum");
  assert_true(kept->arrays[1].numbers[1] == 2);
  assert_true(kept->arrays[0].integers[0] == INT64_MAX);
  assert_null(kept->compile);
  arrays[0].numbers = numbers;
  assert_int_equal(fv_model_set_training(model, &training), FV_ERROR_INVALID);
  arrays[0].numbers = NULL;
  arrays[0].name = NULL;
  assert_int_equal(fv_model_set_training(model, &training), FV_ERROR_INVALID);
  assert_ptr_equal(fv_model_training(model), kept);            /* the old stays */
  assert_int_equal(fv_model_set_training(model, kept), FV_OK); /* from itself */
  assert_string_equal(fv_model_training(model)->optimizer, "SGD");
  assert_int_equal(fv_model_set_training(model, NULL), FV_OK);
  assert_null(fv_model_training(model));
  fv_model_destroy(model);
}

/* Damage in what is read only now ends in an error or a model. */
static void damage_is_survived(void **state) {
  (void)state;
  static const char *const names[] = {"lenet.k2.h5", "lenet.keras"};
  for (int n = 0; n < 2; n++) {
    char path[512], *bytes;
    fv__source source;
    snprintf(path, sizeof path, GOLDEN "%s", names[n]);
    assert_int_equal(fv__source_open(&source, path), FV_OK);
    assert_int_equal(fv__source_read_all(&source, &bytes, 1 << 20), FV_OK);
    size_t size = (size_t)source.size;
    fv__source_close(&source);
    const fv__format *format = NULL;
    for (const fv__format *const *f = fv__format_table; *f && !format; f++)
      if ((*f)->probe((const uint8_t *)bytes, FV__PROBE_BYTES)) format = *f;
    assert_non_null(format);
    uint32_t state_of_draws = 1;
    for (int round = 0; round < 300; round++) {
      state_of_draws = state_of_draws * 1664525u + 1013904223u;
      size_t at = (size_t)state_of_draws % size;
      char old = bytes[at];
      bytes[at] = (char)(state_of_draws >> 24);
      fv_model *model;
      fv__source_memory(&source, bytes, size);
      const fv_model_load_options options = {.without_weights = true, .with_training = true};
      fv_status status = format->load(&model, &source, &options);
      assert_true((status == FV_OK) == (model != NULL));
      fv_model_destroy(model);
      bytes[at] = old;
    }
    free(bytes);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_of_file_has_it), cmocka_unit_test(adam_has_two_slots),
      cmocka_unit_test(real_files_have_it),        cmocka_unit_test(it_is_not_read_unasked),
      cmocka_unit_test(it_is_set_by_copying),      cmocka_unit_test(damage_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
