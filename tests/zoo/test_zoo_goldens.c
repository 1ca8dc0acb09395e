/* The networks of the zoo against Keras's and PyTorch's: layers, order, parameters and shapes; then numbers, layer by
 * layer in inspect mode and at the output with all passes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/golden.h"

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_SLOW = 1 };
#else
enum { IS_SLOW = 0 };
#endif

static fv_model *build(const char *name, const fv_zoo_options *options) {
  fv_model *model;
  if (fv_zoo_build(&model, name, options)) fail_msg("%s: %s", name, fv_error_message());
  return model;
}

static fv_model *build_logits(const char *name, const char *weights) {
  return build(name, &(fv_zoo_options){.weights = weights, .classifier_activation = "none"});
}

static json_t *golden(const char *file) {
  json_t *reference = golden_json(file);
  if (!reference) fail_msg("tests/golden/%s is missing", file);
  return reference;
}

static int64_t whole(const json_t *object, const char *key) { return json_integer_value(json_object_get(object, key)); }

static void check_shape(const char *name, const fv_shape *shape, const json_t *wanted) {
  char text[128];
  if ((size_t)shape->rank != json_array_size(wanted))
    fail_msg("%s: expected rank %zu, found %s", name, json_array_size(wanted), fv_shape_text(text, sizeof text, shape));
  for (int32_t i = 1; i < shape->rank; i++)
    if (shape->dims[i] != json_integer_value(json_array_get(wanted, (size_t)i)))
      fail_msg("%s: found shape %s", name, fv_shape_text(text, sizeof text, shape));
}

/* Layer by layer in the model's order: name, class, shape, parameters, which layers it reads. */
static void check_layers(const fv_model *model, const json_t *reference) {
  json_t *layers = json_object_get(reference, "layers");
  assert_int_equal(fv_model_layer_count(model), json_array_size(layers));
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    json_t *layer = json_array_get(layers, (size_t)i), *inbound = json_object_get(layer, "inbound");
    fv_layer_info info = fv_model_layer(model, i);
    assert_string_equal(info.name, json_string_value(json_object_get(layer, "name")));
    assert_string_equal(info.kind, json_string_value(json_object_get(layer, "class")));
    check_shape(info.name, &info.output, json_object_get(layer, "shape"));
    if (json_object_get(layer, "params")) assert_int_equal(info.parameters, whole(layer, "params"));
    fv_node_info node = fv_model_node(model, info.nodes[0]);
    for (size_t k = 0; k < json_array_size(inbound); k++) {
      int32_t read = fv_model_node(model, node.inputs[k].node).layer;
      assert_string_equal(fv_model_layer(model, read).name, json_string_value(json_array_get(inbound, k)));
    }
  }
  assert_int_equal(fv_model_parameters(model), whole(reference, "total_params"));
  assert_int_equal(fv_model_trainable_parameters(model), whole(reference, "trainable_params"));
}

/* Either {"path", "shape"} or ["path", [shape]]. */
static void check_weights(const fv_model *model, const json_t *reference) {
  json_t *variables = json_object_get(reference, "variables");
  assert_int_equal(fv_model_weight_count(model), json_array_size(variables));
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    json_t *variable = json_array_get(variables, (size_t)i);
    json_t *path = json_is_array(variable) ? json_array_get(variable, 0) : json_object_get(variable, "path");
    json_t *shape = json_is_array(variable) ? json_array_get(variable, 1) : json_object_get(variable, "shape");
    fv_weight_info weight = fv_model_weight(model, i);
    assert_string_equal(weight.path, json_string_value(path));
    assert_int_equal(weight.shape.rank, json_array_size(shape));
    for (int32_t d = 0; d < weight.shape.rank; d++)
      assert_int_equal(weight.shape.dims[d], json_integer_value(json_array_get(shape, (size_t)d)));
  }
}

