/* DenseNet: each block gives 32 channels, which are put beside all those before. DenseNet121's stages (blocks):
 *
 *   224x224x3  conv1 7x7 /2 64, pool /2 | conv2 6 |56| conv3 12 |28| conv4 24 |14| conv5 16 |7|  1000
 *
 *   block        normalization, ReLU, 1x1 128; normalization, ReLU, 3x3 32; concatenated with its input
 *   transition   normalization, ReLU, 1x1 to half the channels, average pooling 2x2
 *
 * Huang, Liu, van der Maaten, Weinberger: Densely connected convolutional networks, 2016. Layers and names as
 * keras.applications.DenseNet121 has them.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

enum { STAGES = 4, GROWTH = 32 };

/* Normalization "NAME_bn" and ReLU "NAME_relu". */
static fv_value norm_relu(fv_graph *graph, fv_value x, const char *name) {
  x = fv_batch_normalization(graph, x, .name = fv__zoo_named(name, "_bn").text, .epsilon = 1.001e-5);
  return fv_activation(graph, x, .name = fv__zoo_named(name, "_relu").text, .activation = "relu");
}

static fv_value block(fv_graph *graph, fv_value before, const char *name) {
  fv_value x = norm_relu(graph, before, fv__zoo_named(name, "_0").text);
  x = fv_conv2d(graph, x, .name = fv__zoo_named(name, "_1_conv").text, .filters = 4 * GROWTH, .kernel_size = {1},
                .no_bias = true);
  x = norm_relu(graph, x, fv__zoo_named(name, "_1").text);
  x = fv_conv2d(graph, x, .name = fv__zoo_named(name, "_2_conv").text, .filters = GROWTH, .kernel_size = {3},
                .padding = FV_SAME, .no_bias = true);
  return fv_concatenate(graph, {before, x}, .name = fv__zoo_named(name, "_concat").text);
}

static fv_value transition(fv_graph *graph, fv_value x, const char *name) {
  int32_t channels = (int32_t)fv_graph_shape(graph, x).dims[3];
  x = norm_relu(graph, x, name);
  x = fv_conv2d(graph, x, .name = fv__zoo_named(name, "_conv").text, .filters = channels / 2, .kernel_size = {1},
                .no_bias = true);
  return fv_average_pooling2d(graph, x, .name = fv__zoo_named(name, "_pool").text);
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o, const char *model, const int blocks[STAGES]) {
  fv_graph_set_name(graph, model);
  fv_value x = fv__zoo_input(graph, o, NULL);
  x = fv_zero_padding2d(graph, x, .padding = {3, 3, 3, 3});
  x = fv_conv2d(graph, x, .name = "conv1_conv", .filters = 64, .kernel_size = {7}, .strides = {2}, .no_bias = true);
  x = norm_relu(graph, x, "conv1");
  x = fv_zero_padding2d(graph, x, .padding = {1, 1, 1, 1});
  x = fv_max_pooling2d(graph, x, .name = "pool1", .pool_size = {3}, .strides = {2});
  char name[32];
  for (int stage = 0; stage < STAGES; stage++) {
    for (int i = 0; i < blocks[stage]; i++) {
      snprintf(name, sizeof name, "conv%d_block%d", stage + 2, i + 1);
      x = block(graph, x, name);
    }
    snprintf(name, sizeof name, "pool%d", stage + 2);
    if (stage < STAGES - 1) x = transition(graph, x, name);
  }
  x = fv_batch_normalization(graph, x, .name = "bn", .epsilon = 1.001e-5);
  x = fv_activation(graph, x, .name = "relu", .activation = "relu");
  return o->no_top ? fv__zoo_named_pool(graph, x, o) : fv__zoo_top(graph, x, o);
}

static fv_value build121(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "densenet121", (const int[]){6, 12, 24, 16});
}

static fv_value build169(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "densenet169", (const int[]){6, 12, 32, 32});
}

static fv_value build201(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "densenet201", (const int[]){6, 12, 48, 32});
}

#define WEIGHTS(number, top, sum, without)                                                                             \
  {                                                                                                                    \
    .file = "densenet" number "_weights_tf_dim_ordering_tf_kernels" top ".h5",                                         \
    .address = "https://storage.googleapis.com/tensorflow/keras-applications/densenet/", .checksum = "md5:" sum,       \
    .licence = "BSD-3-Clause", .no_top = without                                                                       \
  }

static const fv_zoo_weights weights121[] = {WEIGHTS("121", "", "9d60b8095a5708f2dcce2bca79d332c7", false),
                                            WEIGHTS("121", "_notop", "30ee3e1110167f948a6b9946edeeb738", true),
                                            {.file = NULL}};
static const fv_zoo_weights weights169[] = {WEIGHTS("169", "", "d699b8f76981ab1b30698df4c175e90b", false),
                                            WEIGHTS("169", "_notop", "b8c4d4c20dd625c148057b9ff1c1176b", true),
                                            {.file = NULL}};
static const fv_zoo_weights weights201[] = {WEIGHTS("201", "", "1ceb130c1ea1b78c3bf6114dbdfd8807", false),
                                            WEIGHTS("201", "_notop", "c13680b51ded0fb44dff2d8f86ac8bb1", true),
                                            {.file = NULL}};

#define ENTRY(named, says, count)                                                                                      \
  {                                                                                                                    \
    .name = named, .help = says, .height = 224, .width = 224, .channels = 3, .smallest = 32, .classes = 1000,          \
    .parameters = count, .preprocess = "torch", .resize = "pil-bilinear", .has_imagenet = true                         \
  }

static const fv__network densenet201 = {
    .entry = ENTRY("DenseNet201", "ninety-eight blocks, each sees all before it; Huang et al. 2016", 20242984),
    .build = build201,
    .weights = weights201,
};

static const fv__network densenet169 = {
    .entry = ENTRY("DenseNet169", "eighty-two blocks, each sees all before it; Huang et al. 2016", 14307880),
    .build = build169,
    .weights = weights169,
    .next = &densenet201,
};

const fv__network fv__network_densenet = {
    .entry = ENTRY("DenseNet121", "fifty-eight blocks, each sees all before it; Huang et al. 2016", 8062504),
    .build = build121,
    .weights = weights121,
    .next = &densenet169,
};
