/* Broken model files, taken as they are: what can be had comes, what cannot is named; and other loads refuse them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <fovea/fovea.h>

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/files/"

static fv_model *load(const char *name) {
  char path[400];
  fv_model *model;
  snprintf(path, sizeof path, GOLDEN "%s", name);
  if (fv_model_load(&model, path, &(fv_model_load_options){.as_it_is = true})) fail_msg("%s", fv_error_message());
  return model;
}

/* The flaw of a layer, NULL for all; exactly one. */
static fv_flaw flaw_of(const fv_model *model, const char *layer) {
  fv_flaw found = {.status = FV_OK};
  for (int32_t i = 0; i < fv_model_flaw_count(model); i++) {
    const fv_flaw flaw = fv_model_flaw(model, i);
    if (layer ? !flaw.layer || strcmp(flaw.layer, layer) != 0 : flaw.layer != NULL) continue;
    assert_int_equal(found.status, FV_OK);
    found = flaw;
  }
  if (!found.status) fail_msg("no flaw of %s", layer ? layer : "all");
  return found;
}

static const float *numbers_of(fv_model *model, const char *path) {
  for (int32_t i = 0; i < fv_model_weight_count(model); i++)
    if (!strcmp(fv_model_weight(model, i).path, path)) return fv_model_weight_data(model, i);
  fail_msg("no weight %s", path);
  return NULL;
}

static void test_whole_models_have_none(void **state) {
  (void)state;
  fv_model *model = load("tiny.h5");
  assert_int_equal(fv_model_flaw_count(model), 0);
  fv_model_destroy(model);
}

static void test_numbers_that_are_not_finite(void **state) {
  (void)state;
  fv_model *model = load("bad_nan.h5");
  const fv_flaw flaw = flaw_of(model, "dense");
  assert_int_equal(fv_model_flaw_count(model), 1);
  assert_int_equal(flaw.status, FV_ERROR_NUMBERS);
  assert_null(flaw.kind);
  assert_non_null(strstr(flaw.sentence, "dense/kernel: element 7 is not a number"));
  const float *kernel = numbers_of(model, "dense/kernel");
  for (int i = 0; i < 24; i++) assert_true(i == 7 ? isnan(kernel[i]) : kernel[i] == (float)i / 8);
  fv_model_destroy(model);
}

static void test_weights_of_another_shape(void **state) {
  (void)state;
  fv_model *model = load("bad_shape.h5");
  const fv_flaw flaw = flaw_of(model, "dense");
  assert_int_equal(flaw.status, FV_ERROR_SHAPE);
  assert_true(isnan(numbers_of(model, "dense/kernel")[0]) && isnan(numbers_of(model, "dense/kernel")[23]));
  fv_model_destroy(model);
}

static void test_unknown_layers_and_options(void **state) {
  (void)state;
  static const char *const files[] = {"bad_class.h5", "bad_option.h5"}, *const kinds[] = {"Mystery", "ReLU"};
  for (int i = 0; i < 2; i++) {
    fv_model *model = load(files[i]);
    const fv_flaw flaw = flaw_of(model, "odd");
    assert_int_equal(flaw.status, FV_ERROR_UNSUPPORTED);
    assert_string_equal(flaw.kind, kinds[i]);
    assert_int_equal(flaw.source_count, 1);
    assert_string_equal(flaw.sources[0], "in");
    assert_int_equal(fv_model_layer_count(model), 1); /* the input: all others read the layer that is missing */
    fv_model_destroy(model);
  }
}

