/* PyTorch's weights in a network: names, transpositions, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fovea/file.h>
#include <fovea/layers.h>
#include <fovea/tensor.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER FOVEA_SOURCE_DIR "/tests/golden/torch_files/"

/* The network of checkpoint.old.pth, whose weights lie under state_dict beside an optimizer's state. */
static fv_model *checkpoint_net(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {-1, -1, 3});
  x = fv_conv2d(g, x, .name = "conv", .filters = 4, .kernel_size = {3});
  x = fv_batch_normalization(g, x, .name = "bn", .epsilon = 1e-5);
  x = fv_re_lu(g, x);
  x = fv_global_average_pooling2d(g, x);
  x = fv_dense(g, x, .name = "fc", .units = 5);
  fv_model *model;
  if (fv_model_create(&model, g, x)) fail_msg("%s", fv_error_message());
  return model;
}

static fv_tensor read_array(const char *name) {
  char array[512];
  fv_tensor tensor;
  snprintf(array, sizeof array, FOLDER "checkpoint/state_dict__%s.npy", name);
  if (fv_npy_read(&tensor, array)) fail_msg("%s", fv_error_message());
  return tensor;
}

/* The statistics in that file are drawn at random, a negative variance among them, so its outputs are no numbers: the
 * weights are compared. */
static void a_checkpoint_is_looked_through(void **state) {
  (void)state;
  fv_model *model = checkpoint_net();
  if (fv_model_load_weights(model, FOLDER "checkpoint.old.pth")) fail_msg("%s", fv_error_message());
  static const char *const vectors[][2] = {{"conv/bias", "conv.bias"},
                                           {"bn/gamma", "bn.weight"},
                                           {"bn/beta", "bn.bias"},
                                           {"bn/moving_mean", "bn.running_mean"},
                                           {"bn/moving_variance", "bn.running_var"},
                                           {"fc/bias", "fc.bias"}};
  for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
    fv_tensor expected = read_array(vectors[i][1]);
    int32_t index = 0;
    while (strcmp(fv_model_weight(model, index).path, vectors[i][0])) index++;
    assert_memory_equal(fv_model_weight_data(model, index), expected.data, (size_t)expected.shape.dims[0] * 4);
    fv_tensor_destroy(&expected);
  }
  fv_tensor conv = read_array("conv.weight"), fc = read_array("fc.weight");
  const float *kernel = fv_model_weight_data(model, 0), *dense = fv_model_weight_data(model, 6);
  for (int o = 0; o < 4; o++)
    for (int i = 0; i < 3; i++)
      for (int at = 0; at < 9; at++) assert_true(kernel[(at * 3 + i) * 4 + o] == conv.data[(o * 3 + i) * 9 + at]);
  for (int o = 0; o < 5; o++)
    for (int i = 0; i < 4; i++) assert_true(dense[i * 5 + o] == fc.data[o * 4 + i]);
  fv_tensor_destroy(&conv);
  fv_tensor_destroy(&fc);
  fv_model_destroy(model);
}

/* A file of torch.save's old form, written here: tensor t of `sizes[t]` holds base t + 0, 1, 2 ... */
typedef struct tensor {
  const char *name;
  int rank, sizes[4];
} tensor;

static void put_integer(FILE *file, int number) {
  fputc('J', file);
  for (int i = 0; i < 4; i++) fputc(number >> (8 * i) & 255, file);
}

static void put_text(FILE *file, const char *text) {
  fputc('X', file);
  for (int i = 0; i < 4; i++) fputc((int)(strlen(text) >> (8 * i) & 255), file);
  fputs(text, file);
}

static int elements(const tensor *t) {
  int count = 1;
  for (int i = 0; i < t->rank; i++) count *= t->sizes[i];
  return count;
}

