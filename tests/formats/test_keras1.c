/* Files of Keras 1 and of Theano: both orders of axes, the oldest layout, loads by name; and real files of those years.
 * The files of make_keras1.py hold the same numbers in every form; their outputs were worked out in numpy.
 */
#include "formats/keras/keras.h"
#undef fail

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/fovea.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/source.h"

#define GOLDEN FOVEA_SOURCE_DIR "/tests/golden/keras1/"
#define DATA FOVEA_SOURCE_DIR "/../shared/data/"

static fv_model *load(const char *path, bool without_weights) {
  fv_model *model;
  if (fv_model_load(&model, path, &(fv_model_load_options){.without_weights = without_weights}))
    fail_msg("%s", fv_error_message());
  return model;
}

static void expect_error(fv_status status, fv_status code, const char *words) {
  if (status != code || !strstr(fv_error_message(), words))
    fail_msg("expected %s with '%s', found %s: %s", fv_status_name(code), words, fv_status_name(status),
             fv_error_message());
}

/* Runs the model on one input; the largest difference to `expected`, or, when that is NULL, of nothing. */
static double run_on(fv_model *model, const fv_tensor *input, const fv_tensor *expected) {
  fv_plan *plan;
  if (fv_plan_create(&plan, model, &(fv_plan_options){.batch = (int32_t)input->shape.dims[0], .threads = 1}))
    fail_msg("%s", fv_error_message());
  int64_t count;
  assert_int_equal(fv_shape_elements(&count, &input->shape), FV_OK);
  memcpy(fv_plan_input(plan, 0), input->data, (size_t)count * sizeof(float));
  if (fv_run(plan, NULL)) fail_msg("%s", fv_error_message());
  double worst = 0;
  fv_shape shape = fv_plan_output_shape(plan, 0);
  if (expected) assert_true(fv_shape_equal(&shape, &expected->shape));
  assert_int_equal(fv_shape_elements(&count, &shape), FV_OK);
  const float *output = fv_plan_output(plan, 0);
  for (int64_t i = 0; i < count; i++) {
    double difference = fabs((double)output[i] - (expected ? (double)expected->data[i] : 0));
    assert_true(isfinite(difference));
    if (expected && difference > worst) worst = difference;
  }
  fv_plan_destroy(plan);
  return worst;
}

static fv_tensor read_array(const char *path) {
  fv_tensor tensor;
  if (fv_npy_read(&tensor, path)) fail_msg("%s", fv_error_message());
  return tensor;
}

/* How far the model is from the golden output NAME. */
static double distance(fv_model *model, const char *name) {
  char path[512];
  snprintf(path, sizeof path, GOLDEN "%s.in.npy", name);
  fv_tensor input = read_array(path);
  snprintf(path, sizeof path, GOLDEN "%s.out.npy", name);
  fv_tensor output = read_array(path);
  double worst = run_on(model, &input, &output);
  fv_tensor_destroy(&input);
  fv_tensor_destroy(&output);
  return worst;
}

static void whole_models_give_their_outputs(void **state) {
  (void)state;
  static const char *const files[][2] = {{"branches.tf", "branches"},
                                         {"branches.th", "branches"},
                                         {"small", "small"},
                                         {"line", "line"},
                                         {"turned", "turned"}};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char path[512];
    snprintf(path, sizeof path, GOLDEN "%s.h5", files[i][0]);
    fv_model *model = load(path, false);
    double worst = distance(model, files[i][1]);
    if (!(worst < 2e-6)) fail_msg("%s: %g", files[i][0], worst);
    fv_model_destroy(model);
  }
}

/* Every weight but those that belong to the order of an image's elements. */
static void both_orders_hold_the_same_kernels(void **state) {
  (void)state;
  fv_model *last = load(GOLDEN "branches.tf.h5", false), *first = load(GOLDEN "branches.th.h5", false);
  int compared = 0;
  for (int32_t i = 0; i < fv_model_weight_count(last); i++) {
    fv_weight_info weight = fv_model_weight(last, i);
    if (!strcmp(weight.path, "dense_1/kernel") || !strcmp(weight.path, "prelu_1/alpha")) continue;
    for (int32_t k = 0; k < fv_model_weight_count(first); k++) {
      if (strcmp(fv_model_weight(first, k).path, weight.path)) continue;
      int64_t count;
      assert_int_equal(fv_shape_elements(&count, &weight.shape), FV_OK);
      assert_memory_equal(fv_model_weight_data(last, i), fv_model_weight_data(first, k), (size_t)count * sizeof(float));
      compared++;
    }
  }
  assert_int_equal(compared, 14);
  fv_model_destroy(last);
  fv_model_destroy(first);
}