/* Network, reference, the model's name. */
static const char *const networks[][3] = {
    {"DenseNet121", "zoo/DenseNet121.json", "densenet121"},
    {"EfficientNetB0", "zoo/EfficientNetB0.json", "efficientnetb0"},
    {"InceptionResNetV2", "zoo/InceptionResNetV2.json", "inception_resnet_v2"},
    {"InceptionV2", "history/inception_v2.json", "inception_v2"},
    {"InceptionV3", "zoo/InceptionV3.json", "inception_v3"},
    {"LeNet5", "history/lenet5.json", "lenet5"},
    {"MobileNet", "zoo/MobileNet.json", "mobilenet_1.00_224"},
    {"MobileNetV2", "zoo/MobileNetV2.json", "mobilenetv2_1.00_224"},
    {"ResNet18", "history/resnet18.json", "resnet18"},
    {"ResNet34", "history/resnet34.json", "resnet34"},
    {"ResNet50", "zoo/ResNet50.json", "resnet50"},
    {"ResNet50V2", "zoo/ResNet50V2.json", "resnet50v2"},
    {"SqueezeNet1_1", "history/squeezenet11.json", "squeezenet1_1"},
    {"VGG11", "history/vgg11.json", "vgg11"},
    {"VGG13", "history/vgg13.json", "vgg13"},
    {"VGG16", "zoo/VGG16.json", "vgg16"},
    {"Xception", "zoo/Xception.json", "xception"},
};

/* References that are not here are left out; those of tests/golden are. */
static void keras_networks_have_keras_layers(void **state) {
  (void)state;
  int found = 0;
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
    json_t *reference = golden_json(networks[i][1]);
    if (!reference) continue;
    found++;
    fv_model *model = build_logits(networks[i][0], NULL);
    assert_string_equal(fv_model_name(model), networks[i][2]);
    check_layers(model, reference);
    check_weights(model, reference);
    json_decref(reference);
    fv_model_destroy(model);
  }
  assert_true(found >= 7);
}

/* PyTorch's list has modules only: our layers less the input and the sums, in the same order. */
static void lite0_has_the_layers_of_its_weights(void **state) {
  (void)state;
  fv_model *model = build_logits("EfficientNetLite0", NULL);
  json_t *reference = golden("zoo/EfficientNetLite0.json"), *layers = json_object_get(reference, "layers");
  size_t at = 0;
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) {
    fv_layer_info info = fv_model_layer(model, i);
    if (!strcmp(info.kind, "InputLayer") || !strcmp(info.kind, "Add")) continue;
    json_t *layer = json_array_get(layers, at++), *shape = json_object_get(layer, "shape");
    assert_string_equal(info.name, json_string_value(json_object_get(layer, "name")));
    if (strcmp(info.name, "avg_pooling")) check_shape(info.name, &info.output, shape); /* there (1, 1, 1, 1280) */
    json_t *epsilon = json_object_get(json_object_get(layer, "config"), "epsilon");
    if (epsilon) assert_true(((const fv_batch_normalization_options *)info.options)->epsilon == 1e-3);
  }
  assert_int_equal(at, json_array_size(layers));
  assert_int_equal(fv_model_parameters(model), whole(reference, "total_params"));
  assert_int_equal(fv_model_weight_count(model), json_array_size(json_object_get(reference, "variables")));
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    json_t *variable = json_array_get(json_object_get(reference, "variables"), (size_t)i);
    assert_string_equal(fv_model_weight(model, i).path, json_string_value(json_object_get(variable, "path")));
  }
  json_decref(reference);
  fv_model_destroy(model);
}

static void check_report(const char *name, const char *how, const golden_report *report) {
  if (!(report->logits <= report->logits_allowed))
    fail_msg("%s, %s at %s: logits differ by %g, allowed %g", name, how, fv_cpu_name(fv_cpu()), report->logits,
             report->logits_allowed);
  if (!(report->layers <= 1))
    fail_msg("%s, %s at %s: %s differs by %g times what is allowed", name, how, fv_cpu_name(fv_cpu()), report->worst,
             report->layers);
}

/* Inspect mode, then infer mode with 1, 2 and 3 threads: the same bits. */
static void check_numbers(const char *name, const char *file, const char *weights) {
  fv_model *model = build_logits(name, weights);
  json_t *reference = golden(file);
  golden_report report;
  if (golden_inspect(model, reference, 0, &report)) fail_msg("%s: %s", name, fv_error_message());
  check_report(name, "inspect", &report);
  fv_tensor one = {.data = NULL};
  for (int32_t threads = 1; threads <= (IS_SLOW ? 2 : 3); threads++) {
    fv_tensor outputs;
    int64_t elements;
    if (golden_infer(model, reference, threads, &report, &outputs)) fail_msg("%s: %s", name, fv_error_message());
    check_report(name, "infer", &report);
    assert_int_equal(fv_shape_elements(&elements, &outputs.shape), FV_OK);
    if (!one.data)
      one = outputs;
    else {
      assert_memory_equal(one.data, outputs.data, (size_t)elements * sizeof(float));
      fv_tensor_destroy(&outputs);
    }
  }
  fv_tensor_destroy(&one);
  json_decref(reference);
  fv_model_destroy(model);
}

