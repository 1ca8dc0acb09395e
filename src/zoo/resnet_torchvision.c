/* ResNet as torchvision has it, and its relatives:
 *
 *   224x224x3  conv1 7x7 /2 64 | pool 3x3 /2 | layer1 | layer2 /2 | layer3 /2 | layer4 /2 | average | 1000
 *   basic      3x3, 3x3                                    ResNet18
 *   bottleneck 1x1, 3x3 with the stride, 1x1 (four times)  ResNet50; WideResNet50: the 3x3 twice as wide;
 *                                                          ResNeXt50: twice as wide in 32 groups
 *
 * Each block adds its input, through a 1x1 convolution where extents or channels change. keras.applications' ResNet50
 * has the stride in the first 1x1, biases and another epsilon: weights of one do not mean anything to the other.
 *
 * He, Zhang, Ren, Sun: Deep residual learning, 2015. Xie, Girshick, Dollar, Tu, He: Aggregated residual
 * transformations, 2016. Zagoruyko, Komodakis: Wide residual networks, 2016.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/support/torchvision.h"

enum { STAGES = 4 };

typedef struct family {
  const char *name;
  int blocks[STAGES];
  bool bottleneck;
  int32_t width;  /* channels of the middle convolution in the first stage */
  int32_t groups; /* of that convolution */
} family;

/* One block being written: its prefix "layer1_0" and what it is made of. */
typedef struct block {
  fv_graph *graph;
  const family *family;
  char prefix[24];
  int32_t planes, stride; /* planes: 64 in the first stage, doubled from stage to stage */
} block;

static fv_value convolve(const block *b, fv_value x, const char *suffix, fv__torchvision_conv conv) {
  char name[FV__TORCHVISION_NAME];
  return fv__torchvision_convolve(b->graph, x, fv__torchvision_name(name, b->prefix, suffix), conv);
}

static fv_value normalise(const block *b, fv_value x, const char *suffix) {
  char name[FV__TORCHVISION_NAME];
  return fv__torchvision_normalise(b->graph, x, fv__torchvision_name(name, b->prefix, suffix), 1e-5);
}

static fv_value rectify(const block *b, fv_value x, const char *suffix) {
  char name[FV__TORCHVISION_NAME];
  return fv__torchvision_relu(b->graph, x, fv__torchvision_name(name, b->prefix, suffix));
}

static fv_value basic(const block *b, fv_value x) {
  x = convolve(b, x, "conv1", (fv__torchvision_conv){b->planes, {3}, {1}, .stride = b->stride});
  x = rectify(b, normalise(b, x, "bn1"), "relu");
  return normalise(b, convolve(b, x, "conv2", (fv__torchvision_conv){b->planes, {3}, {1}}), "bn2");
}

static fv_value bottleneck(const block *b, fv_value x) {
  const int32_t width = b->family->width * (b->planes / 64);
  x = convolve(b, x, "conv1", (fv__torchvision_conv){.filters = width, .kernel = {1}});
  x = rectify(b, normalise(b, x, "bn1"), "relu");
  x = convolve(b, x, "conv2",
               (fv__torchvision_conv){width, {3}, {1}, .stride = b->stride, .groups = b->family->groups});
  x = rectify(b, normalise(b, x, "bn2"), "relu_1");
  return normalise(b, convolve(b, x, "conv3", (fv__torchvision_conv){.filters = 4 * b->planes, .kernel = {1}}), "bn3");
}