static void the_oldest_layout_fills_a_network(void **state) {
  (void)state;
  fv_weights_report report;
  fv_model *model = load(GOLDEN "small.h5", true);
  assert_true(distance(model, "small") > 0.1);
  if (fv_model_load_weights_with(model, GOLDEN "small.oldest.h5", &(fv_weights_options){.report = &report}))
    fail_msg("%s", fv_error_message());
  assert_true(distance(model, "small") < 2e-6);
  assert_int_equal(report.loaded, 3);
  assert_int_equal(report.missing + report.unused + report.mismatched, 0);
  assert_string_equal(report.names, "");
  float corner = fv_model_weight_data(model, 0)[0];
  const fv_weights_options unturned = {.backend = "tensorflow"};
  assert_int_equal(fv_model_load_weights_with(model, GOLDEN "small.oldest.h5", &unturned), FV_OK);
  int64_t last = 8 * 9; /* the kernel is (3, 3, 3, 3): the other corner of the same plane */
  assert_true(fv_model_weight_data(model, 0)[last] == corner);
  fv_model_destroy(model);
}

static void names_pair_layers_when_asked(void **state) {
  (void)state;
  fv_weights_report report;
  fv_model *model = load(GOLDEN "small.h5", true);
  expect_error(fv_model_load_weights(model, GOLDEN "small.other.h5"), FV_ERROR_SHAPE, "convolution2d_2: expected 2");
  fv_weights_options options = {.by_name = true, .report = &report};
  expect_error(fv_model_load_weights_with(model, GOLDEN "small.other.h5", &options), FV_ERROR_SHAPE,
               "convolution2d_2/kernel: expected shape (1, 1, 3, 2), found (1, 1, 3, 1)");
  options.skip_mismatch = true;
  assert_int_equal(fv_model_load_weights_with(model, GOLDEN "small.other.h5", &options), FV_OK);
  assert_int_equal(report.loaded, 1);
  assert_int_equal(report.missing, 1);
  assert_int_equal(report.unused, 1);
  assert_int_equal(report.mismatched, 1);
  assert_string_equal(report.names, "convolution2d_2, dense_1, elsewhere");
  options = (fv_weights_options){.by_name = true, .report = &report};
  assert_int_equal(fv_model_load_weights_with(model, GOLDEN "small.h5", &options), FV_OK);
  assert_int_equal(report.loaded, 3);
  assert_true(distance(model, "small") < 2e-6);
  expect_error(fv_model_load_weights_with(model, FOVEA_SOURCE_DIR "/tests/golden/files/tiny.keras", &options),
               FV_ERROR_UNSUPPORTED, "without options");
  fv_model_destroy(model);
}

/* Branches in a Merge at the start of a Sequential: "MODE", then further options of Merge as JSON. */
static fv_status build_branches(fv_model **model, const char *merge, const char *branch) {
  static const char *const text =
      "{'class_name': 'Sequential', 'config': [{'class_name': 'Merge', 'config': {'name': 'merge_1', 'mode': %s, "
      "'layers': [{'class_name': 'Sequential', 'config': [{'class_name': 'Dense', 'config': {'name': 'left', "
      "'output_dim': 2, 'bias': false, 'batch_input_shape': [null, 2]}}]}, {'class_name': '%s', 'config': "
      "[{'class_name': 'Dense', 'config': {'name': 'right_1', 'output_dim': 3, 'bias': false, 'batch_input_shape': "
      "[null, 1]}}, {'class_name': 'Dense', 'config': {'name': 'right_2', 'output_dim': 2, 'bias': false}}]}]}}, "
      "{'class_name': 'Activation', 'config': {'name': 'end', 'activation': 'linear'}}]}";
  char config[2048];
  snprintf(config, sizeof config, text, merge, branch);
  for (char *c = config; *c; c++)
    if (*c == '\'') *c = '"';
  fv__keras_network network = {.json = NULL};
  fv_status status = fv__keras_build(model, &network, &(fv__keras_text){config, strlen(config), 1, false});
  fv__keras_network_free(&network);
  return status;
}

