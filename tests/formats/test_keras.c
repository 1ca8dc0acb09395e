/* Keras's files: genuine ones give Keras's outputs; models inside models, shared layers and both dialects; what must be
 * refused, and how it is said.
 *
 * The files in tests/golden/files are there always; those of ../shared/golden/files are read where they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/file.h>
#include <fovea/plan.h>
#include <fovea/preprocessing.h>
#include <fovea/tensor.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/source.h"
#include "formats/format.h"

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/files/"
#define SHARED FOVEA_SOURCE_DIR "/../shared/golden/files/"

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

/* The model's one output for NAME.in.npy must be NAME.out.npy. */
static void expect_outputs(fv_model *model, const char *folder, const char *name, const char *what) {
  char path[512];
  fv_tensor input, output;
  snprintf(path, sizeof path, "%s%s.in.npy", folder, name);
  if (fv_npy_read(&input, path)) fail_msg("%s", fv_error_message());
  snprintf(path, sizeof path, "%s%s.out.npy", folder, name);
  if (fv_npy_read(&output, path)) fail_msg("%s", fv_error_message());
  fv_plan *plan;
  if (fv_plan_create(&plan, model, &(fv_plan_options){.batch = (int32_t)input.shape.dims[0], .threads = 1}))
    fail_msg("%s: %s", what, fv_error_message());
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, &input.shape), FV_OK);
  memcpy(fv_plan_input(plan, 0), input.data, (size_t)count * sizeof(float));
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  fv_shape shape = fv_plan_output_shape(plan, 0);
  assert_true(fv_shape_equal(&shape, &output.shape));
  double error = relative_rms(fv_plan_output(plan, 0), &output);
  if (!(error < 2e-6)) fail_msg("%s: relative rms %g", what, error);
  fv_plan_destroy(plan);
  fv_tensor_destroy(&input);
  fv_tensor_destroy(&output);
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
                                         {"sink_act3", "keras"}};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    char path[512];
    snprintf(path, sizeof path, GOLDEN "%s.%s", files[i][0], files[i][1]);
    fv_model *model;
    if (fv_model_load(&model, path, NULL)) fail_msg("%s", fv_error_message());
    expect_outputs(model, GOLDEN, files[i][0], path);
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
                                         {"sequential", "k2.keras"}};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    char path[512];
    fv_model *model;
    snprintf(path, sizeof path, GOLDEN "%s.k2.h5", files[i][0]);
    if (fv_model_load(&model, path, &(fv_model_load_options){.without_weights = true}))
      fail_msg("%s", fv_error_message());
    assert_true(fv_model_weight_data(model, 0)[0] == 0);
    snprintf(path, sizeof path, GOLDEN "%s.%s", files[i][0], files[i][1]);
    if (fv_model_load_weights(model, path)) fail_msg("%s", fv_error_message());
    expect_outputs(model, GOLDEN, files[i][0], path);
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

/* Files damaged at random, cut, and mixed up must end in an error or a model, never worse. */
static void damage_is_survived(void **state) {
  (void)state;
  static const char *const names[] = {"sequential.k2.h5", "sequential.keras", "sequential.k3.h5"};
  for (int n = 0; n < 3; n++) {
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
    uint8_t *damaged = malloc(size);
    uint64_t draws = fv__rng_state(names[n], 1), draw = 0;
    int loaded = 0;
    for (int round = 0; round < 700; round++) {
      memcpy(damaged, bytes, size);
      for (int i = 0; i <= round % 3; i++) {
        uint64_t bits = fv__rng_bits(draws, draw++);
        damaged[(bits >> 8) % size] = (uint8_t)bits;
      }
      fv_model *model;
      fv_model_load_options options = {0};
      fv__source_memory(&source, damaged, round % 7 ? size : (size_t)round * size / 700);
      if (!format->load(&model, &source, &options)) loaded++;
      fv_model_destroy(model);
    }
    assert_true(loaded > 0); /* most bytes are weights */
    free(damaged);
    free(bytes);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_models_give_keras_outputs),
      cmocka_unit_test(weights_alone_fill_a_model),
      cmocka_unit_test(errors_say_what_and_where),
      cmocka_unit_test(formats_are_listed),
      cmocka_unit_test(damage_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