static void put_tensor(FILE *file, const tensor *t) {
  put_text(file, t->name);
  fputs("ctorch._utils\n_rebuild_tensor_v2\n((", file);
  put_text(file, "storage");
  fputs("ctorch\nFloatStorage\n", file);
  put_text(file, t->name); /* the storage's key */
  put_text(file, "cpu");
  put_integer(file, elements(t));
  fputs("NtQK", file);
  fputc(0, file);
  fputc('(', file);
  for (int i = 0; i < t->rank; i++) put_integer(file, t->sizes[i]);
  fputs("t(", file);
  for (int i = 0, step = elements(t); i < t->rank; i++) put_integer(file, step /= t->sizes[i]);
  fputc('t', file);
  fputc(0x89, file);
  fputs("}tR", file);
}

static void write_file(const char *path, const tensor *tensors, int count) {
  static const char head[] = "\x80\x02\x8a\nl\xfc\x9c"
                             "F\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02}(";
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  fwrite(head, 1, sizeof head - 1, file);
  for (int t = 0; t < count; t++) put_tensor(file, &tensors[t]);
  fputs("u.\x80\x02](", file);
  for (int t = 0; t < count; t++) put_text(file, tensors[t].name);
  fputs("e.", file);
  for (int t = 0; t < count; t++) {
    int64_t size = elements(&tensors[t]);
    fwrite(&size, sizeof size, 1, file);
    for (int i = 0; i < size; i++) {
      float value = (float)(1000 * t + i);
      fwrite(&value, sizeof value, 1, file);
    }
  }
  assert_int_equal(fclose(file), 0);
}

static char path[64];

static fv_status load(fv_model *model, const tensor *tensors, int count) {
  snprintf(path, sizeof path, "/tmp/fovea_test_torch_%ld.pth", (long)getpid());
  write_file(path, tensors, count);
  fv_status status = fv_model_load_weights(model, path);
  unlink(path);
  return status;
}

/* Height 2, width 3, four channels; depthwise with multiplier 2, then a dense layer on the flattened map. */
static fv_model *small_net(void) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {4, 7, 4});
  x = fv_depthwise_conv2d(g, x, .name = "blocks_0_dw", .kernel_size = {3, 5}, .depth_multiplier = 2, .no_bias = true);
  x = fv_flatten(g, x);
  x = fv_dropout(g, x, .rate = 0.5);
  x = fv_dense(g, x, .name = "classifier", .units = 5);
  fv_model *model;
  if (fv_model_create(&model, g, x)) fail_msg("%s", fv_error_message());
  return model;
}

static void kernels_are_transposed(void **state) {
  (void)state;
  static const tensor tensors[] = {{"module._blocks.0._dw.weight", 4, {8, 1, 3, 5}},
                                   {"module.classifier.weight", 2, {5, 48}},
                                   {"module.classifier.bias", 1, {5}},
                                   {"module._blocks.0._dw.num_batches_tracked", 1, {1}},
                                   {"module.other.weight", 1, {3}}};
  fv_model *model = small_net();
  if (load(model, tensors, 5)) fail_msg("%s", fv_error_message());
  const float *depthwise = fv_model_weight_data(model, 0), *kernel = fv_model_weight_data(model, 1),
              *bias = fv_model_weight_data(model, 2);
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 5; b++)
      for (int c = 0; c < 4; c++)
        for (int m = 0; m < 2; m++)
          assert_true(depthwise[((a * 5 + b) * 4 + c) * 2 + m] == (float)(((c * 2 + m) * 3 + a) * 5 + b));
  for (int y = 0; y < 2; y++)
    for (int x = 0; x < 3; x++)
      for (int c = 0; c < 8; c++)
        for (int unit = 0; unit < 5; unit++)
          assert_true(kernel[((y * 3 + x) * 8 + c) * 5 + unit] == (float)(1000 + unit * 48 + (c * 2 + y) * 3 + x));
  for (int unit = 0; unit < 5; unit++) assert_true(bias[unit] == (float)(2000 + unit));
  fv_model_destroy(model);
}