/* left is (1, 2) x [[1, 0], [0, 1]]; right is 3 x [1, 2, -1] x [[1, 0], [0, 1], [1, 1]] = (0, 3). */
static void expect_merged(const char *merge, const double *expected, int count) {
  static const float left[] = {1, 0, 0, 1}, right_1[] = {1, 2, -1}, right_2[] = {1, 0, 0, 1, 1, 1};
  fv_model *model;
  fv_plan *plan;
  if (build_branches(&model, merge, "Sequential")) fail_msg("%s: %s", merge, fv_error_message());
  assert_int_equal(fv_model_input_count(model), 2);
  assert_string_equal(fv_model_input_name(model, 0), "left_input");
  assert_string_equal(fv_model_input_name(model, 1), "right_1_input");
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    const char *path = fv_model_weight(model, i).path;
    float *numbers = fv_model_weight_data(model, i);
    if (!strcmp(path, "left/kernel")) memcpy(numbers, left, sizeof left);
    if (!strcmp(path, "right_1/kernel")) memcpy(numbers, right_1, sizeof right_1);
    if (!strcmp(path, "right_2/kernel")) memcpy(numbers, right_2, sizeof right_2);
  }
  fv_model_weights_changed(model);
  assert_int_equal(fv_plan_create(&plan, model, NULL), FV_OK);
  memcpy(fv_plan_input(plan, 0), (const float[]){1, 2}, 2 * sizeof(float));
  fv_plan_input(plan, 1)[0] = 3;
  assert_int_equal(fv_run(plan, NULL), FV_OK);
  fv_shape shape = fv_plan_output_shape(plan, 0);
  assert_int_equal(shape.dims[shape.rank - 1], count);
  for (int i = 0; i < count; i++)
    if (!(fabs((double)fv_plan_output(plan, 0)[i] - expected[i]) < 1e-6))
      fail_msg("%s: number %d is %g", merge, i, (double)fv_plan_output(plan, 0)[i]);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

static void branches_of_a_sequential_are_merged(void **state) {
  (void)state;
  expect_merged("'sum'", (const double[]){1, 5}, 2);
  expect_merged("'mul'", (const double[]){0, 6}, 2);
  expect_merged("'concat', 'concat_axis': -1", (const double[]){1, 2, 0, 3}, 4);
  expect_merged("'ave'", (const double[]){0.5, 2.5}, 2);
  expect_merged("'max'", (const double[]){1, 3}, 2);
  expect_merged("'dot', 'dot_axes': 1", (const double[]){6}, 1);
  expect_merged("'cos', 'dot_axes': [1, 1]", (const double[]){2 / sqrt(5)}, 1);
  fv_model *model;
  expect_error(build_branches(&model, "'lambda'", "Sequential"), FV_ERROR_UNSUPPORTED, "merge_1: Merge with mode");
  expect_error(build_branches(&model, "'sum'", "Graph"), FV_ERROR_UNSUPPORTED, "branches that are no Sequential");
  fv_status status = fv_model_load(&model, GOLDEN "bad_merge.h5", NULL);
  assert_true(status != FV_OK);
  expect_error(status, status, "bad_merge.h5: odd: expected at least 2 inputs, found 1");
}

static void what_cannot_be_kept_is_refused(void **state) {
  (void)state;
  static const char *const cases[][2] = {{"mode", "odd: option mode: of BatchNormalization only 0"},
                                         {"lambda", "odd: class 'Lambda' is not supported: it holds code"},
                                         {"orders", "b is channels_first, a channels_last"},
                                         {"softmax", "odd: a softmax over the width"},
                                         {"recurrent", "odd: class 'LSTM' is not supported: fovea has no recurrent"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char path[512];
    fv_model *model;
    snprintf(path, sizeof path, GOLDEN "bad_%s.h5", cases[i][0]);
    expect_error(fv_model_load(&model, path, NULL), FV_ERROR_UNSUPPORTED, cases[i][1]);
    assert_null(model);
  }
}

/* Real files. */

static fv_model *squeezenet(void) {
  static const int32_t fires[8][2] = {{16, 64},  {16, 64},  {32, 128}, {32, 128},
                                      {48, 192}, {48, 192}, {64, 256}, {64, 256}};
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {64, 64, 3});
  x = fv_conv2d(g, x, .name = "conv1", .filters = 64, .kernel_size = {3}, .strides = {2}, .activation = "relu");
  for (int i = 0; i < 8; i++) {
    x = fv_conv2d(g, x, .filters = fires[i][0], .kernel_size = {1}, .activation = "relu");
    fv_value narrow = fv_conv2d(g, x, .filters = fires[i][1], .kernel_size = {1}, .activation = "relu");
    fv_value wide =
        fv_conv2d(g, x, .filters = fires[i][1], .kernel_size = {3}, .padding = FV_SAME, .activation = "relu");
    x = fv_concatenate(g, {narrow, wide});
  }
  fv_model *model;
  if (fv_model_create(&model, g, x)) fail_msg("%s", fv_error_message());
  return model;
}

