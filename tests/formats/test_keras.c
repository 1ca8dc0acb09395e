/* Keras's files: genuine ones give Keras's outputs; models inside models, shared layers and both dialects; what must be
 * refused, and how it is said.
 * Genuine files are from the golden numbers; those of make_models.py show what these do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/file.h>
#include <fovea/labels.h>
#include <fovea/plan.h>
#include <fovea/preprocessing.h>
#include <fovea/tensor.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/source.h"
#include "formats/format.h"

#define SHARED FOVEA_SOURCE_DIR "/../shared/golden/files/"
#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/files/"

static double relative_rms(const float *values, const fv_tensor *expected) {
  int64_t count = 1;
  for (int32_t i = 0; i < expected->shape.rank; i++) count *= expected->shape.dims[i];
  double difference = 0, size = 0;
  for (int64_t i = 0; i < count; i++) {
    double d = (double)values[i] - (double)expected->data[i];
    difference += d * d;
    size += (double)expected->data[i] * (double)expected->data[i];
  }
  return sqrt(difference / size);
}

/* Array KIND ("in", "out") number `index` of NAME: NAME.in.npy where there is one, else NAME.in0.npy ... */
static const char *folder = GOLDEN;

static fv_tensor read_array(const char *name, const char *kind, int32_t index, int32_t count) {
  char path[512], number[16] = "";
  fv_tensor tensor;
  if (count > 1) snprintf(number, sizeof number, "%d", index);
  snprintf(path, sizeof path, "%s%s.%s%s.npy", folder, name, kind, number);
  if (fv_npy_read(&tensor, path)) fail_msg("%s", fv_error_message());
  return tensor;
}

static size_t bytes_of(const fv_tensor *tensor) {
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, &tensor->shape), FV_OK);
  return (size_t)count * sizeof(float);
}

/* The model's outputs for the inputs of NAME must be NAME's. */
static void expect_outputs_as(fv_model *model, const char *name, const char *kind, const char *what) {
  int32_t inputs = fv_model_input_count(model), outputs = fv_model_output_count(model);
  fv_tensor first = read_array(name, "in", 0, inputs);
  fv_plan *plan;
  if (fv_plan_create(&plan, model, &(fv_plan_options){.batch = (int32_t)first.shape.dims[0], .threads = 1}))
    fail_msg("%s: %s", what, fv_error_message());
  fv_tensor_destroy(&first);
  for (int32_t i = 0; i < inputs; i++) {
    fv_tensor input = read_array(name, "in", i, inputs);
    memcpy(fv_plan_input(plan, i), input.data, bytes_of(&input));
    fv_tensor_destroy(&input);
  }
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  for (int32_t i = 0; i < outputs; i++) {
    fv_tensor output = read_array(name, kind, i, outputs);
    fv_shape shape = fv_plan_output_shape(plan, i);
    assert_true(fv_shape_equal(&shape, &output.shape));
    double error = relative_rms(fv_plan_output(plan, i), &output);
    if (!(error < 2e-6)) fail_msg("%s: output %d: relative rms %g", what, i, error);
    fv_tensor_destroy(&output);
  }
  fv_plan_destroy(plan);
}

static void expect_outputs(fv_model *model, const char *name, const char *what) {
  expect_outputs_as(model, name, "out", what);
}

static const char *const golden_names[] = {"sink_conv", "sink_pool",  "sink_norm",           "sink_merge", "sink_act",
                                           "sink_act3", "sink_shape", "sink_preproc",        "nested",     "sequential",
                                           "lenet",     "adam",       "sequential_deferred", "random_a",   "random_b"};

