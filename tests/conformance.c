/* `make conformance`: how far fovea's numbers are from those of Keras and PyTorch, written as docs/conformance.md.
 *
 *   conformance [OUT.md]      standard output unless a file is given
 *
 * Networks, single layers and files, each at every CPU level of this machine. The exit status is 1 when anything is
 * farther off than allowed. References that are not here (files of ../shared/golden, weights of the cache folder) are
 * left out and said to be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/golden.h"

static FILE *out;
static int failures;

static void head(const char *title, const char *explanation, const char *columns) {
  fprintf(out, "\n## %s\n\n%s\n\n| %s | allowed |", title, explanation, columns);
  for (int level = 0; level <= (int)fv_cpu_best(); level++) fprintf(out, " %s |", fv_cpu_name((fv_cpu_level)level));
  fprintf(out, "\n|---|---|");
  for (int level = 0; level <= (int)fv_cpu_best(); level++) fprintf(out, "---|");
  fputc('\n', out);
}

/* One cell; what is not allowed is bold. */
static void cell(double error, double allowed) {
  if (error <= allowed) {
    fprintf(out, " %.1e |", error);
  } else {
    failures++;
    fprintf(out, " **%.1e** |", error);
  }
}

static void failed_cell(const char *what) {
  failures++;
  fprintf(stderr, "%s: %s\n", what, fv_error_message());
  fprintf(out, " **failed** |");
}

static fv_status set_level(int level) { return fv_cpu_set_level((fv_cpu_level)level); }

/* Two lines: the outputs with all passes on, and the worst layer of inspect mode as a part of what is allowed. */
static void network_lines(const char *name, const char *file, const char *weights) {
  json_t *reference = golden_json(file);
  fv_model *model = NULL;
  const fv_zoo_entry *entry = fv_zoo_find(name);
  fv_zoo_options options = {
      .weights = weights, .classifier_activation = "none", .auxiliary = entry && entry->takes_auxiliary};
  if (!reference || fv_zoo_build(&model, name, &options)) {
    fprintf(out, "| %s | not here |\n", name);
    json_decref(reference);
    return;
  }
  golden_report report[FV_CPU_LEVELS], whole[FV_CPU_LEVELS];
  fv_status status[FV_CPU_LEVELS];
  for (int level = 0; level <= (int)fv_cpu_best(); level++) {
    status[level] = set_level(level);
    if (!status[level]) status[level] = golden_infer(model, reference, 0, &whole[level], NULL);
    if (!status[level]) status[level] = golden_inspect(model, reference, 0, &report[level]);
  }
  fprintf(out, "| %s, output | %.0e |", name, whole[0].logits_allowed);
  for (int level = 0; level <= (int)fv_cpu_best(); level++)
    if (status[level])
      failed_cell(name);
    else
      cell(whole[level].logits, whole[level].logits_allowed);
  fprintf(out, "\n| %s, worst layer (%s) | 1 |", name, report[fv_cpu_best()].worst);
  for (int level = 0; level <= (int)fv_cpu_best(); level++)
    if (status[level])
      failed_cell(name);
    else
      cell(report[level].layers, 1);
  fputc('\n', out);
  fv_model_destroy(model);
  json_decref(reference);
}

#define SHARED "../../../shared/golden/"

/* PyTorch's networks, and those as in their papers. */
static void torch_and_history_networks(void) {
  network_lines("LeNet5_1998", "history/lenet5_1998.json", "by-name:1");
  network_lines("AlexNet", "history/alexnet_2012.json", "by-name:1");
  network_lines("GoogLeNet", "history/googlenet.json", "by-name:1");
  network_lines("AlexNetTorchvision", "history/alexnet_torchvision.json", "by-name:1");
  network_lines("DenseNet121Torchvision", SHARED "torchvision/densenet121.json", "by-name:1");
  network_lines("GoogLeNetTorchvision", SHARED "torchvision/googlenet.json", "by-name:1");
  network_lines("InceptionV3Torchvision", SHARED "torchvision/inception_v3.json", "by-name:1");
  network_lines("MobileNetV2Torchvision", SHARED "torchvision/mobilenet_v2.json", "by-name:1");
  network_lines("ResNet18Torchvision", "torchvision/resnet18.json", "by-name:1");
  network_lines("ResNet50Torchvision", SHARED "torchvision/resnet50.json", "by-name:1");
  network_lines("ResNeXt50Torchvision", SHARED "torchvision/resnext50_32x4d.json", "by-name:1");
  network_lines("WideResNet50Torchvision", SHARED "torchvision/wide_resnet50_2.json", "by-name:1");
  network_lines("SqueezeNet1_1Torchvision", "torchvision/squeezenet1_1.json", "by-name:1");
  network_lines("VGG16BNTorchvision", SHARED "torchvision/vgg16_bn.json", "by-name:1");
}