/* The same network trained once and saved in both orders: all 50 tensors agree. */
static void squeezenet_is_the_same_in_both_orders(void **state) {
  (void)state;
  static const char *const paths[] = {
      DATA "squeezenet_keras_notop/squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
      DATA "squeezenet_keras_notop/squeezenet_weights_th_dim_ordering_th_kernels_notop.h5"};
  if (access(paths[0], R_OK)) skip();
  fv_model *models[2];
  for (int i = 0; i < 2; i++) {
    models[i] = squeezenet();
    if (fv_model_load_weights(models[i], paths[i])) fail_msg("%s", fv_error_message());
  }
  int32_t count = fv_model_weight_count(models[0]);
  assert_int_equal(count, 50);
  assert_int_equal(fv_model_parameters(models[0]), 722496);
  for (int32_t i = 0; i < count; i++) {
    fv_shape shape = fv_model_weight(models[0], i).shape;
    int64_t elements;
    assert_int_equal(fv_shape_elements(&elements, &shape), FV_OK);
    assert_memory_equal(fv_model_weight_data(models[0], i), fv_model_weight_data(models[1], i),
                        (size_t)elements * sizeof(float));
  }
  fv_model_destroy(models[0]);
  fv_model_destroy(models[1]);
}

/* VGG16's first kernels on a real photo: the numbers that Keras printed (the biases are rounded to 1.3e-4). */
static void vgg16_begins_as_keras_printed(void **state) {
  (void)state;
  if (access(DATA "vgg16_partial", R_OK)) skip();
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {224, 224, 3}), first;
  first = x = fv_conv2d(g, x, .name = "block1_conv1", .filters = 64, .kernel_size = {3}, .padding = FV_SAME,
                        .activation = "relu");
  x = fv_conv2d(g, x, .filters = 64, .kernel_size = {3}, .padding = FV_SAME);
  x = fv_conv2d(g, x, .filters = 128, .kernel_size = {3}, .padding = FV_SAME);
  x = fv_conv2d(g, x, .filters = 128, .kernel_size = {3}, .padding = FV_SAME);
  fv_model *model;
  fv_value outputs[] = {first, x};
  if (fv_model_create_with(&model, g, NULL, 0, outputs, 2)) fail_msg("%s", fv_error_message());
  if (fv_model_load_weights(model, DATA "vgg16_partial/vgg16_blocks12_keras_names.h5"))
    fail_msg("%s", fv_error_message());
  fv_tensor photo = read_array(DATA "vgg16_partial/persian_cat_bgr_mean_subtracted_224x224x3.npy");
  fv_plan *plan;
  if (fv_plan_create(&plan, model, NULL)) fail_msg("%s", fv_error_message());
  memcpy(fv_plan_input(plan, 0), photo.data, sizeof(float) * 224 * 224 * 3);
  if (fv_run(plan, NULL)) fail_msg("%s", fv_error_message());
  const float *output = fv_plan_output(plan, 0);
  assert_true(fabs((double)output[0] - 369.494507) < 5e-4 && fabs((double)output[2] - 9.88306999) < 5e-4);
  fv_tensor_destroy(&photo);
  fv_plan_destroy(plan);
  fv_model_destroy(model);
}

/* Keras 1.1.2's own answer, printed with six digits; the input was printed as (C, H, W). The weights file gives it too.
 */
static void a_file_of_keras_1_1_gives_its_answer(void **state) {
  (void)state;
  FILE *file = fopen(DATA "keras_h5/dl4j/simple/cnn_tf_input.txt", "r");
  if (!file) skip();
  float image[3][64];
  for (int i = 0; i < 192; i++) assert_int_equal(fscanf(file, "%f", &image[i / 64][i % 64]), 1);
  fclose(file);
  float pixels[192], answer[3] = {0.295033f, 0.328196f, 0.376771f};
  for (int i = 0; i < 192; i++) pixels[i] = image[i % 3][i / 3];
  const fv_tensor input = {.shape = {.rank = 4, .dims = {1, 8, 8, 3}}, .data = pixels};
  const fv_tensor expected = {.shape = {.rank = 2, .dims = {1, 3}}, .data = answer};
  for (int weights_alone = 0; weights_alone < 2; weights_alone++) {
    fv_model *model = load(DATA "keras_h5/dl4j/simple/cnn_tf_model.h5", weights_alone != 0);
    if (weights_alone && fv_model_load_weights(model, DATA "keras_h5/dl4j/simple/cnn_tf_weights.h5"))
      fail_msg("%s", fv_error_message());
    assert_true(run_on(model, &input, &expected) < 1e-6);
    fv_model_destroy(model);
  }
}