/* Every golden model in every form; Keras 2's own outputs where they differ from Keras 3's. */
static void all_golden_files_give_keras_outputs(void **state) {
  (void)state;
  static const char *const forms[] = {"k2.h5", "k3.h5", "keras", "k2.keras"};
  if (access(SHARED, R_OK)) skip();
  folder = SHARED;
  int read = 0;
  for (size_t n = 0; n < sizeof golden_names / sizeof golden_names[0]; n++)
    for (int f = 0; f < 4; f++) {
      char path[512], other[512];
      snprintf(path, sizeof path, SHARED "%s.%s", golden_names[n], forms[f]);
      snprintf(other, sizeof other, SHARED "%s.k2.out.npy", golden_names[n]);
      if (access(path, R_OK)) continue;
      fv_model *model;
      if (fv_model_load(&model, path, NULL)) fail_msg("%s", fv_error_message());
      bool is_2 = !strncmp(forms[f], "k2", 2) && !access(other, R_OK);
      expect_outputs_as(model, golden_names[n], is_2 ? "k2.out" : "out", path);
      fv_model_destroy(model);
      read++;
    }
  folder = GOLDEN;
  assert_int_equal(read, 56);
}

/* Both kinds of weights files into the network of the whole file. */
static void all_golden_weights_give_keras_outputs(void **state) {
  (void)state;
  static const char *const forms[] = {"k2.weights.h5", "k3.weights.h5"};
  if (access(SHARED, R_OK)) skip();
  folder = SHARED;
  int read = 0;
  for (size_t n = 0; n < sizeof golden_names / sizeof golden_names[0]; n++)
    for (int f = 0; f < 2; f++) {
      char path[512], other[512];
      fv_model *model;
      snprintf(path, sizeof path, SHARED "%s.%.2s.h5", golden_names[n], forms[f]);
      snprintf(other, sizeof other, SHARED "%s.%.2s.out.npy", golden_names[n], forms[f]);
      if (access(path, R_OK)) continue;
      if (fv_model_load(&model, path, &(fv_model_load_options){.without_weights = true}))
        fail_msg("%s", fv_error_message());
      snprintf(path, sizeof path, SHARED "%s.%s", golden_names[n], forms[f]);
      if (!access(path, R_OK)) {
        if (fv_model_load_weights(model, path)) fail_msg("%s", fv_error_message());
        expect_outputs_as(model, golden_names[n], access(other, R_OK) ? "out" : "k2.out", path);
        read++;
      }
      fv_model_destroy(model);
    }
  folder = GOLDEN;
  assert_int_equal(read, 27);
}

static void whole_models_give_keras_outputs(void **state) {
  (void)state;
  static const char *const files[][2] = {{"lenet", "k2.h5"},
                                         {"lenet", "k3.h5"},
                                         {"lenet", "keras"},
                                         {"sequential", "k2.h5"},
                                         {"sequential", "k3.h5"},
                                         {"sequential", "keras"},
                                         {"sequential", "k2.keras"},
                                         {"sequential_deferred", "k2.h5"},
                                         {"sequential_deferred", "keras"},
                                         {"sink_act3", "k3.h5"},
                                         {"sink_act3", "keras"},
                                         {"nested", "k2.h5"},
                                         {"nested", "k3.h5"},
                                         {"nested", "keras"}};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    char path[512];
    snprintf(path, sizeof path, GOLDEN "%s.%s", files[i][0], files[i][1]);
    fv_model *model;
    if (fv_model_load(&model, path, NULL)) fail_msg("%s", fv_error_message());
    expect_outputs(model, files[i][0], path);
    fv_model_destroy(model);
  }
}

static void weights_alone_fill_a_model(void **state) {
  (void)state;
  static const char *const files[][2] = {{"lenet", "k2.weights.h5"},
                                         {"lenet", "k3.h5"},
                                         {"lenet", "keras"},
                                         {"sequential", "k2.weights.h5"},
                                         {"sequential", "k3.weights.h5"},
                                         {"sequential", "k2.h5"},
                                         {"sequential", "k2.keras"},
                                         {"nested", "k2.h5"},
                                         {"nested", "k3.h5"},
                                         {"nested", "keras"}};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    char path[512];
    fv_model *model;
    snprintf(path, sizeof path, GOLDEN "%s.k2.h5", files[i][0]);
    if (fv_model_load(&model, path, &(fv_model_load_options){.without_weights = true}))
      fail_msg("%s", fv_error_message());
    assert_true(fv_model_weight_data(model, 0)[0] == 0);
    snprintf(path, sizeof path, GOLDEN "%s.%s", files[i][0], files[i][1]);
    if (fv_model_load_weights(model, path)) fail_msg("%s", fv_error_message());
    expect_outputs(model, files[i][0], path);
    fv_model_destroy(model);
  }
}

