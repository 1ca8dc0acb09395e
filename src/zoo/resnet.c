/* ResNet: blocks whose output is added to their input. ResNet50's stages (blocks, filters of the last convolution):
 *
 *   224x224x3  conv1 7x7 /2 64, pool /2 | conv2 3 256 |56| conv3 4 512 |28| conv4 6 1024 |14| conv5 3 2048 |7|  1000
 *
 *   basic block (18, 34)         3x3, 3x3
 *   bottleneck (50, 101, 152)    1x1, 3x3, 1x1 with four times the filters
 *
 * Each convolution has a bias and is followed by batch normalization. The first block of a stage has a 1x1 convolution
 * on the way around it, and a stride of 2 (but in conv2): in the 1x1 of a bottleneck, in the first 3x3 of a basic
 * block, there after one zero on every side, as PyTorch pads.
 *
 * He, Zhang, Ren, Sun: Deep residual learning for image recognition, 2015. Layers and names as
 * keras.applications.ResNet50 has them; ResNet18 and 34 are written in the same manner.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

enum { STAGES = 4 };

static fv_value norm(fv_graph *graph, fv_value x, const char *name) {
  return fv_batch_normalization(graph, x, .name = name, .epsilon = 1.001e-5);
}

/* Convolution "BLOCK_PART_conv" and its normalization "BLOCK_PART_bn". */
static fv_value unit(fv_graph *graph, fv_value x, const char *block, const char *part, int32_t filters, int32_t kernel,
                     int32_t stride) {
  fv__zoo_name name = fv__zoo_named(block, part);
  int32_t padding = kernel == 3 && stride == 1 ? FV_SAME : FV_VALID;
  x = fv_conv2d(graph, x, .name = fv__zoo_named(name.text, "_conv").text, .filters = filters, .kernel_size = {kernel},
                .strides = {stride}, .padding = padding);
  return norm(graph, x, fv__zoo_named(name.text, "_bn").text);
}

static fv_value relu(fv_graph *graph, fv_value x, const char *block, const char *part) {
  return fv_activation(graph, x, .name = fv__zoo_named(block, part).text, .activation = "relu");
}

static fv_value bottleneck(fv_graph *graph, fv_value x, const char *name, int32_t filters, int32_t stride, bool first) {
  fv_value around = first ? unit(graph, x, name, "_0", 4 * filters, 1, stride) : x;
  x = relu(graph, unit(graph, x, name, "_1", filters, 1, stride), name, "_1_relu");
  x = relu(graph, unit(graph, x, name, "_2", filters, 3, 1), name, "_2_relu");
  x = unit(graph, x, name, "_3", 4 * filters, 1, 1);
  x = fv_add(graph, {around, x}, .name = fv__zoo_named(name, "_add").text);
  return relu(graph, x, name, "_out");
}

static fv_value basic(fv_graph *graph, fv_value x, const char *name, int32_t filters, int32_t stride, bool first) {
  fv_value around = first && stride > 1 ? unit(graph, x, name, "_0", filters, 1, stride) : x;
  if (stride > 1) x = fv_zero_padding2d(graph, x, .name = fv__zoo_named(name, "_1_pad").text);
  x = relu(graph, unit(graph, x, name, "_1", filters, 3, stride), name, "_1_relu");
  x = unit(graph, x, name, "_2", filters, 3, 1);
  x = fv_add(graph, {around, x}, .name = fv__zoo_named(name, "_add").text);
  return relu(graph, x, name, "_out");
}

typedef fv_value block_function(fv_graph *graph, fv_value x, const char *name, int32_t filters, int32_t stride,
                                bool first);

static fv_value body(fv_graph *graph, fv_value x, const fv_zoo_options *o, block_function *block,
                     const int blocks[STAGES]) {
  x = fv_zero_padding2d(graph, x, .name = "conv1_pad", .padding = {3, 3, 3, 3});
  x = fv_conv2d(graph, x, .name = "conv1_conv", .filters = 64, .kernel_size = {7}, .strides = {2});
  x = norm(graph, x, "conv1_bn");
  x = fv_activation(graph, x, .name = "conv1_relu", .activation = "relu");
  x = fv_zero_padding2d(graph, x, .name = "pool1_pad");
  x = fv_max_pooling2d(graph, x, .name = "pool1_pool", .pool_size = {3}, .strides = {2});
  char name[32];
  for (int stage = 0; stage < STAGES; stage++)
    for (int i = 0; i < blocks[stage]; i++) {
      snprintf(name, sizeof name, "conv%d_block%d", stage + 2, i + 1);
      x = block(graph, x, name, 64 << stage, stage > 0 && i == 0 ? 2 : 1, i == 0);
    }
  return o->no_top ? fv__zoo_named_pool(graph, x, o) : fv__zoo_top(graph, x, o);
}