static void at_every_level(const char *name, const char *file, const char *weights) {
  for (int level = FV_CPU_BASELINE; level <= (int)fv_cpu_best(); level++) {
    assert_int_equal(fv_cpu_set_level((fv_cpu_level)level), FV_OK);
    check_numbers(name, file, weights);
  }
}

static void lenet5_numbers(void **state) {
  (void)state;
  at_every_level("LeNet5", "history/lenet5.json", "by-name:1");
}

static void mobilenet_numbers(void **state) {
  (void)state;
  at_every_level("MobileNet", "zoo/MobileNet.json", "by-name:1");
}

static void mobilenet_v2_numbers(void **state) {
  (void)state;
  at_every_level("MobileNetV2", "zoo/MobileNetV2.json", "by-name:1");
}

static void squeezenet_numbers(void **state) {
  (void)state;
  at_every_level("SqueezeNet1_1", "history/squeezenet11.json", "by-name:1");
}

static void resnet18_numbers(void **state) {
  (void)state;
  at_every_level("ResNet18", "history/resnet18.json", "by-name:1");
}

/* With its real weights, when `make demo` has fetched them. */
static void lite0_numbers(void **state) {
  (void)state;
  char path[4096];
  if (fv_zoo_find_weights(path, sizeof path, "EfficientNetLite0", NULL)) skip();
  at_every_level("EfficientNetLite0", "zoo/EfficientNetLite0.json", "imagenet");
}

/* 15.5 thousand million multiply-adds and 553 MB of weights: at the best level only, and not under sanitizers. */
static void vgg16_numbers(void **state) {
  (void)state;
  if (IS_SLOW) skip();
  assert_int_equal(fv_cpu_set_level(fv_cpu_best()), FV_OK);
  check_numbers("VGG16", "zoo/VGG16.json", "by-name:1");
}

/* Outputs of a batch are those of its images alone, also where extents are odd. */
static void batches_and_odd_sizes(void **state) {
  (void)state;
  assert_int_equal(fv_cpu_set_level(fv_cpu_best()), FV_OK);
  fv_model *model =
      build("MobileNet",
            &(fv_zoo_options){
                .weights = "by-name:2", .no_top = true, .input_shape = {-1, -1, 3}, .pooling = "avg", .alpha = 0.25});
  fv_shape two = {.rank = 4, .dims = {2, 53, 37, 3}}, one = {.rank = 4, .dims = {1, 53, 37, 3}};
  fv_plan *both, *single;
  assert_int_equal(fv_plan_create(&both, model, &(fv_plan_options){.input_shapes = &two}), FV_OK);
  assert_int_equal(fv_plan_create(&single, model, &(fv_plan_options){.input_shapes = &one}), FV_OK);
  fv_fill_by_name(fv_plan_input(both, 0), "input", &two, 5, "input");
  assert_int_equal(fv_run(both, NULL), FV_OK);
  fv_shape output = fv_plan_output_shape(both, 0);
  assert_int_equal(output.dims[0], 2);
  assert_int_equal(output.dims[1], 256);
  for (int image = 0; image < 2; image++) {
    size_t bytes = 53 * 37 * 3 * sizeof(float);
    memcpy(fv_plan_input(single, 0), fv_plan_input(both, 0) + image * 53 * 37 * 3, bytes);
    assert_int_equal(fv_run(single, NULL), FV_OK);
    assert_true(golden_relative_rms(fv_plan_output(both, 0) + image * 256, fv_plan_output(single, 0), 256) < 1e-5);
  }
  fv_plan_destroy(both);
  fv_plan_destroy(single);
  fv_model_destroy(model);
}