static void expect_error(fv_status status, fv_status code, const char *words) {
  if (status != code || !strstr(fv_error_message(), words))
    fail_msg("expected %s with '%s', found %s: %s", fv_status_name(code), words, fv_status_name(status),
             fv_error_message());
}

static void errors_say_what_and_where(void **state) {
  (void)state;
  fv_model *model;
  expect_error(fv_model_load(&model, GOLDEN "absent.h5", NULL), FV_ERROR_NOT_FOUND, "absent.h5: no such file");
  assert_null(model);
  expect_error(fv_model_load(&model, GOLDEN, NULL), FV_ERROR_IO, "found a folder");
  expect_error(fv_model_load(&model, GOLDEN "lenet.in.npy", NULL), FV_ERROR_FORMAT, "not a model file");
  expect_error(fv_model_load(&model, GOLDEN "lenet.k2.weights.h5", NULL), FV_ERROR_UNSUPPORTED, "no network");
  expect_error(fv_model_load(&model, FOVEA_SOURCE_DIR "/tests/golden/torch_files/tiny.old.pth", NULL),
               FV_ERROR_UNSUPPORTED, "holds weights and no network");
  expect_error(fv_model_load(&model, GOLDEN "lenet.k2.h5", NULL), FV_OK, "");
  expect_error(fv_model_load_weights(model, GOLDEN "sequential.k2.weights.h5"), FV_ERROR_SHAPE,
               "sequential.k2.weights.h5: conv2d");
  expect_error(fv_model_load_weights(model, GOLDEN "sequential.keras"), FV_ERROR_SHAPE, "expected shape (5, 5, 1, 6)");
  expect_error(fv_model_load_weights(model, FOVEA_SOURCE_DIR "/tests/golden/hdf5/small.h5"), FV_ERROR_FORMAT,
               "layer_names");
  expect_error(fv_model_load_weights(model, FOVEA_SOURCE_DIR "/tests/golden/torch_files/tiny.old.pth"),
               FV_ERROR_NOT_FOUND, "tiny.old.pth: conv2d/kernel: the file has no tensor for it");
  fv_model_destroy(model);
}

static void hostile_models_are_refused(void **state) {
  (void)state;
  fv_model *model;
  expect_error(fv_model_load(&model, GOLDEN "bad_nan.h5", NULL), FV_ERROR_NUMBERS,
               "bad_nan.h5: dense/kernel: element 7 is not a number");
  expect_error(fv_model_load(&model, GOLDEN "bad_shape.h5", NULL), FV_ERROR_SHAPE,
               "bad_shape.h5: dense/kernel: expected shape (12, 2), found (12, 1)");
  expect_error(fv_model_load(&model, GOLDEN "bad_units.h5", NULL), FV_ERROR_SHAPE, "dense/kernel: expected shape");
  expect_error(fv_model_load(&model, GOLDEN "bad_json.h5", NULL), FV_ERROR_FORMAT, "nested deeper than 64");
  expect_error(fv_model_load(&model, GOLDEN "bad_feeding.h5", NULL), FV_ERROR_FORMAT, "attribute fovea");
  expect_error(fv_model_load(&model, GOLDEN "bad_class.h5", NULL), FV_ERROR_UNSUPPORTED,
               "bad_class.h5: odd: class 'Mystery' is not supported; supported are Activation, A");
  expect_error(fv_model_load(&model, GOLDEN "bad_option.h5", NULL), FV_ERROR_UNSUPPORTED,
               "bad_option.h5: odd: option surprise: 7 is not supported");
  assert_null(model);
  expect_error(fv_model_load(&model, GOLDEN "nested.keras", NULL), FV_OK, "");
  expect_error(fv_model_load_weights(model, GOLDEN "sequential.k3.weights.h5"), FV_ERROR_NOT_FOUND,
               "the file has no layer of this name");
  expect_error(fv_model_load_weights(model, GOLDEN "sequential.k2.keras"), FV_ERROR_UNSUPPORTED, "load the whole file");
  fv_model_destroy(model);
}

