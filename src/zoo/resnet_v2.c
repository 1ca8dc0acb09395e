/* ResNet V2: normalization and ReLU come before each convolution, and nothing but sums is on the way around.
 * ResNet50V2's stages (blocks, filters of the last convolution):
 *
 *   224x224x3  conv1 7x7 /2 64, pool /2 | conv2 3 256 |28| conv3 4 512 |14| conv4 6 1024 |7| conv5 3 2048 |7|  1000
 *
 *   block   normalization, ReLU, 1x1 ReLU, 3x3 ReLU, 1x1 with four times the filters
 *
 * The stride of 2 is in the last block of a stage, in its 3x3; around it goes a maximum over one pixel. The first block
 * of a stage has a 1x1 convolution around it.
 *
 * He, Zhang, Ren, Sun: Identity mappings in deep residual networks, 2016. Layers and names as
 * keras.applications.ResNet50V2 has them.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

enum { STAGES = 4 };

/* Normalization "NAME_bn" and ReLU "NAME_relu". */
static fv_value norm_relu(fv_graph *graph, fv_value x, const char *name) {
  x = fv_batch_normalization(graph, x, .name = fv__zoo_named(name, "_bn").text, .epsilon = 1.001e-5);
  return fv_activation(graph, x, .name = fv__zoo_named(name, "_relu").text, .activation = "relu");
}

static fv_value block(fv_graph *graph, fv_value x, const char *name, int32_t filters, int32_t stride, bool first) {
  fv_value around = x;
  x = norm_relu(graph, x, fv__zoo_named(name, "_preact").text);
  if (first)
    around = fv_conv2d(graph, x, .name = fv__zoo_named(name, "_0_conv").text, .filters = 4 * filters,
                       .kernel_size = {1}, .strides = {stride});
  else if (stride > 1)
    around = fv_max_pooling2d(graph, around, .pool_size = {1}, .strides = {stride});
  x = fv_conv2d(graph, x, .name = fv__zoo_named(name, "_1_conv").text, .filters = filters, .kernel_size = {1},
                .no_bias = true);
  x = norm_relu(graph, x, fv__zoo_named(name, "_1").text);
  x = fv_zero_padding2d(graph, x, .name = fv__zoo_named(name, "_2_pad").text);
  x = fv_conv2d(graph, x, .name = fv__zoo_named(name, "_2_conv").text, .filters = filters, .kernel_size = {3},
                .strides = {stride}, .no_bias = true);
  x = norm_relu(graph, x, fv__zoo_named(name, "_2").text);
  x = fv_conv2d(graph, x, .name = fv__zoo_named(name, "_3_conv").text, .filters = 4 * filters, .kernel_size = {1});
  return fv_add(graph, {around, x}, .name = fv__zoo_named(name, "_out").text);
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o, const char *model, const int blocks[STAGES]) {
  fv_graph_set_name(graph, model);
  fv_value x = fv__zoo_input(graph, o, NULL);
  x = fv_zero_padding2d(graph, x, .name = "conv1_pad", .padding = {3, 3, 3, 3});
  x = fv_conv2d(graph, x, .name = "conv1_conv", .filters = 64, .kernel_size = {7}, .strides = {2});
  x = fv_zero_padding2d(graph, x, .name = "pool1_pad");
  x = fv_max_pooling2d(graph, x, .name = "pool1_pool", .pool_size = {3}, .strides = {2});
  char name[32];
  for (int stage = 0; stage < STAGES; stage++)
    for (int i = 0; i < blocks[stage]; i++) {
      bool last = i == blocks[stage] - 1;
      snprintf(name, sizeof name, "conv%d_block%d", stage + 2, i + 1);
      x = block(graph, x, name, 64 << stage, last && stage < STAGES - 1 ? 2 : 1, i == 0);
    }
  x = norm_relu(graph, x, "post");
  return o->no_top ? fv__zoo_named_pool(graph, x, o) : fv__zoo_top(graph, x, o);
}

static fv_value build50(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "resnet50v2", (const int[]){3, 4, 6, 3});
}

static fv_value build101(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "resnet101v2", (const int[]){3, 4, 23, 3});
}

static fv_value build152(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "resnet152v2", (const int[]){3, 8, 36, 3});
}

#define WEIGHTS(number, top, sum, without)                                                                             \
  {                                                                                                                    \
    .file = "resnet" number "v2_weights_tf_dim_ordering_tf_kernels" top ".h5",                                         \
    .address = "https://storage.googleapis.com/tensorflow/keras-applications/resnet/", .checksum = "md5:" sum,         \
    .licence = "MIT", .no_top = without                                                                                \
  }

static const fv_zoo_weights weights50[] = {WEIGHTS("50", "", "3ef43a0b657b3be2300d5770ece849e0", false),
                                           WEIGHTS("50", "_notop", "fac2f116257151a9d068a22e544a4917", true),
                                           {.file = NULL}};
static const fv_zoo_weights weights101[] = {WEIGHTS("101", "", "6343647c601c52e1368623803854d971", false),
                                            WEIGHTS("101", "_notop", "c0ed64b8031c3730f411d2eb4eea35b5", true),
                                            {.file = NULL}};
static const fv_zoo_weights weights152[] = {WEIGHTS("152", "", "a49b44d1979771252814e80f8ec446f9", false),
                                            WEIGHTS("152", "_notop", "ed17cf2e0169df9d443503ef94b23b33", true),
                                            {.file = NULL}};

#define ENTRY(named, says, count)                                                                                      \
  {                                                                                                                    \
    .name = named, .help = says, .height = 224, .width = 224, .channels = 3, .smallest = 32, .classes = 1000,          \
    .parameters = count, .preprocess = "tf", .resize = "pil-bilinear", .has_imagenet = true                            \
  }

static const fv__network resnet152v2 = {
    .entry = ENTRY("ResNet152V2", "fifty bottlenecks, normalized before they are convolved; He et al. 2016", 60380648),
    .build = build152,
    .weights = weights152,
};

static const fv__network resnet101v2 = {
    .entry = ENTRY("ResNet101V2", "thirty-three bottlenecks, normalized before they are convolved; He et al. 2016",
                   44675560),
    .build = build101,
    .weights = weights101,
    .next = &resnet152v2,
};

const fv__network fv__network_resnet_v2 = {
    .entry = ENTRY("ResNet50V2", "sixteen bottlenecks, normalized before they are convolved; He et al. 2016", 25613800),
    .build = build50,
    .weights = weights50,
    .next = &resnet101v2,
};