/* Two images of 97 x 130 without the classifier, pooled: Keras's own numbers (tools/check-zoo makes them). */
static void ragged_images_equal_keras(void **state) {
  (void)state;
  static const char *const names[] = {"DenseNet121", "InceptionV3", "MobileNetV2", "ResNet50V2"};
  assert_int_equal(fv_cpu_set_level(fv_cpu_best()), FV_OK);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[4096];
    snprintf(path, sizeof path, FOVEA_SOURCE_DIR "/tests/golden/zoo_ragged/%s.npy", names[i]);
    fv_tensor expected;
    assert_int_equal(fv_npy_read(&expected, path), FV_OK);
    fv_model *model =
        build(names[i],
              &(fv_zoo_options){.weights = "by-name:3", .no_top = true, .pooling = "avg", .input_shape = {97, 130, 3}});
    fv_plan *plan;
    assert_int_equal(fv_plan_create(&plan, model, &(fv_plan_options){.batch = 2}), FV_OK);
    fv_shape input = fv_plan_input_shape(plan, 0), output = fv_plan_output_shape(plan, 0);
    fv_fill_by_name(fv_plan_input(plan, 0), "input", &input, 3, "input");
    assert_int_equal(fv_run(plan, NULL), FV_OK);
    assert_true(fv_shape_equal(&output, &expected.shape));
    double error = golden_relative_rms(fv_plan_output(plan, 0), expected.data, output.dims[0] * output.dims[1]);
    if (!(error < 1e-4)) fail_msg("%s: differs by %g", names[i], error);
    fv_tensor_destroy(&expected);
    fv_plan_destroy(plan);
    fv_model_destroy(model);
  }
}

static void names_and_options(void **state) {
  (void)state;
  assert_non_null(fv_zoo_find("efficientnet-lite0"));
  assert_string_equal(fv_zoo_find("vgg_16")->name, "VGG16");
  assert_null(fv_zoo_find("VGG17"));
  for (int32_t i = 0; fv_zoo_at(i); i++) {
    const fv_zoo_entry *entry = fv_zoo_at(i);
    fv_model *model = build(entry->name, NULL);
    assert_int_equal(fv_model_parameters(model), entry->parameters);
    const fv_shape output = fv_model_output_shape(model, 0);
    assert_int_equal(output.dims[output.rank - 1], entry->is_detector ? entry->classes + 5 : entry->classes);
    fv_model_destroy(model);
  }
  fv_model *model = build("mobilenet", &(fv_zoo_options){.alpha = 0.75, .input_shape = {160, 160, 3}, .classes = 7});
  assert_string_equal(fv_model_name(model), "mobilenet_0.75_160");
  assert_int_equal(fv_model_output_shape(model, 0).dims[1], 7);
  fv_model_destroy(model);
  model = build("VGG16", &(fv_zoo_options){.no_top = true});
  assert_int_equal(fv_model_parameters(model), 14714688); /* keras.applications.VGG16(include_top=False) */
  fv_model_destroy(model);
}

/* A network of the zoo says how it is fed, and a file of it that says nothing but its name is fed the same. */
static void pictures_are_known_by_name(void **state) {
  (void)state;
  for (int32_t i = 0; fv_zoo_at(i); i++) {
    const fv_zoo_entry *entry = fv_zoo_at(i);
    fv_model *model = build(entry->name, NULL);
    fv_preprocessing own = fv_model_preprocessing(model), wanted, unset = {.scale = 1, .std = {1, 1, 1}};
    assert_int_equal(fv_preprocessing_parse(&wanted, entry->preprocess), FV_OK);
    assert_int_equal(own.mode, wanted.mode);
    assert_string_equal(own.resize, entry->resize);
    assert_true(own.crop == entry->crop);
    assert_int_equal(own.size.height, entry->height);
    bool known = entry->has_imagenet && !strstr(entry->name, "Torchvision");
    if (known) assert_int_equal(fv_model_set_preprocessing(model, &unset), FV_OK);
    fv_preprocessing named = known ? fv_model_preprocessing(model) : own;
    assert_int_equal(named.mode, own.mode);
    assert_true(named.scale == own.scale && named.mean[0] == own.mean[0] && named.std[2] == own.std[2]);
    assert_true(named.crop == own.crop);
    assert_int_equal(named.channels, own.channels);
    fv_model_destroy(model);
  }
}

static int64_t multiply_adds(const char *name) {
  fv_model *model = build(name, NULL);
  int64_t sum = 0;
  for (int32_t i = 0; i < fv_model_layer_count(model); i++) sum += fv_model_layer(model, i).multiply_adds;
  fv_model_destroy(model);
  return sum;
}