/* Both of Keras's containers: one that finds weights by layer, and one by class. */
static void test_a_network_in_part(void **state) {
  (void)state;
  static const char *const files[] = {"bad_layers.h5", "bad_layers.keras"};
  for (int i = 0; i < 2; i++) {
    fv_model *model = load(files[i]);
    const fv_flaw odd = flaw_of(model, "odd"), before = flaw_of(model, "before"), beside = flaw_of(model, "beside");
    assert_int_equal(fv_model_flaw_count(model), 3);
    assert_int_equal(odd.source_count, 1);
    assert_string_equal(odd.sources[0], "before");
    assert_int_equal(before.status, FV_ERROR_NUMBERS);
    assert_int_equal(beside.status, FV_ERROR_NOT_FOUND);
    /* The output that is left comes first, then where the other one ends now. */
    assert_int_equal(fv_model_output_count(model), 3);
    assert_string_equal(fv_model_output_name(model, 0), "shallow");
    assert_int_equal(fv_model_find_layer(model, "after"), -1);
    assert_int_equal(fv_model_find_layer(model, "sum"), -1);
    assert_true(isinf(numbers_of(model, "before/kernel")[2]));
    assert_true(numbers_of(model, "shallow/kernel")[5] == 2);
    for (int k = 0; k < 6; k++) assert_true(isnan(numbers_of(model, "beside/kernel")[k]));
    fv_model_destroy(model);
    char path[400];
    snprintf(path, sizeof path, GOLDEN "%s", files[i]);
    assert_int_equal(fv_model_load(&model, path, NULL), FV_ERROR_UNSUPPORTED);
    assert_null(model);
  }
}

/* What runs in the part that is whole is right. */
static void test_the_part_runs(void **state) {
  (void)state;
  fv_model *model = load("bad_layers.h5");
  fv_plan *plan;
  assert_int_equal(fv_plan_create(&plan, model, NULL), FV_OK);
  float *picture = fv_plan_input(plan, 0);
  for (int i = 0; i < 48; i++) picture[i] = (float)i;
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  const bool is_swapped = strcmp(fv_model_output_name(model, 1), "before") != 0;
  const float *shallow = fv_plan_output(plan, 0), *before = fv_plan_output(plan, is_swapped ? 2 : 1),
              *beside = fv_plan_output(plan, is_swapped ? 1 : 2);
  for (int p = 0; p < 16; p++) {
    const float sum = picture[3 * p] + picture[3 * p + 1] + picture[3 * p + 2];
    assert_true(shallow[2 * p] == 2 * sum);
    assert_true(!isfinite(before[2 * p]));
    assert_true(before[2 * p + 1] == sum);
    assert_true(isnan(beside[2 * p]));
  }
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

/* Weights alone, into a model that is there; the next load refuses again. */
static void test_weights_alone(void **state) {
  (void)state;
  char path[] = "/tmp/fovea-flaws-XXXXXX.safetensors";
  const int descriptor = mkstemps(path, 12);
  assert_true(descriptor >= 0);
  close(descriptor);
  fv_model *model;
  assert_int_equal(fv_model_load(&model, GOLDEN "tiny.h5", NULL), FV_OK);
  fv_model_weight_data(model, 0)[3] = INFINITY;
  assert_int_equal(fv_model_save(model, path, NULL), FV_OK);
  assert_int_equal(fv_model_load_weights(model, path), FV_ERROR_NUMBERS);
  assert_int_equal(fv_model_load_weights_with(model, path, &(fv_weights_options){.as_it_is = true}), FV_OK);
  assert_int_equal(fv_model_flaw_count(model), 1);
  assert_int_equal(flaw_of(model, "dense").status, FV_ERROR_NUMBERS);
  assert_int_equal(fv_model_load_weights(model, path), FV_ERROR_NUMBERS);
  fv_model_destroy(model);
  unlink(path);
}

/* Gigabytes of NaN for a file of a few bytes are refused. */
static void test_nothing_is_made_of_nothing(void **state) {
  (void)state;
  fv_model *model;
  assert_int_not_equal(fv_model_load(&model, GOLDEN "bad_units.h5", &(fv_model_load_options){.as_it_is = true}), FV_OK);
  assert_null(model);
  assert_int_not_equal(fv_model_load(&model, GOLDEN "bad_json.h5", &(fv_model_load_options){.as_it_is = true}), FV_OK);
  assert_null(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_whole_models_have_none),
      cmocka_unit_test(test_numbers_that_are_not_finite),
      cmocka_unit_test(test_weights_of_another_shape),
      cmocka_unit_test(test_unknown_layers_and_options),
      cmocka_unit_test(test_a_network_in_part),
      cmocka_unit_test(test_the_part_runs),
      cmocka_unit_test(test_weights_alone),
      cmocka_unit_test(test_nothing_is_made_of_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
