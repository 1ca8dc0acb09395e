/* Every layer of ../shared/golden/layers against Keras in double precision: the output, the gradients of all inputs and
 * weights of sum(output * upstream), moving statistics; with one thread and three, at every CPU level. */
#include <fovea/fovea.h>

#include "graph/train.h"
#include "model/model.h"
#include "support/golden.h"

#undef fail

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER FOVEA_SOURCE_DIR "/../shared/golden/layers"

static const double ALLOWED = 2e-6; /* relative rms */

static int compared; /* arrays of the case */

/* Numbers against FOLDER/name/file.npy; a file that is not there is not compared. */
static void expect_file(const char *name, const char *file, const float *found, int64_t count) {
  char path[1024];
  snprintf(path, sizeof path, FOLDER "/%s/%s.npy", name, file);
  FILE *there = fopen(path, "rb");
  if (!there) return;
  fclose(there);
  fv_tensor expected;
  int64_t elements;
  assert_int_equal(fv_npy_read(&expected, path), FV_OK);
  assert_int_equal(fv_shape_elements(&elements, &expected.shape), FV_OK);
  if (elements != count) fail_msg("%s: %s has %d numbers, not %d", name, file, (int)elements, (int)count);
  const double error = golden_relative_rms(found, expected.data, count);
  if (!(error <= ALLOWED)) fail_msg("%s: %s is off by %.2g at %s", name, file, error, fv_cpu_name(fv_cpu()));
  fv_tensor_destroy(&expected);
  compared++;
}

static int64_t elements_of(fv_shape shape) {
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, &shape), FV_OK);
  return count;
}

static void expect_gradients(const char *name, fv_plan *plan, const fv_model *model) {
  for (int32_t i = 0; i < fv_model_input_count(model); i++) {
    char file[64];
    snprintf(file, sizeof file, "grad_%s", fv_model_input_name(model, i));
    expect_file(name, file, fv__plan_input_gradient(plan, i), elements_of(fv_plan_input_shape(plan, i)));
  }
  int32_t places;
  int64_t length;
  const fv__gradient_place *place = fv__plan_gradient_places(plan, &places);
  const float *gradients = fv__plan_gradients(plan, &length);
  for (int32_t p = 0; p < places; p++) {
    char file[64];
    snprintf(file, sizeof file, "grad_%s", fv_model_weight(model, place[p].weight).name);
    expect_file(name, file, gradients + place[p].offset, place[p].count);
  }
}

static void expect_moving(const char *name, fv_model *model) {
  for (int32_t w = 0; w < fv_model_weight_count(model); w++) {
    const fv_weight_info info = fv_model_weight(model, w);
    char file[64];
    snprintf(file, sizeof file, "%s_after", info.name);
    expect_file(name, file, fv_model_weight_data(model, w), elements_of(info.shape));
  }
}

/* Keras's "training=False" of layers that behave otherwise in training: frozen ones. */
static void freeze(const fv_model *model) {
  const fv_graph *graph = model->core->graph;
  for (int32_t i = 0; i < graph->layer_count; i++) {
    graph->layers[i].frozen = true;
    for (int32_t w = 0; w < graph->layers[i].weight_count; w++) graph->layers[i].weights[w].trainable = false;
  }
}

static void run_case(const char *name, json_t *info, int32_t threads) {
  fv_model *model;
  fv_plan *plan;
  assert_int_equal(golden_layer_model(&model, info), FV_OK);
  golden_fill_weights(model, info);
  const char *layer = json_string_value(json_object_get(info, "layer"));
  if (strcmp(layer, "BatchNormalization") == 0 && json_is_false(json_object_get(info, "training"))) freeze(model);
  const json_t *first = json_object_iter_value(json_object_iter(json_object_get(info, "inputs")));
  const fv_plan_options options = {.batch = (int32_t)json_integer_value(json_array_get(first, 0)),
                                   .threads = threads,
                                   .accuracy = FV_ACCURACY_EXACT};
  if (fv__plan_create_training(&plan, model->core, &options, &(fv__training_options){.input_gradients = true}))
    fail_msg("%s: %s", name, fv_error_message());
  golden_fill_inputs(plan, model, info);
  fv__plan_forward(plan, (fv__draw){0});
  const int64_t count = elements_of(fv_plan_output_shape(plan, 0));
  compared = 0;
  expect_file(name, "output", fv_plan_output(plan, 0), count);
  fv_tensor upstream;
  char path[1024];
  snprintf(path, sizeof path, FOLDER "/%s/upstream.npy", name);
  assert_int_equal(fv_npy_read(&upstream, path), FV_OK);
  memcpy(fv__plan_seed(plan, 0).gradient, upstream.data, (size_t)count * sizeof(float));
  fv__plan_backward(plan, false);
  expect_gradients(name, plan, model);
  expect_moving(name, model);
  assert_true(compared >= 2);
  fv_tensor_destroy(&upstream);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

static void all_cases(const json_t *names) {
  int count = 0;
  size_t at;
  json_t *name;
  json_array_foreach(names, at, name) {
    char path[1024];
    snprintf(path, sizeof path, FOLDER "/%s/case.json", json_string_value(name));
    json_t *info = json_load_file(path, 0, NULL);
    assert_non_null(info);
    if (!json_object_get(info, "loss")) run_case(json_string_value(name), info, count++ % 2 ? 1 : 3);
    json_decref(info);
  }
  assert_true(count > 60);
}

static void cases(void **state) {
  (void)state;
  json_t *index = json_load_file(FOLDER "/index.json", 0, NULL);
  if (!index) skip();
  for (int level = 0; level <= (int)fv_cpu_best(); level++) {
    assert_int_equal(fv_cpu_set_level((fv_cpu_level)level), FV_OK);
    all_cases(json_object_get(index, "cases"));
  }
  json_decref(index);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(cases)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