/* Worked out from the papers' tables of layers: the sum of out_h out_w kernel_h kernel_w in_c out_c. */
static void costs_are_those_of_the_papers(void **state) {
  (void)state;
  assert_int_equal(multiply_adds("VGG16"), 15346630656 + 123633664); /* convolutions, dense layers */
  assert_int_equal(multiply_adds("MobileNet"), 568740352);           /* the paper says 569 million */
}

/* The second classifier is an output more, and changes no name of the others. */
static void auxiliary_heads_are_outputs(void **state) {
  (void)state;
  fv_model *model = build("InceptionV3", &(fv_zoo_options){.auxiliary = true, .classes = 7});
  assert_int_equal(fv_model_output_count(model), 2);
  assert_string_equal(fv_model_output_name(model, 0), "predictions");
  assert_string_equal(fv_model_output_name(model, 1), "aux_predictions");
  assert_int_equal(fv_model_output_shape(model, 1).dims[1], 7);
  assert_true(fv_model_find_layer(model, "conv2d_93") >= 0);
  assert_int_equal(fv_model_find_layer(model, "conv2d_94"), -1);
  fv_model_destroy(model);
}

static void refuse(const char *name, const fv_zoo_options *options, fv_status status, const char *words) {
  fv_model *model;
  assert_int_equal(fv_zoo_build(&model, name, options), status);
  assert_null(model);
  if (!strstr(fv_error_message(), words)) fail_msg("'%s' does not say '%s'", fv_error_message(), words);
}

static void refusals_say_why(void **state) {
  (void)state;
  refuse("VGG17", NULL, FV_ERROR_NOT_FOUND, "VGG16");
  refuse("VGG16", &(fv_zoo_options){.auxiliary = true}, FV_ERROR_INVALID, "auxiliary");
  refuse("InceptionV3", &(fv_zoo_options){.auxiliary = true, .no_top = true}, FV_ERROR_INVALID, "with the top");
  refuse("VGG16", &(fv_zoo_options){.alpha = 0.5}, FV_ERROR_INVALID, "alpha");
  refuse("VGG16", &(fv_zoo_options){.input_shape = {16, 16, 3}}, FV_ERROR_SHAPE, "at least 32");
  refuse("VGG16", &(fv_zoo_options){.input_shape = {224, 224}}, FV_ERROR_INVALID, "height, width and channels");
  refuse("VGG16", &(fv_zoo_options){.input_shape = {-1, -1, 3}}, FV_ERROR_SHAPE, "last axis");
  refuse("VGG16", &(fv_zoo_options){.pooling = "sum"}, FV_ERROR_INVALID, "avg or max");
  refuse("VGG16", &(fv_zoo_options){.classifier_activation = "relu"}, FV_ERROR_INVALID, "softmax or none");
  refuse("MobileNet", &(fv_zoo_options){.weights = "imagenet", .alpha = 0.3}, FV_ERROR_INVALID, "0.25, 0.5");
  refuse("VGG16", &(fv_zoo_options){.weights = "imagenet", .classes = 10}, FV_ERROR_INVALID, "1000 classes");
  refuse("LeNet5", &(fv_zoo_options){.weights = "imagenet"}, FV_ERROR_INVALID, "no ImageNet weights");
  refuse("LeNet5", &(fv_zoo_options){.weights = "by-name:x"}, FV_ERROR_INVALID, "LeNet5");
}

/* The folders are looked through in order, and the error names the file and a command. */
static void imagenet_weights_are_looked_for(void **state) {
  (void)state;
  char path[4096], folder[] = "/tmp/fovea-zoo-XXXXXX", file[4096];
  assert_non_null(mkdtemp(folder));
  assert_int_equal(setenv("FOVEA_CACHE", folder, 1), 0);
  assert_int_equal(setenv("HOME", folder, 1), 0);
  assert_int_equal(fv_zoo_find_weights(path, sizeof path, "VGG16", NULL), FV_ERROR_NOT_FOUND);
  assert_non_null(strstr(fv_error_message(), "vgg16_weights_tf_dim_ordering_tf_kernels.h5"));
  assert_non_null(strstr(fv_error_message(), "'fovea pull VGG16' fetches it from https://"));
  snprintf(file, sizeof file, "%s/mobilenet_2_5_128_tf_no_top.h5", folder);
  FILE *stream = fopen(file, "w");
  assert_non_null(stream);
  fclose(stream);
  const fv_zoo_options options = {.alpha = 0.25, .input_shape = {128, 128, 3}, .no_top = true};
  assert_int_equal(fv_zoo_find_weights(path, sizeof path, "MobileNet", &options), FV_OK);
  assert_string_equal(path, file);
  remove(file);
  assert_int_equal(fv_zoo_find_weights(path, sizeof path, "EfficientNetLite0", NULL), FV_ERROR_NOT_FOUND);
  assert_non_null(strstr(fv_error_message(), "make demo"));
  remove(folder);
}

