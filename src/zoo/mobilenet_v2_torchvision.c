/* MobileNetV2 as torchvision has it: inverted residual blocks with ReLU6.
 *
 *   224x224x3  features_0 3x3 /2 32 | seventeen blocks | features_18 1x1 1280 | average | dropout | 1000
 *   block      expand 1x1 (times 6; the first block has none), depthwise 3x3, project 1x1 without ReLU, sum where the
 *              extents stay
 *
 * Sandler et al.: MobileNetV2, 2018. keras.applications' pads below and right and has another epsilon. Depthwise
 * convolutions are Conv2D with as many groups as channels, so that kernels have PyTorch's names and shapes.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/support/torchvision.h"

static const struct {
  int32_t expand, filters;
  int repeats;
  int32_t stride;
} stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
              {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

/* Convolution, normalisation and ReLU6: "PREFIX_0", "PREFIX_1", "PREFIX_2". */
static fv_value unit(fv_graph *graph, fv_value x, const char *prefix, fv__torchvision_conv conv) {
  char name[FV__TORCHVISION_NAME];
  x = fv__torchvision_convolve(graph, x, fv__torchvision_name(name, prefix, "0"), conv);
  x = fv__torchvision_normalise(graph, x, fv__torchvision_name(name, prefix, "1"), 1e-5);
  return fv_re_lu(graph, x, .name = fv__torchvision_name(name, prefix, "2"), .max_value = 6);
}

/* A block's modules are numbered: expand (if any), depthwise, project, normalisation of that. */
static fv_value block(fv_graph *graph, fv_value x, int number, int32_t channels, int32_t expand, int32_t filters,
                      int32_t stride) {
  const fv_value start = x;
  const int32_t inside = channels * expand;
  char name[FV__TORCHVISION_NAME];
  int part = 0;
  if (expand > 1) {
    snprintf(name, sizeof name, "features_%d_conv_%d", number, part++);
    x = unit(graph, x, name, (fv__torchvision_conv){.filters = inside, .kernel = {1}});
  }
  snprintf(name, sizeof name, "features_%d_conv_%d", number, part++);
  x = unit(graph, x, name, (fv__torchvision_conv){inside, {3}, {1}, .stride = stride, .groups = inside});
  snprintf(name, sizeof name, "features_%d_conv_%d", number, part++);
  x = fv__torchvision_convolve(graph, x, name, (fv__torchvision_conv){.filters = filters, .kernel = {1}});
  snprintf(name, sizeof name, "features_%d_conv_%d", number, part);
  x = fv__torchvision_normalise(graph, x, name, 1e-5);
  if (stride != 1 || channels != filters) return x;
  snprintf(name, sizeof name, "features_%d_add", number);
  return fv_add(graph, {x, start}, .name = name);
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "mobilenet_v2_torchvision");
  fv_value x = fv__zoo_input(graph, o, NULL);
  x = unit(graph, x, "features_0", (fv__torchvision_conv){32, {3}, {1}, .stride = 2});
  int32_t channels = 32;
  int number = 1;
  for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
    for (int r = 0; r < stages[i].repeats; r++) {
      x = block(graph, x, number++, channels, stages[i].expand, stages[i].filters, r == 0 ? stages[i].stride : 1);
      channels = stages[i].filters;
    }
  x = unit(graph, x, "features_18", (fv__torchvision_conv){.filters = 1280, .kernel = {1}});
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_global_average_pooling2d(graph, x, .name = "pool");
  x = fv_dropout(graph, x, .name = "classifier_0", .rate = 0.2);
  return fv_dense(graph, x, .name = "classifier_1", .units = o->classes, .activation = fv__zoo_activation(o));
}

static const fv_zoo_weights weights[] = FV__TORCHVISION_WEIGHTS("mobilenet_v2", "b0353104", 0);

const fv__network fv__network_mobilenet_v2_torchvision = {
    .entry = {.name = "MobileNetV2Torchvision",
              .help = "PyTorch's MobileNetV2: inverted residual blocks; Sandler et al. 2018",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 32,
              .classes = 1000,
              .parameters = 3538984,
              .preprocess = "torch",
              .resize = "pil-bilinear",
              .crop = 0.875,
              .has_imagenet = true},
    .build = build,
    .weights = weights,
};