static void other_networks_are_refused(void **state) {
  (void)state;
  fv_model *model = small_net();
  static const tensor wrong_shape[] = {{"blocks.0.dw.weight", 4, {8, 1, 3, 3}}};
  static const tensor missing[] = {{"blocks.0.dw.weight", 4, {8, 1, 3, 5}}};
  char words[200];
  assert_int_equal(load(model, wrong_shape, 1), FV_ERROR_SHAPE);
  snprintf(words, sizeof words,
           "%s: blocks_0_dw/kernel: expected shape (8, 1, 3, 5), found (8, 1, 3, 3) in blocks.0.dw.weight", path);
  assert_string_equal(fv_error_message(), words);
  assert_int_equal(load(model, missing, 1), FV_ERROR_NOT_FOUND);
  snprintf(words, sizeof words, "%s: classifier/kernel: the file has no tensor for it", path);
  assert_string_equal(fv_error_message(), words);
  assert_int_equal(fv_model_load_weights(model, FOLDER "hostile.old.pth"), FV_ERROR_UNSUPPORTED);
  assert_int_equal(fv_model_load_weights(model, FOLDER "bad_cut.old.pth"), FV_ERROR_FORMAT);
  fv_model_destroy(model);
}

/* A network of PyTorch's with a part of ResNet's names: layer1.0 and a classifier. */
static fv_model *module_net(bool top) {
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {6, 6, 2});
  x = fv_conv2d(g, x, .name = "layer1_0_conv1", .filters = 3, .kernel_size = {1}, .no_bias = true);
  x = fv_global_average_pooling2d(g, x);
  if (top) x = fv_dense(g, x, .name = "fc", .units = 2);
  fv_model *model;
  if (fv_model_create(&model, g, x)) fail_msg("%s", fv_error_message());
  return model;
}

static fv_status load_with(fv_model *model, const tensor *tensors, int count, fv_weights_options options) {
  write_file(path, tensors, count);
  fv_status status = fv_model_load_weights_with(model, path, &options);
  unlink(path);
  return status;
}

static void assert_says(const char *words) {
  if (!strstr(fv_error_message(), words)) fail_msg("'%s' does not say '%s'", fv_error_message(), words);
}

/* What a network is built without may be in the file; more of what it has may not: ResNet-101 has all of ResNet-50. */
static void what_is_left_over_is_reported_or_refused(void **state) {
  (void)state;
  static const tensor tensors[] = {{"layer1.0.conv1.weight", 4, {3, 2, 1, 1}},
                                   {"fc.weight", 2, {2, 3}},
                                   {"fc.bias", 1, {2}},
                                   {"AuxLogits.fc.weight", 1, {3}},
                                   {"AuxLogits.fc.bias", 1, {3}},
                                   {"layer1.1.conv1.weight", 1, {3}}};
  fv_weights_report report;
  fv_model *whole = module_net(true), *part = module_net(false);
  assert_int_equal(load_with(whole, tensors, 5, (fv_weights_options){.report = &report}), FV_OK);
  assert_int_equal(report.loaded, 2);
  assert_int_equal(report.unused, 1);
  assert_string_equal(report.names, "AuxLogits.fc");
  assert_int_equal(load_with(part, tensors, 5, (fv_weights_options){.report = &report}), FV_OK);
  assert_int_equal(report.loaded, 1);
  assert_int_equal(report.unused, 2);
  assert_string_equal(report.names, "AuxLogits.fc, fc");
  assert_int_equal(load_with(part, tensors, 6, (fv_weights_options){.report = &report}), FV_ERROR_SHAPE);
  assert_says("layer1.1.conv1.weight, which the network lacks");
  assert_int_equal(load_with(part, tensors, 6, (fv_weights_options){.by_name = true, .report = &report}), FV_OK);
  assert_int_equal(report.unused, 3);
  fv_model_destroy(whole);
  fv_model_destroy(part);
}