/* What a downloader needs: file, address, checksum, for every combination of options that has one. */
static void official_files_are_known(void **state) {
  (void)state;
  const fv_zoo_weights *weights;
  assert_int_equal(fv_zoo_weights_for(&weights, "vgg16", &(fv_zoo_options){.no_top = true}), FV_OK);
  assert_string_equal(weights->file, "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5");
  assert_string_equal(weights->checksum, "md5:6d6bbae143d832006294945121d1f1fc");
  assert_ptr_equal(weights, fv_zoo_weights_at("VGG16", 1));
  assert_null(fv_zoo_weights_at("VGG16", 2));
  assert_null(fv_zoo_weights_at("VGG16", -1));
  assert_null(fv_zoo_weights_at("VGG17", 0));
  assert_null(fv_zoo_weights_at("VGG11", 0));
  assert_int_equal(fv_zoo_weights_for(&weights, "VGG17", NULL), FV_ERROR_NOT_FOUND);
  assert_int_equal(fv_zoo_weights_for(&weights, "VGG11", NULL), FV_ERROR_INVALID);
  const fv_zoo_options odd = {.alpha = 0.5, .input_shape = {97, 130, 3}};
  assert_int_equal(fv_zoo_weights_for(&weights, "MobileNet", &odd), FV_ERROR_INVALID);
  assert_non_null(strstr(fv_error_message(), "128, 160, 192 or 224 pixels, not 97x130"));
  const fv_zoo_options odd_features = {.alpha = 0.5, .input_shape = {97, 130, 3}, .no_top = true};
  assert_int_equal(fv_zoo_weights_for(&weights, "MobileNet", &odd_features), FV_OK);
  assert_string_equal(weights->file, "mobilenet_5_0_224_tf_no_top.h5");
  for (int32_t i = 0; fv_zoo_at(i); i++) {
    const fv_zoo_entry *entry = fv_zoo_at(i);
    assert_int_equal(entry->has_imagenet, fv_zoo_weights_at(entry->name, 0) != NULL);
    for (int32_t k = 0; (weights = fv_zoo_weights_at(entry->name, k)); k++) {
      assert_true((weights->address != NULL) != (weights->command != NULL));
      if (weights->address) assert_true(strlen(weights->address) > 8 && !strncmp(weights->address, "https://", 8));
      if (weights->address) assert_int_equal(weights->address[strlen(weights->address) - 1], '/');
      assert_non_null(weights->licence);
      if (!weights->checksum) continue;
      size_t digits = strspn(strchr(weights->checksum, ':') + 1, "0123456789abcdef");
      bool md5 = !strncmp(weights->checksum, "md5:", 4);
      assert_true(md5 ? digits == 32 : !strncmp(weights->checksum, "sha256:", 7) && digits >= 8 && digits <= 64);
      assert_true(!strchr(weights->checksum, ':')[1 + digits]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keras_networks_have_keras_layers),
      cmocka_unit_test(lite0_has_the_layers_of_its_weights),
      cmocka_unit_test(lenet5_numbers),
      cmocka_unit_test(mobilenet_numbers),
      cmocka_unit_test(mobilenet_v2_numbers),
      cmocka_unit_test(squeezenet_numbers),
      cmocka_unit_test(resnet18_numbers),
      cmocka_unit_test(lite0_numbers),
      cmocka_unit_test(vgg16_numbers),
      cmocka_unit_test(batches_and_odd_sizes),
      cmocka_unit_test(ragged_images_equal_keras),
      cmocka_unit_test(names_and_options),
      cmocka_unit_test(pictures_are_known_by_name),
      cmocka_unit_test(costs_are_those_of_the_papers),
      cmocka_unit_test(auxiliary_heads_are_outputs),
      cmocka_unit_test(refusals_say_why),
      cmocka_unit_test(official_files_are_known),
      cmocka_unit_test(imagenet_weights_are_looked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