static fv_value build_block(const block *b, fv_value x, int32_t channels) {
  const int32_t out = b->family->bottleneck ? 4 * b->planes : b->planes;
  fv_value shortcut = x;
  x = b->family->bottleneck ? bottleneck(b, x) : basic(b, x);
  if (b->stride != 1 || channels != out) {
    const fv__torchvision_conv conv = {.filters = out, .kernel = {1}, .stride = b->stride};
    shortcut = normalise(b, convolve(b, shortcut, "downsample_0", conv), "downsample_1");
  }
  char name[FV__TORCHVISION_NAME];
  x = fv_add(b->graph, {x, shortcut}, .name = fv__torchvision_name(name, b->prefix, "add"));
  return rectify(b, x, b->family->bottleneck ? "relu_2" : "relu_1");
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o, const family *f) {
  fv_graph_set_name(graph, f->name);
  fv_value x = fv__zoo_input(graph, o, NULL);
  x = fv__torchvision_convolve(graph, x, "conv1", (fv__torchvision_conv){64, {7}, {3}, .stride = 2});
  x = fv__torchvision_relu(graph, fv__torchvision_normalise(graph, x, "bn1", 1e-5), "relu");
  x = fv__torchvision_pool3(graph, x, "maxpool");
  int32_t channels = 64;
  for (int stage = 0; stage < STAGES; stage++)
    for (int i = 0; i < f->blocks[stage]; i++) {
      block b = {graph, f, "", 64 << stage, stage > 0 && i == 0 ? 2 : 1};
      snprintf(b.prefix, sizeof b.prefix, "layer%d_%d", stage + 1, i);
      x = build_block(&b, x, channels);
      channels = f->bottleneck ? 4 * b.planes : b.planes;
    }
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_global_average_pooling2d(graph, x, .name = "avgpool");
  return fv_dense(graph, x, .name = "fc", .units = o->classes, .activation = fv__zoo_activation(o));
}

static fv_value build18(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, &(const family){"resnet18_torchvision", {2, 2, 2, 2}, false, 64, 1});
}

static fv_value build50(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, &(const family){"resnet50_torchvision", {3, 4, 6, 3}, true, 64, 1});
}

static fv_value build_next50(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, &(const family){"resnext50_torchvision", {3, 4, 6, 3}, true, 128, 32});
}

static fv_value build_wide50(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, &(const family){"wide_resnet50_torchvision", {3, 4, 6, 3}, true, 128, 1});
}

static const fv_zoo_weights weights18[] = FV__TORCHVISION_WEIGHTS("resnet18", "f37072fd", 0);
static const fv_zoo_weights weights50[] = FV__TORCHVISION_WEIGHTS("resnet50", "0676ba61", 0);
static const fv_zoo_weights weights_next50[] = FV__TORCHVISION_WEIGHTS("resnext50_32x4d", "7cdf4587", 0);
static const fv_zoo_weights weights_wide50[] = FV__TORCHVISION_WEIGHTS("wide_resnet50_2", "95faca4d", 0);

#define ENTRY(named, says, count)                                                                                      \
  {                                                                                                                    \
    .name = named, .help = says, .height = 224, .width = 224, .channels = 3, .smallest = 32, .classes = 1000,          \
    .parameters = count, .preprocess = "torch", .resize = "pil-bilinear", .crop = 0.875, .has_imagenet = true          \
  }

static const fv__network wide50 = {
    .entry = ENTRY("WideResNet50Torchvision",
                   "PyTorch's ResNet-50 with 3x3 convolutions twice as wide; Zagoruyko, Komodakis 2016", 68951464),
    .build = build_wide50,
    .weights = weights_wide50,
};

static const fv__network next50 = {
    .entry = ENTRY("ResNeXt50Torchvision", "PyTorch's ResNet-50 with 3x3 convolutions in 32 groups; Xie et al. 2016",
                   25097128),
    .build = build_next50,
    .weights = weights_next50,
    .next = &wide50,
};

static const fv__network resnet50 = {
    .entry = ENTRY("ResNet50Torchvision", "PyTorch's ResNet-50: sixteen bottlenecks with shortcuts; He et al. 2015",
                   25610152),
    .build = build50,
    .weights = weights50,
    .next = &next50,
};

const fv__network fv__network_resnet_torchvision = {
    .entry = ENTRY("ResNet18Torchvision", "PyTorch's ResNet-18: eight pairs of 3x3 with shortcuts; He et al. 2015",
                   11699112),
    .build = build18,
    .weights = weights18,
    .next = &resnet50,
};
