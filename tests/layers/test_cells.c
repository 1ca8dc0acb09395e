/* S and C cells against numbers of the formulas of 1980, computed by another program in double precision, in a geometry
 * of its own: 16x16, three modules of 24 planes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/golden.h"

enum { STAGES = 3, PLANES = 24 };

static double number(const json_t *object, const char *name) {
  return json_number_value(json_object_get(object, name));
}

static fv_model *build(const json_t *reference) {
  fv_graph *graph = fv_graph_create();
  fv_value x = fv_input(graph, .name = "input", .shape = {16, 16, 1});
  for (int i = 0; i < STAGES; i++) {
    const json_t *stage = json_array_get(json_object_get(reference, "stages"), (size_t)i);
    char s[8], c[8];
    snprintf(s, sizeof s, "s%d", i + 1);
    snprintf(c, sizeof c, "c%d", i + 1);
    x = fv_simple_cells2d(graph, x, .name = s, .planes = PLANES, .selectivity = number(stage, "r"),
                          .decay = number(stage, "gamma"));
    x = fv_complex_cells2d(graph, x, .name = c, .whole = i == STAGES - 1, .decay = number(stage, "delta"),
                           .gain = number(stage, "gain"), .saturation = number(reference, "alpha"));
  }
  fv_model *model;
  if (fv_model_create(&model, graph, x)) fail_msg("%s", fv_error_message());
  return model;
}

/* a = |kernel by name|; b times the root of sum a^2 / c, as the golden numbers have it. */
static void fill(fv_model *model, int stage, double b, double gamma) {
  char path[16];
  snprintf(path, sizeof path, "s%d/kernel", stage + 1);
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    const fv_weight_info weight = fv_model_weight(model, i);
    if (strcmp(weight.path, path) != 0) continue;
    float *a = fv_model_weight_data(model, i), *inhibition = fv_model_weight_data(model, i + 1);
    const int64_t channels = weight.shape.dims[2], count = 25 * channels * PLANES;
    double c[25], sum = 0, squares[PLANES] = {0};
    for (int tap = 0; tap < 25; tap++) sum += c[tap] = pow(gamma, hypot(tap / 5 - 2, tap % 5 - 2));
    fv_fill_by_name(a, path, &weight.shape, 1, "kernel");
    for (int64_t at = 0; at < count; at++) {
      a[at] = fabsf(a[at]);
      squares[at % PLANES] += (double)a[at] * (double)a[at] / (c[at / PLANES / channels] / sum / (double)channels);
    }
    for (int k = 0; k < PLANES; k++) inhibition[k] = (float)(b * sqrt(squares[k]));
  }
}

static void check_layer(const fv_plan *plan, const fv_model *model, const json_t *layer) {
  const char *name = json_string_value(json_object_get(layer, "name"));
  const int32_t found = fv_model_find_layer(model, name);
  if (found < 0) return; /* inhibitory cells are no layer of their own */
  const fv_value value = {.node = fv_model_layer(model, found).nodes[0]};
  const fv_shape shape = fv_plan_shape(plan, value);
  int64_t count, active = 0;
  assert_int_equal(fv_shape_elements(&count, &shape), FV_OK);
  float *numbers = malloc((size_t)count * sizeof *numbers);
  double sum = 0;
  assert_int_equal(fv_plan_read(plan, value, numbers), FV_OK);
  for (int64_t i = 0; i < count; i++) sum += (double)numbers[i], active += numbers[i] > 0;
  if (!(fabs(sum / (double)count - number(layer, "mean")) < 1e-6)) fail_msg("%s: mean %g", name, sum / (double)count);
  if (json_object_get(layer, "active") &&
      !(fabs((double)active / (double)count - number(layer, "active")) < 1e-4 + 1.0 / (double)count))
    fail_msg("%s: %d of %d cells are active", name, (int)active, (int)count);
  size_t i;
  json_t *sample;
  json_array_foreach(json_object_get(layer, "samples"), i, sample) {
    const double at = (double)numbers[json_integer_value(json_array_get(sample, 0))];
    const double expected = json_number_value(json_array_get(sample, 1));
    if (!(fabs(at - expected) < 2e-6)) fail_msg("%s, sample %d: expected %g, found %g", name, (int)i, expected, at);
  }
  free(numbers);
}

static void numbers_of_1980(void **state) {
  (void)state;
  json_t *reference = golden_json("history/neocognitron.json");
  if (!reference) fail_msg("tests/golden/history/neocognitron.json is missing");
  fv_model *model = build(reference);
  for (int i = 0; i < STAGES; i++) {
    const json_t *stage = json_array_get(json_object_get(reference, "stages"), (size_t)i);
    fill(model, i, number(stage, "b"), number(stage, "gamma"));
  }
  for (int32_t threads = 1; threads <= 2; threads++) {
    fv_plan *plan;
    if (fv_plan_create(&plan, model, &(fv_plan_options){.mode = FV_PLAN_INSPECT, .threads = threads}))
      fail_msg("%s", fv_error_message());
    const fv_shape in = fv_plan_input_shape(plan, 0);
    float *x = fv_plan_input(plan, 0);
    fv_fill_by_name(x, "input", &in, 1, "input");
    for (int i = 0; i < 16 * 16; i++) x[i] = fabsf(x[i]);
    assert_int_equal(fv_run(plan, NULL), FV_OK);
    size_t i;
    json_t *layer;
    json_array_foreach(json_object_get(reference, "layers"), i, layer) check_layer(plan, model, layer);
    fv_plan_destroy(plan);
  }
  fv_model_destroy(model);
  json_decref(reference);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_of_1980)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
