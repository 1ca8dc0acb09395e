/* Layers against numbers of Keras 2 that keras-js was tested with (../shared/data, left out where that is absent):
 * lines, separable and transposed convolution, merging, and what else the files of tests/golden/layers do not have. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/golden.h"

#include <cmocka.h>

/* "FILE KEY CLASS option=value ...": one layer, its input, weights and output. */
static const char *const cases[] = {
    "convolutional/Conv1D convolutional.Conv1D.0 Conv1D filters=4 kernel_size=3",
    "convolutional/Conv1D convolutional.Conv1D.1 Conv1D filters=4 kernel_size=3 use_bias=false",
    "convolutional/Conv1D convolutional.Conv1D.2 Conv1D filters=2 kernel_size=3 strides=2 padding=same "
    "activation=sigmoid",
    "convolutional/Conv1D convolutional.Conv1D.3 Conv1D filters=2 kernel_size=7 padding=same activation=tanh",
    "convolutional/Conv1D convolutional.Conv1D.4 Conv1D filters=2 kernel_size=7 padding=same dilation_rate=2 "
    "activation=tanh",
    "convolutional/Cropping1D convolutional.Cropping1D.0 Cropping1D cropping=1",
    "convolutional/Cropping1D convolutional.Cropping1D.1 Cropping1D cropping=2,3",
    "convolutional/Cropping1D convolutional.Cropping1D.2 Cropping1D cropping=2,2",
    "convolutional/UpSampling1D convolutional.UpSampling1D.0 UpSampling1D size=2",
    "convolutional/UpSampling1D convolutional.UpSampling1D.1 UpSampling1D size=3",
    "convolutional/ZeroPadding1D convolutional.ZeroPadding1D.0 ZeroPadding1D padding=1",
    "convolutional/ZeroPadding1D convolutional.ZeroPadding1D.1 ZeroPadding1D padding=3",
    "convolutional/ZeroPadding1D convolutional.ZeroPadding1D.2 ZeroPadding1D padding=3,2",
    "convolutional/UpSampling2D convolutional.UpSampling2D.0 UpSampling2D size=2",
    "convolutional/UpSampling2D convolutional.UpSampling2D.2 UpSampling2D size=3,2",
    "convolutional/UpSampling2D convolutional.UpSampling2D.4 UpSampling2D size=2",
    "convolutional/SeparableConv2D convolutional.SeparableConv2D.0 SeparableConv2D filters=4 kernel_size=3",
    "convolutional/SeparableConv2D convolutional.SeparableConv2D.1 SeparableConv2D filters=4 kernel_size=3 "
    "depth_multiplier=2 activation=relu",
    "convolutional/SeparableConv2D convolutional.SeparableConv2D.2 SeparableConv2D filters=16 kernel_size=3 "
    "depth_multiplier=3 activation=relu",
    "convolutional/SeparableConv2D convolutional.SeparableConv2D.3 SeparableConv2D filters=4 kernel_size=3 strides=2 "
    "activation=relu",
    "convolutional/SeparableConv2D convolutional.SeparableConv2D.4 SeparableConv2D filters=4 kernel_size=3 "
    "padding=same activation=relu",
    "convolutional/SeparableConv2D convolutional.SeparableConv2D.5 SeparableConv2D filters=4 kernel_size=3 "
    "padding=same depth_multiplier=2 activation=relu use_bias=false",
    "convolutional/SeparableConv2D convolutional.SeparableConv2D.6 SeparableConv2D filters=4 kernel_size=3 strides=2 "
    "padding=same depth_multiplier=2 activation=relu",
    "convolutional/Conv2DTranspose convolutional.Conv2DTranspose.0 Conv2DTranspose filters=4 kernel_size=3 "
    "use_bias=false",
    "convolutional/Conv2DTranspose convolutional.Conv2DTranspose.1 Conv2DTranspose filters=4 kernel_size=3",
    "convolutional/Conv2DTranspose convolutional.Conv2DTranspose.2 Conv2DTranspose filters=4 kernel_size=3 strides=2 "
    "activation=relu",
    "convolutional/Conv2DTranspose convolutional.Conv2DTranspose.3 Conv2DTranspose filters=4 kernel_size=3 "
    "padding=same activation=relu",
    "convolutional/Conv2DTranspose convolutional.Conv2DTranspose.4 Conv2DTranspose filters=5 kernel_size=3 strides=2 "
    "padding=same activation=relu",
    "convolutional/Conv2DTranspose convolutional.Conv2DTranspose.5 Conv2DTranspose filters=3 kernel_size=2,3 "
    "padding=same activation=relu",
    "pooling/GlobalMaxPooling1D pooling.GlobalMaxPooling1D.0 GlobalMaxPooling1D",
    "pooling/GlobalMaxPooling1D pooling.GlobalMaxPooling1D.1 GlobalMaxPooling1D",
    "pooling/GlobalMaxPooling1D pooling.GlobalMaxPooling1D.2 GlobalMaxPooling1D",
    "pooling/GlobalAveragePooling1D pooling.GlobalAveragePooling1D.0 GlobalAveragePooling1D",
    "pooling/GlobalAveragePooling1D pooling.GlobalAveragePooling1D.1 GlobalAveragePooling1D",
    "pooling/GlobalAveragePooling1D pooling.GlobalAveragePooling1D.2 GlobalAveragePooling1D",
    "core/RepeatVector core.RepeatVector.0 RepeatVector n=7",
    "core/Permute core.Permute.0 Permute dims=2,1",
    "core/Permute core.Permute.1 Permute dims=3,2,1",
    "core/Permute core.Permute.2 Permute dims=2,1,3",
    "advanced_activations advanced_activations.PReLU.0 PReLU",
    "advanced_activations advanced_activations.ThresholdedReLU.0 ThresholdedReLU theta=0.9",
};

