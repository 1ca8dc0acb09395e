/* SqueezeNet 1.1 as torchvision has it: fire modules, in which few 1x1 filters squeeze what 1x1 and 3x3 filters expand.
 *
 *   224x224x3  3x3 /2 64 | pool | fire fire | pool | fire fire | pool | four fires 512 | dropout | 1x1 1000 | ReLU |
 * average
 *
 * Pools are 3x3 /2 in ceil mode: the last window may hang over the edge. Iandola et al.: SqueezeNet, 2016; version 1.1
 * is theirs too.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/support/torchvision.h"

/* A convolution with its ReLU: "PREFIX_PART", "PREFIX_PART_activation". */
static fv_value unit(fv_graph *graph, fv_value x, const char *prefix, const char *part, fv__torchvision_conv conv) {
  char name[FV__TORCHVISION_NAME], activation[FV__TORCHVISION_NAME];
  conv.bias = true;
  x = fv__torchvision_convolve(graph, x, fv__torchvision_name(name, prefix, part), conv);
  return fv__torchvision_relu(graph, x, fv__torchvision_name(activation, name, "activation"));
}

static fv_value fire(fv_graph *graph, fv_value x, const char *prefix, int32_t squeeze, int32_t expand) {
  char name[FV__TORCHVISION_NAME];
  x = unit(graph, x, prefix, "squeeze", (fv__torchvision_conv){.filters = squeeze, .kernel = {1}});
  fv_value narrow = unit(graph, x, prefix, "expand1x1", (fv__torchvision_conv){.filters = expand, .kernel = {1}});
  fv_value wide = unit(graph, x, prefix, "expand3x3", (fv__torchvision_conv){expand, {3}, {1}});
  return fv_concatenate(graph, {narrow, wide}, .name = fv__torchvision_name(name, prefix, "concat"));
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  static const struct {
    int32_t squeeze, expand; /* squeeze 0: a pool */
  } modules[] = {{0, 0}, {16, 64},  {16, 64},  {0, 0},    {32, 128}, {32, 128},
                 {0, 0}, {48, 192}, {48, 192}, {64, 256}, {64, 256}};
  fv_graph_set_name(graph, "squeezenet1_1_torchvision");
  fv_value x = fv__zoo_input(graph, o, NULL);
  x = fv__torchvision_convolve(graph, x, "features_0",
                               (fv__torchvision_conv){.filters = 64, .kernel = {3}, .stride = 2, .bias = true});
  x = fv__torchvision_relu(graph, x, "features_1");
  for (int i = 0; i < 11; i++) {
    char name[FV__TORCHVISION_NAME];
    snprintf(name, sizeof name, "features_%d", i + 2);
    if (modules[i].squeeze)
      x = fire(graph, x, name, modules[i].squeeze, modules[i].expand);
    else
      x = fv_padded_max_pooling2d(graph, x, .name = name, .pool_size = {3}, .strides = {2}, .ceil_mode = true);
  }
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_dropout(graph, x, .name = "classifier_0", .rate = 0.5);
  x = fv__torchvision_convolve(graph, x, "classifier_1",
                               (fv__torchvision_conv){.filters = o->classes, .kernel = {1}, .bias = true});
  x = fv__torchvision_relu(graph, x, "classifier_2");
  x = fv_global_average_pooling2d(graph, x, .name = "classifier_3");
  return fv_activation(graph, x, .name = "predictions", .activation = fv__zoo_activation(o));
}

static const fv_zoo_weights weights[] = FV__TORCHVISION_WEIGHTS("squeezenet1_1", "b8a52dc0", 0);

const fv__network fv__network_squeezenet1_1_torchvision = {
    .entry = {.name = "SqueezeNet1_1Torchvision",
              .help = "PyTorch's SqueezeNet 1.1: few filters squeeze what many expand; Iandola et al. 2016",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 32,
              .classes = 1000,
              .parameters = 1235496,
              .preprocess = "torch",
              .resize = "pil-bilinear",
              .crop = 0.875,
              .has_imagenet = true},
    .build = build,
    .weights = weights,
};
