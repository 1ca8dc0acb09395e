/* `make conformance`: how far fovea's numbers are from those of Keras and PyTorch, written as docs/conformance.md.
 *
 *   conformance [OUT.md [SECTION ...]]      "-": standard output; sections: networks layers files cases models known
 *
 * Networks, single layers and files, each at every CPU level of this machine. The exit status is 1 when anything is
 * farther off than allowed. References that are not here (files of ../shared/golden, weights of the cache folder) are
 * left out and said to be.
 */
#include "conformance.h"

#include <stdlib.h>
#include <string.h>

FILE *page;
int page_failures;

static fv_status set_level(int level) { return fv_cpu_set_level((fv_cpu_level)level); }

void page_head(const char *title, const char *explanation, const char *columns) {
  fprintf(page, "\n## %s\n\n%s\n\n| %s | allowed |", title, explanation, columns);
  for (int level = 0; level <= (int)fv_cpu_best(); level++) fprintf(page, " %s |", fv_cpu_name((fv_cpu_level)level));
  fprintf(page, "\n|---|---|");
  for (const char *c = columns; *c; c++)
    if (*c == '|') fprintf(page, "---|");
  for (int level = 0; level <= (int)fv_cpu_best(); level++) fprintf(page, "---|");
  fputc('\n', page);
}

void page_cell(double error, double allowed) {
  if (error <= allowed) {
    fprintf(page, " %.1e |", error);
  } else {
    page_failures++;
    fprintf(page, " **%.1e** |", error);
  }
}

void page_failed(const char *what) {
  page_failures++;
  fprintf(stderr, "%s: %s\n", what, fv_error_message());
  fprintf(page, " **failed** |");
}

void page_levels(const char *what, double allowed, page_measure *measure, void *context) {
  fprintf(page, " %.0e |", allowed);
  for (int level = 0; level <= (int)fv_cpu_best(); level++) {
    double error = 0;
    if (set_level(level) || measure(context, &error))
      page_failed(what);
    else
      page_cell(error, allowed);
  }
  fputc('\n', page);
}

void page_no_numbers(void) {
  fprintf(page, " |");
  for (int level = 0; level <= (int)fv_cpu_best(); level++) fprintf(page, " |");
  fputc('\n', page);
}

/* Two lines: the outputs with all passes on, and the worst layer of inspect mode as a part of what is allowed. */
static void network_lines(const char *name, const char *file, const char *weights) {
  json_t *reference = golden_json(file);
  fv_model *model = NULL;
  fv_zoo_options options = {.weights = weights,
                            .classifier_activation = "none",
                            .auxiliary = json_array_size(json_object_get(reference, "outputs")) > 1};
  if (!reference || fv_zoo_build(&model, name, &options)) {
    fprintf(page, "| %s | not here |\n", name);
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
  fprintf(page, "| %s, output | %.0e |", name, whole[0].logits_allowed);
  for (int level = 0; level <= (int)fv_cpu_best(); level++)
    if (status[level])
      page_failed(name);
    else
      page_cell(whole[level].logits, whole[level].logits_allowed);
  fprintf(page, "\n| %s, worst layer (%s) | 1 |", name, report[fv_cpu_best()].worst);
  for (int level = 0; level <= (int)fv_cpu_best(); level++)
    if (status[level])
      page_failed(name);
    else
      page_cell(report[level].layers, 1);
  fputc('\n', page);
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
  page_head(
      "Networks",
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

static fv_status measure_layer(void *name, double *error) { return golden_layer_case(name, 0, error, NULL); }

static void layers(void) {
  page_head("Layers", "Relative rms of a layer's output against Keras in float64.", "case");
  char **names = golden_layer_cases();
  for (char **name = names; *name; name++) {
    fprintf(page, "| %s |", *name);
    page_levels(*name, 2e-6, measure_layer, *name);
  }
  golden_names_free(names);
}

typedef struct dialect {
  const char *folder, *name, *suffix;
} dialect;

static fv_status measure_file(void *context, double *error) {
  const dialect *d = context;
  return golden_file_case(d->folder, d->name, d->suffix, error);
}

static void file_line(const char *folder, const char *name, const char *suffix) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix);
  FILE *file = fopen(path, "rb");
  if (!file) return;
  fclose(file);
  dialect d = {folder, name, suffix};
  fprintf(page, "| %s%s |", name, suffix);
  page_levels(path, 2e-6, measure_file, &d);
}

static void files(void) {
  static const char *const suffixes[] = {".keras", ".k3.h5", ".k3.weights.h5", ".k2.keras", ".k2.h5", ".k2.weights.h5"};
  const char *folder = FOVEA_SOURCE_DIR "/../shared/golden/files";
  char path[4096];
  snprintf(path, sizeof path, "%s/index.json", folder);
  json_t *index = json_load_file(path, 0, NULL), *models = json_object_get(index, "models");
  page_head("Files",
            "Relative rms of the worst output against the library that wrote the file: Keras 3 (.keras, .k3) or Keras "
            "2 (.k2).\nFiles of weights alone (.weights.h5) go into the network of the .h5 beside them.",
            "file");
  if (!models) fprintf(page, "| the files are not here | |\n");
  for (size_t i = 0; i < json_array_size(models); i++)
    for (size_t s = 0; s < sizeof suffixes / sizeof *suffixes; s++)
      file_line(folder, json_string_value(json_object_get(json_array_get(models, i), "name")), suffixes[s]);
  json_decref(index);
}

/* The parts of the page by the words that ask for one alone. */
static const struct {
  const char *word;
  void (*write)(void);
} sections[] = {
    {"networks", networks},         {"layers", layers},          {"files", files}, {"cases", conformance_cases},
    {"models", conformance_models}, {"known", conformance_known}};

static void write_sections(int count, char **words) {
  for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
    bool wanted = count == 0;
    for (int w = 0; w < count; w++) wanted |= !strcmp(words[w], sections[i].word);
    if (wanted) sections[i].write();
  }
}

int main(int count, char **arguments) {
  const bool whole = count < 3;
  page = count > 1 && strcmp(arguments[1], "-") ? fopen(arguments[1], "w") : stdout;
  if (!page) {
    fprintf(stderr, "%s: cannot be written\n", arguments[1]);
    return 1;
  }
  if (whole)
    fprintf(page, "# Conformance\n\nWritten by `make conformance`: how far fovea's numbers are from those of Keras and "
                  "PyTorch, at every CPU level of the\nmachine it ran on. Bold is farther than allowed.\n");
  write_sections(whole ? 0 : count - 2, arguments + 2);
  if (fflush(page) || (page != stdout && fclose(page))) return 1;
  if (page_failures) fprintf(stderr, "%d numbers are farther off than allowed\n", page_failures);
  return page_failures ? 1 : 0;
}