static void networks(void) {
  head("Networks",
       "Outputs: rms of the difference over rms of the reference (float64), all passes on, before the softmax. Worst "
       "layer: the\nlargest difference of a sample, mean or rms of any layer, as a part of what is allowed there (50 "
       "times the reference's own\nfloat32 error, at least 1e-5, of the layer's rms). Weights are made from names; "
       "EfficientNetLite0's are the real ones.",
       "network");
  network_lines("DenseNet121", "zoo/DenseNet121.json", "by-name:1");
  network_lines("EfficientNetB0", "zoo/EfficientNetB0.json", "by-name:1");
  network_lines("InceptionResNetV2", "zoo/InceptionResNetV2.json", "by-name:1");
  network_lines("InceptionV2", "history/inception_v2.json", "by-name:1");
  network_lines("InceptionV3", "zoo/InceptionV3.json", "by-name:1");
  network_lines("LeNet5", "history/lenet5.json", "by-name:1");
  network_lines("MobileNet", "zoo/MobileNet.json", "by-name:1");
  network_lines("MobileNetV2", "zoo/MobileNetV2.json", "by-name:1");
  network_lines("ResNet18", "history/resnet18.json", "by-name:1");
  network_lines("ResNet34", "history/resnet34.json", "by-name:1");
  network_lines("ResNet50", "zoo/ResNet50.json", "by-name:1");
  network_lines("ResNet50V2", "zoo/ResNet50V2.json", "by-name:1");
  network_lines("SqueezeNet1_1", "history/squeezenet11.json", "by-name:1");
  network_lines("VGG11", "history/vgg11.json", "by-name:1");
  network_lines("VGG13", "history/vgg13.json", "by-name:1");
  network_lines("VGG16", "zoo/VGG16.json", "by-name:1");
  network_lines("Xception", "zoo/Xception.json", "by-name:1");
  network_lines("EfficientNetLite0", "zoo/EfficientNetLite0.json", "imagenet");
  torch_and_history_networks();
}

static void layers(void) {
  head("Layers", "Relative rms of a layer's output against Keras in float64.", "case");
  char **names = golden_layer_cases();
  for (char **name = names; *name; name++) {
    fprintf(out, "| %s | 2e-06 |", *name);
    for (int level = 0; level <= (int)fv_cpu_best(); level++) {
      double error;
      if (set_level(level) || golden_layer_case(*name, 0, &error, NULL))
        failed_cell(*name);
      else
        cell(error, 2e-6);
    }
    fputc('\n', out);
  }
  golden_names_free(names);
}

/* A file whose layers fovea does not have yet is said to be, and is no failure. */
static void file_line(const char *folder, const char *name, const char *suffix) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix);
  FILE *file = fopen(path, "rb");
  if (!file) return;
  fclose(file);
  fprintf(out, "| %s%s | 2e-06 |", name, suffix);
  for (int level = 0; level <= (int)fv_cpu_best(); level++) {
    double error = 0;
    fv_status status = set_level(level);
    if (!status) status = golden_file_case(folder, name, suffix, &error);
    if (status == FV_ERROR_UNSUPPORTED)
      fprintf(out, " not yet |");
    else if (status)
      failed_cell(path);
    else
      cell(error, 2e-6);
  }
  fputc('\n', out);
}

static void files(void) {
  static const char *const suffixes[] = {".keras", ".k3.h5", ".k2.keras", ".k2.h5"};
  const char *folder = FOVEA_SOURCE_DIR "/../shared/golden/files";
  char path[4096];
  snprintf(path, sizeof path, "%s/index.json", folder);
  json_t *index = json_load_file(path, 0, NULL), *models = json_object_get(index, "models");
  head("Files",
       "Relative rms of the worst output against the library that wrote the file: Keras 3 (.keras, .k3.h5) or Keras 2 "
       "(.k2).\nNot yet: it has a layer that fovea lacks.",
       "file");
  if (!models) fprintf(out, "| the files are not here | |\n");
  for (size_t i = 0; i < json_array_size(models); i++)
    for (size_t s = 0; s < sizeof suffixes / sizeof *suffixes; s++)
      file_line(folder, json_string_value(json_object_get(json_array_get(models, i), "name")), suffixes[s]);
  json_decref(index);
}

int main(int count, char **arguments) {
  out = count > 1 ? fopen(arguments[1], "w") : stdout;
  if (!out) {
    fprintf(stderr, "%s: cannot be written\n", arguments[1]);
    return 1;
  }
  fprintf(out, "# Conformance\n\nWritten by `make conformance`: how far fovea's numbers are from those of Keras and "
               "PyTorch, at every CPU level of the\nmachine it ran on. Bold is farther than allowed.\n");
  networks();
  layers();
  files();
  if (fflush(out) || (out != stdout && fclose(out))) return 1;
  if (failures) fprintf(stderr, "%d numbers are farther off than allowed\n", failures);
  return failures ? 1 : 0;
}