static void layers_may_be_left_as_they_are(void **state) {
  (void)state;
  static const tensor tensors[] = {
      {"layer1.0.conv1.weight", 4, {3, 2, 1, 1}}, {"fc.weight", 2, {7, 3}}, {"fc.bias", 1, {7}}};
  fv_weights_report report;
  fv_model *model = module_net(true);
  assert_int_equal(load_with(model, tensors, 1, (fv_weights_options){.report = &report}), FV_ERROR_NOT_FOUND);
  assert_int_equal(load_with(model, tensors, 1, (fv_weights_options){.by_name = true, .report = &report}), FV_OK);
  assert_int_equal(report.missing, 1);
  assert_string_equal(report.names, "fc");
  assert_int_equal(load_with(model, tensors, 3, (fv_weights_options){.by_name = true}), FV_ERROR_SHAPE);
  assert_int_equal(load_with(model, tensors, 3, (fv_weights_options){.skip_mismatch = true, .report = &report}), FV_OK);
  assert_int_equal(report.mismatched, 1);
  assert_true(fv_model_weight_data(model, 1)[0] == 0);
  assert_true(fv_model_weight_data(model, 0)[1] == 2); /* (in, out) of (out, in) 0, 1, 2 ... */
  assert_int_equal(load_with(model, tensors, 3, (fv_weights_options){.backend = "theano"}), FV_ERROR_UNSUPPORTED);
  fv_model_destroy(model);
}

/* A network that fits by no shape is told whose weights these are. */
static void torchvision_is_recognised(void **state) {
  (void)state;
  static const tensor resnet[] = {{"layer1.0.conv1.weight", 4, {128, 1, 1, 1}},
                                  {"layer1.0.conv2.weight", 4, {128, 4, 3, 3}}};
  static const tensor large[] = {{"layer1.0.conv1.weight", 4, {64, 1, 1, 1}}, {"layer3.22.conv3.weight", 1, {1}}};
  fv_model *model = module_net(false);
  assert_int_equal(load(model, resnet, 2), FV_ERROR_SHAPE);
  assert_says(
      "torchvision's resnext50_32x4d, which is ResNeXt50Torchvision here (32 groups in the 3x3): layer1_0_conv1");
  assert_int_equal(load(model, large, 2), FV_ERROR_SHAPE);
  assert_says("torchvision's resnet101, which is not in the zoo");
  fv_model_destroy(model);
}

/* DenseNet's keys before 2018, AlexNet's numbers, and the first of two tensors that mean one weight. */
static void other_spellings_are_read(void **state) {
  (void)state;
  static const tensor tensors[] = {{"features.denseblock1.denselayer1.conv.1.weight", 4, {3, 2, 1, 1}},
                                   {"features.0.weight", 4, {4, 3, 1, 1}},
                                   {"features.0.bias", 1, {4}},
                                   {"model/features.0.bias", 1, {4}}};
  fv_graph *g = fv_graph_create();
  fv_value x = fv_input(g, .shape = {6, 6, 2});
  x = fv_conv2d(g, x, .name = "features_denseblock1_denselayer1_conv1", .filters = 3, .kernel_size = {1},
                .no_bias = true);
  x = fv_conv2d(g, x, .name = "conv1", .filters = 4, .kernel_size = {1});
  fv_model *model;
  assert_int_equal(fv_model_create(&model, g, x), FV_OK);
  if (load(model, tensors, 4)) fail_msg("%s", fv_error_message());
  assert_true(fv_model_weight_data(model, 0)[1] == 2);
  assert_true(fv_model_weight_data(model, 1)[1] == 1003);
  assert_true(fv_model_weight_data(model, 2)[1] == 2001);
  fv_model_destroy(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_checkpoint_is_looked_through), cmocka_unit_test(kernels_are_transposed),
      cmocka_unit_test(other_networks_are_refused),     cmocka_unit_test(what_is_left_over_is_reported_or_refused),
      cmocka_unit_test(layers_may_be_left_as_they_are), cmocka_unit_test(torchvision_is_recognised),
      cmocka_unit_test(other_spellings_are_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