/* Both poolings have the same nine. */
static const char *const pools[] = {"pool_size=2",
                                    "pool_size=2 strides=1",
                                    "pool_size=2 strides=3",
                                    "pool_size=2 padding=same",
                                    "pool_size=2 strides=1 padding=same",
                                    "pool_size=2 strides=3 padding=same",
                                    "pool_size=3",
                                    "pool_size=3 strides=1 padding=same",
                                    "pool_size=3 strides=3 padding=same"};

/* Two dense layers of one input, merged. "repeat" puts each on a line of three first. */
static const char *const merges[] = {
    "merge/Subtract merge.Subtract.0 Subtract",
    "merge/Dot merge.Dot.0 Dot repeat axes=1",
    "merge/Dot merge.Dot.1 Dot repeat axes=2",
    "merge/Dot merge.Dot.2 Dot repeat axes=1 normalize=true",
    "merge/Dot merge.Dot.3 Dot repeat axes=2 normalize=true",
    "merge/Dot merge.Dot.4 Dot repeat axes=2,2 normalize=true",
};

#define FIXTURES FOVEA_SOURCE_DIR "/../shared/data/keras_js_layer_fixtures/layers/"

typedef struct fixture {
  json_t *file, *item;
  const char *class_name, *options;
} fixture;

static bool absent(void) {
  FILE *file = fopen(FIXTURES "advanced_activations.json", "rb");
  if (file) fclose(file);
  return !file;
}

/* Splits a line; `line` is written into. */
static fixture open_fixture(char *line) {
  char path[512], *rest;
  fixture f;
  snprintf(path, sizeof path, FIXTURES "%s.json", strtok_r(line, " ", &rest));
  f.file = json_load_file(path, 0, NULL);
  assert_non_null(f.file);
  f.item = json_object_get(f.file, strtok_r(NULL, " ", &rest));
  assert_non_null(f.item);
  f.class_name = strtok_r(NULL, " ", &rest);
  f.options = rest;
  return f;
}

static int64_t read_numbers(const json_t *tensor, float *numbers, int64_t room) {
  const json_t *data = json_object_get(tensor, "data");
  const int64_t count = (int64_t)json_array_size(data);
  assert_true(count <= room);
  for (int64_t i = 0; i < count; i++) numbers[i] = (float)json_number_value(json_array_get(data, (size_t)i));
  return count;
}