extern const fv__format fv__format_keras_h5;

/* The size in a contiguous tensor's layout message (version 3, class 1, address, size) is made 3. */
static void a_short_tensor_is_named(void **state) {
  (void)state;
  char *bytes;
  fv__source source;
  assert_int_equal(fv__source_open(&source, GOLDEN "tiny.h5"), FV_OK);
  assert_int_equal(fv__source_read_all(&source, &bytes, 1 << 20), FV_OK);
  size_t size = (size_t)source.size, found = 0;
  fv__source_close(&source);
  for (size_t i = 0; i + 18 < size; i++)
    if (bytes[i] == 3 && bytes[i + 1] == 1 && !memcmp(bytes + i + 10, "\x60\0\0\0\0\0\0\0", 8)) {
      bytes[i + 10] = 3;
      found++;
    }
  assert_int_equal(found, 1);
  const fv_model_load_options options = {.without_weights = false};
  fv_model *model;
  fv__source_memory(&source, bytes, size);
  assert_int_equal(fv__format_keras_h5.load(&model, &source, &options), FV_ERROR_FORMAT);
  assert_string_equal(fv_error_message(), "dense/kernel: expected 96 bytes, found 3");
  free(bytes);
}

static void feeding_comes_with_the_file(void **state) {
  (void)state;
  static const char *const names[] = {"tiny.h5", "tiny.keras"};
  for (int i = 0; i < 2; i++) {
    char path[512];
    fv_model *model;
    snprintf(path, sizeof path, GOLDEN "%s", names[i]);
    if (fv_model_load(&model, path, NULL)) fail_msg("%s", fv_error_message());
    assert_string_equal(fv_model_name(model), "tiny");
    fv_preprocessing preprocessing = fv_model_preprocessing(model);
    assert_int_equal(preprocessing.mode, FV_PREPROCESSING_OWN);
    assert_true(preprocessing.scale == 0.5 && preprocessing.mean[1] == 2 && preprocessing.std[2] == 2);
    assert_int_equal(fv_model_label_count(model), 2);
    assert_string_equal(fv_model_label(model, 1).name, "dog");
    assert_true(fv_model_weight_data(model, 0)[23] == 23.0f / 8);
    fv_model_destroy(model);
  }
}

static void nested_models_keep_their_names(void **state) {
  (void)state;
  fv_model *model;
  if (fv_model_load(&model, GOLDEN "nested.k3.h5", NULL)) fail_msg("%s", fv_error_message());
  int32_t index = fv_model_find_layer(model, "inner/inner_conv");
  assert_true(index >= 0);
  assert_int_equal(fv_model_layer(model, index).node_count, 3);
  assert_int_equal(fv_model_layer(model, fv_model_find_layer(model, "shared")).node_count, 2);
  assert_int_equal(fv_model_input_count(model), 2);
  assert_string_equal(fv_model_input_name(model, 0), "left");
  assert_string_equal(fv_model_input_name(model, 1), "right");
  assert_string_equal(fv_model_output_name(model, 0), "score");
  assert_string_equal(fv_model_output_name(model, 1), "map");
  fv_model_destroy(model);
}

static void formats_are_listed(void **state) {
  (void)state;
  int32_t count = 0;
  for (const fv_file_format *format; (format = fv_file_format_at(count)) != NULL; count++) {
    assert_non_null(format->name);
    assert_non_null(strchr(format->extensions, '.'));
  }
  assert_true(count >= 3);
  assert_null(fv_file_format_at(-1));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_models_give_keras_outputs),     cmocka_unit_test(weights_alone_fill_a_model),
      cmocka_unit_test(all_golden_files_give_keras_outputs), cmocka_unit_test(all_golden_weights_give_keras_outputs),
      cmocka_unit_test(hostile_models_are_refused),          cmocka_unit_test(a_short_tensor_is_named),
      cmocka_unit_test(feeding_comes_with_the_file),         cmocka_unit_test(nested_models_keep_their_names),
      cmocka_unit_test(errors_say_what_and_where),           cmocka_unit_test(formats_are_listed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