static fv_value build18(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "resnet18");
  return body(graph, fv__zoo_input(graph, o, "input"), o, basic, (const int[]){2, 2, 2, 2});
}

static fv_value build34(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "resnet34");
  return body(graph, fv__zoo_input(graph, o, "input"), o, basic, (const int[]){3, 4, 6, 3});
}

static fv_value build50(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "resnet50");
  return body(graph, fv__zoo_input(graph, o, NULL), o, bottleneck, (const int[]){3, 4, 6, 3});
}

static fv_value build101(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "resnet101");
  return body(graph, fv__zoo_input(graph, o, NULL), o, bottleneck, (const int[]){3, 4, 23, 3});
}

static fv_value build152(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "resnet152");
  return body(graph, fv__zoo_input(graph, o, NULL), o, bottleneck, (const int[]){3, 8, 36, 3});
}

#define WEIGHTS(number, top, sum, without)                                                                             \
  {                                                                                                                    \
    .file = "resnet" number "_weights_tf_dim_ordering_tf_kernels" top ".h5",                                           \
    .address = "https://storage.googleapis.com/tensorflow/keras-applications/resnet/", .checksum = "md5:" sum,         \
    .licence = "MIT", .no_top = without                                                                                \
  }

static const fv_zoo_weights weights50[] = {WEIGHTS("50", "", "2cb95161c43110f7111970584f804107", false),
                                           WEIGHTS("50", "_notop", "4d473c1dd8becc155b73f8504c6f6626", true),
                                           {.file = NULL}};
static const fv_zoo_weights weights101[] = {WEIGHTS("101", "", "f1aeb4b969a6efcfb50fad2f0c20cfc5", false),
                                            WEIGHTS("101", "_notop", "88cf7a10940856eca736dc7b7e228a21", true),
                                            {.file = NULL}};
static const fv_zoo_weights weights152[] = {WEIGHTS("152", "", "100835be76be38e30d865e96f2aaae62", false),
                                            WEIGHTS("152", "_notop", "ee4c566cf9a93f14d82f913c2dc6dd0c", true),
                                            {.file = NULL}};

#define ENTRY(named, says, count, way, official)                                                                       \
  {                                                                                                                    \
    .name = named, .help = says, .height = 224, .width = 224, .channels = 3, .smallest = 32, .classes = 1000,          \
    .parameters = count, .preprocess = way, .resize = "pil-bilinear", .has_imagenet = official                         \
  }

static const fv__network resnet152 = {
    .entry = ENTRY("ResNet152", "fifty residual bottlenecks; He et al. 2015", 60419944, "caffe", true),
    .build = build152,
    .weights = weights152,
};

static const fv__network resnet101 = {
    .entry = ENTRY("ResNet101", "thirty-three residual bottlenecks; He et al. 2015", 44707176, "caffe", true),
    .build = build101,
    .weights = weights101,
    .next = &resnet152,
};

static const fv__network resnet50 = {
    .entry = ENTRY("ResNet50", "sixteen residual bottlenecks; He et al. 2015", 25636712, "caffe", true),
    .build = build50,
    .weights = weights50,
    .next = &resnet101,
};

static const fv__network resnet34 = {
    .entry =
        ENTRY("ResNet34", "sixteen residual blocks of two 3x3 convolutions; He et al. 2015", 21823208, "caffe", false),
    .build = build34,
    .next = &resnet50,
};

const fv__network fv__network_resnet = {
    .entry =
        ENTRY("ResNet18", "eight residual blocks of two 3x3 convolutions; He et al. 2015", 11703912, "caffe", false),
    .build = build18,
    .next = &resnet34,
};