static fv_value add_layer(fv_graph *g, const char *class_name, char *options, const fv_value *inputs, int32_t count) {
  const fv_layer_kind *kind = fv_layer_kind_find(class_name);
  assert_non_null(kind);
  void *structure = calloc(1, kind->options_size);
  char *rest = NULL;
  for (char *word = strtok_r(options, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
    char *value = strchr(word, '=');
    *value++ = '\0';
    if (fv_option_set(structure, fv_option_find(kind->table, word), value)) fail_msg("%s", fv_error_message());
  }
  fv_value y = fv_graph_call(g, fv_graph_add(g, class_name, structure), inputs, count);
  free(structure);
  return y;
}

static fv_value add_input(fv_graph *g, const json_t *tensor) {
  fv_input_layer_options input = {.name = "input"};
  const json_t *extents = json_object_get(tensor, "shape");
  for (size_t i = 0; i < json_array_size(extents); i++)
    input.shape[i] = (int32_t)json_integer_value(json_array_get(extents, i));
  return fv_input_layer_with(g, &input);
}

/* Fills the weights in order, runs, compares. The files have six decimals of sums made in float. */
static void check(fv_graph *g, fv_value y, const fixture *f) {
  enum { ROOM = 4096 };
  static float expected[ROOM];
  fv_model *model;
  fv_plan *plan;
  if (fv_model_create(&model, g, y)) fail_msg("%s: %s", f->class_name, fv_error_message());
  const json_t *weights = json_object_get(f->item, "weights");
  assert_int_equal(json_array_size(weights), fv_model_weight_count(model));
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    fv_shape shape = fv_model_weight(model, i).shape;
    int64_t elements;
    assert_int_equal(fv_shape_elements(&elements, &shape), FV_OK);
    assert_int_equal(read_numbers(json_array_get(weights, (size_t)i), fv_model_weight_data(model, i), elements),
                     elements);
  }
  fv_model_weights_changed(model);
  assert_int_equal(fv_plan_create(&plan, model, NULL), FV_OK);
  read_numbers(json_object_get(f->item, "input"), fv_plan_input(plan, 0), ROOM);
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  fv_shape shape = fv_plan_output_shape(plan, 0);
  int64_t count = read_numbers(json_object_get(f->item, "expected"), expected, ROOM), elements;
  assert_int_equal(fv_shape_elements(&elements, &shape), FV_OK);
  assert_int_equal(elements, count);
  const float *found = fv_plan_output(plan, 0);
  for (int64_t i = 0; i < count; i++)
    if (!(fabs((double)found[i] - (double)expected[i]) <= 1e-5 * fmax(1, fabs((double)expected[i]))))
      fail_msg("%s %s: number %d is %g, expected %g", f->class_name, f->options, (int)i, (double)found[i],
               (double)expected[i]);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

static void check_layer(const char *text) {
  char line[256];
  snprintf(line, sizeof line, "%s", text);
  fixture f = open_fixture(line);
  char options[200];
  snprintf(options, sizeof options, "%s", f.options);
  fv_graph *g = fv_graph_create();
  fv_value x = add_input(g, json_object_get(f.item, "input"));
  check(g, add_layer(g, f.class_name, options, &x, 1), &f);
  json_decref(f.file);
}

static void single_layers(void **state) {
  (void)state;
  if (absent()) skip();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_layer(cases[i]);
}

static void poolings_of_lines(void **state) {
  (void)state;
  static const char *const classes[] = {"MaxPooling1D", "AveragePooling1D"};
  if (absent()) skip();
  for (int kind = 0; kind < 2; kind++)
    for (int i = 0; i < 9; i++) {
      char text[256];
      snprintf(text, sizeof text, "pooling/%s pooling.%s.%d %s %s", classes[kind], classes[kind], i, classes[kind],
               pools[i]);
      check_layer(text);
    }
}

static void merged_layers(void **state) {
  (void)state;
  if (absent()) skip();
  for (size_t i = 0; i < sizeof merges / sizeof *merges; i++) {
    char line[256], options[200];
    snprintf(line, sizeof line, "%s", merges[i]);
    fixture f = open_fixture(line);
    fv_graph *g = fv_graph_create();
    fv_value x = add_input(g, json_object_get(f.item, "input"));
    fv_value both[2] = {fv_dense(g, x, .units = 2), fv_dense(g, x, .units = 2)};
    const bool repeat = strncmp(f.options, "repeat ", 7) == 0;
    for (int k = 0; k < 2 && repeat; k++) both[k] = fv_repeat_vector(g, both[k], .n = 3);
    snprintf(options, sizeof options, "%s", f.options + (repeat ? 7 : 0));
    check(g, add_layer(g, f.class_name, options, both, 2), &f);
    json_decref(f.file);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(single_layers),
      cmocka_unit_test(poolings_of_lines),
      cmocka_unit_test(merged_layers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
