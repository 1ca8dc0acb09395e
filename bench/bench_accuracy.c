/* How exact whole networks are: the rms of the difference over the rms of the outputs, against a run in float64, for
 * every reference that is there (tests/golden, ../shared/golden), with the transforms of each accuracy.
 *
 * Allowed are 10 times the error of the reference's own float32 run, at least 1e-5 (MobileNetV2, which amplifies
 * rounding, 1e-4); 4 times and 2e-6 when exact. `fast` has no limit and is there to be known.
 *
 * Usage: bench_accuracy [NETWORK]. Exit status 1 when an error is above its limit.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/golden.h"

typedef struct network {
  const char *name, *file;
} network;

static const network NETWORKS[] = {
    {"AlexNetTorchvision", "history/alexnet_torchvision.json"},
    {"DenseNet121", "zoo/DenseNet121.json"},
    {"DenseNet121Torchvision", "torchvision/densenet121.json"},
    {"EfficientNetB0", "zoo/EfficientNetB0.json"},
    {"GoogLeNetTorchvision", "torchvision/googlenet.json"},
    {"InceptionResNetV2", "zoo/InceptionResNetV2.json"},
    {"InceptionV3", "zoo/InceptionV3.json"},
    {"InceptionV3Torchvision", "torchvision/inception_v3.json"},
    {"MobileNet", "zoo/MobileNet.json"},
    {"MobileNetV2", "zoo/MobileNetV2.json"},
    {"MobileNetV2Torchvision", "torchvision/mobilenet_v2.json"},
    {"ResNet18Torchvision", "torchvision/resnet18.json"},
    {"ResNet50", "zoo/ResNet50.json"},
    {"ResNet50Torchvision", "torchvision/resnet50.json"},
    {"ResNet50V2", "zoo/ResNet50V2.json"},
    {"ResNeXt50Torchvision", "torchvision/resnext50_32x4d.json"},
    {"SqueezeNet1_1Torchvision", "torchvision/squeezenet1_1.json"},
    {"VGG16", "zoo/VGG16.json"},
    {"VGG16BNTorchvision", "torchvision/vgg16_bn.json"},
    {"WideResNet50Torchvision", "torchvision/wide_resnet50_2.json"},
    {"Xception", "zoo/Xception.json"},
};

/* Whether the reference has an output beside the classifier's, which only the auxiliary heads give. */
static bool has_auxiliary(const json_t *reference) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)reference, key, value) {
    if (!strncmp(key, "logits_", 7) && strcmp(key, "logits_f64") != 0) return true;
  }
  return false;
}

static fv_status measure(fv_model *model, const char *name, const json_t *reference, bool *good) {
  static const fv_accuracy accuracies[] = {FV_ACCURACY_EXACT, FV_ACCURACY_DEFAULT, FV_ACCURACY_FAST};
  double error, allowed;
  printf("%-26s %9.1e", name, json_number_value(json_object_get(reference, "f32_error")));
  for (int i = 0; i < 3; i++) {
    const fv_status status = golden_accuracy(model, reference, accuracies[i], &error, &allowed);
    if (status) return status;
    if (accuracies[i] == FV_ACCURACY_DEFAULT && !strncmp(name, "MobileNetV2", 11)) allowed = fmax(allowed, 1e-4);
    const bool passed = error <= allowed || accuracies[i] == FV_ACCURACY_FAST;
    printf("  %9.1e%s", error, passed ? " " : "!");
    *good = *good && passed;
  }
  putchar('\n');
  return FV_OK;
}

static bool measure_network(const network *n) {
  json_t *reference = golden_json(n->file);
  if (!reference) {
    printf("%-26s reference not here\n", n->name);
    return true;
  }
  fv_model *model = NULL;
  bool good = true;
  fv_status status =
      fv_zoo_build(&model, n->name,
                   &(fv_zoo_options){
                       .weights = "by-name:1", .classifier_activation = "none", .auxiliary = has_auxiliary(reference)});
  if (!status) status = measure(model, n->name, reference, &good);
  if (status) fprintf(stderr, "%s: %s\n", n->name, fv_error_message());
  fv_model_destroy(model);
  json_decref(reference);
  return good && !status;
}

int main(int count, char **arguments) {
  bool good = true;
  printf("%-26s %9s  %9s   %9s   %9s\n", "relative rms error", "reference", "exact", "default", "fast");
  for (size_t i = 0; i < sizeof NETWORKS / sizeof *NETWORKS; i++)
    if (count < 2 || !strcmp(arguments[1], NETWORKS[i].name)) good = measure_network(&NETWORKS[i]) && good;
  return good ? 0 : 1;
}