/* A real LeNet-5 of Keras 2.2.4, weights alone. */
static void lenet_takes_its_weights(void **state) {
  (void)state;
  if (access(DATA "keras_h5/misc/Lucas1Jorge_LeNet5/lenet5.h5", R_OK)) skip();
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {32, 32, 1});
  x = fv_conv2d(g, x, .filters = 6, .kernel_size = {5}, .activation = "tanh");
  x = fv_average_pooling2d(g, x);
  x = fv_conv2d(g, x, .filters = 16, .kernel_size = {5}, .activation = "tanh");
  x = fv_average_pooling2d(g, x);
  x = fv_conv2d(g, x, .filters = 120, .kernel_size = {5}, .activation = "tanh");
  x = fv_flatten(g, x);
  x = fv_dense(g, x, .units = 84, .activation = "tanh");
  x = fv_dense(g, x, .units = 10, .activation = "softmax");
  fv_model *model;
  if (fv_model_create(&model, g, x)) fail_msg("%s", fv_error_message());
  if (fv_model_load_weights(model, DATA "keras_h5/misc/Lucas1Jorge_LeNet5/lenet5.h5"))
    fail_msg("%s", fv_error_message());
  assert_int_equal(fv_model_parameters(model), 61706);
  assert_true(fv_model_weight_data(model, 0)[0] != 0);
  fv_model_destroy(model);
}

static int opened, refused, weights_only;

/* A model runs on random weights' input; anything else must be refused for a reason that names the layer. */
static void try_file(const char *path) {
  static const char *const reasons[] = {"fovea has no ", "it holds code"};
  fv_model *model;
  fv_status status = fv_model_load(&model, path, NULL);
  const char *message = status ? fv_error_message() : "";
  if (status == FV_ERROR_UNSUPPORTED && strstr(message, "holds weights and no network")) {
    weights_only++;
  } else if (status) {
    if (status != FV_ERROR_UNSUPPORTED || (!strstr(message, reasons[0]) && !strstr(message, reasons[1])))
      fail_msg("%s", message);
    refused++;
  } else {
    fv_shape shape = fv_model_input_shape(model, 0);
    for (int32_t i = 0; i < shape.rank; i++)
      if (shape.dims[i] < 0) shape.dims[i] = i == 0 ? 2 : 24;
    fv_tensor input = {.shape = shape};
    int64_t count;
    assert_int_equal(fv_shape_elements(&count, &shape), FV_OK);
    input.data = malloc((size_t)count * sizeof(float));
    fv_fill_by_name(input.data, "input", &shape, 1, "input");
    fv_plan *plan;
    if (fv_plan_create(&plan, model, &(fv_plan_options){.input_shapes = &shape, .threads = 1}))
      fail_msg("%s: %s", path, fv_error_message());
    memcpy(fv_plan_input(plan, 0), input.data, (size_t)count * sizeof(float));
    if (fv_run(plan, NULL)) fail_msg("%s: %s", path, fv_error_message());
    assert_true(isfinite(fv_plan_output(plan, 0)[0]));
    fv_plan_destroy(plan);
    free(input.data);
    fv_model_destroy(model);
    opened++;
  }
}

static void try_folder(const char *folder, int depth) {
  DIR *list = opendir(folder);
  assert_non_null(list);
  for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
    char path[1024];
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    const char *dot = strrchr(entry->d_name, '.');
    if (!dot && depth < 5 && strcmp(entry->d_name, "LICENSE") != 0) try_folder(path, depth + 1);
    if (dot && (!strcmp(dot, ".h5") || !strcmp(dot, ".keras"))) try_file(path);
  }
  closedir(list);
}

static void real_files_open_or_say_why_not(void **state) {
  (void)state;
  if (access(DATA "keras_h5", R_OK)) skip();
  try_folder(DATA "keras_h5", 0);
  assert_int_equal(opened, 17);
  assert_int_equal(refused, 24);
  assert_int_equal(weights_only, 9);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_models_give_their_outputs),
      cmocka_unit_test(both_orders_hold_the_same_kernels),
      cmocka_unit_test(the_oldest_layout_fills_a_network),
      cmocka_unit_test(names_pair_layers_when_asked),
      cmocka_unit_test(what_cannot_be_kept_is_refused),
      cmocka_unit_test(squeezenet_is_the_same_in_both_orders),
      cmocka_unit_test(vgg16_begins_as_keras_printed),
      cmocka_unit_test(a_file_of_keras_1_1_gives_its_answer),
      cmocka_unit_test(lenet_takes_its_weights),
      cmocka_unit_test(real_files_open_or_say_why_not),
      cmocka_unit_test(branches_of_a_sequential_are_merged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
