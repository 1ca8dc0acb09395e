/* Xception: a network of separable convolutions with ways around them.
 *
 *   299x299x3  3x3 /2 32, 3x3 64 | block2 128 |74| block3 256 |37| block4 728 |19| block5..12 728 |
 *              block13 1024 |10| block14 1536, 2048 | 1000
 *
 *   block2..4, 13   two separable 3x3, maximum /2; around them a 1x1 /2 convolution
 *   block5..12      three separable 3x3; around them nothing
 *
 * Chollet: Xception: deep learning with depthwise separable convolutions, 2016. Layers and names as
 * keras.applications.Xception has them: "block2_sepconv2_act" stands before "block2_sepconv2", and in block14 behind.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

/* "NAME", separable, and "NAME_bn"; with ReLU "NAME_act" in front. */
static fv_value separable(fv_graph *graph, fv_value x, const char *name, int32_t filters, bool relu) {
  if (relu) x = fv_activation(graph, x, .name = fv__zoo_named(name, "_act").text, .activation = "relu");
  x = fv_separable_conv2d(graph, x, .name = name, .filters = filters, .kernel_size = {3}, .padding = FV_SAME,
                          .no_bias = true);
  return fv_batch_normalization(graph, x, .name = fv__zoo_named(name, "_bn").text);
}

static fv_value convolution(fv_graph *graph, fv_value x, const char *name, int32_t filters, int32_t stride) {
  x = fv_conv2d(graph, x, .name = name, .filters = filters, .kernel_size = {3}, .strides = {stride}, .no_bias = true);
  x = fv_batch_normalization(graph, x, .name = fv__zoo_named(name, "_bn").text);
  return fv_activation(graph, x, .name = fv__zoo_named(name, "_act").text, .activation = "relu");
}

/* Block2 has no ReLU before its first separable convolution. */
static fv_value halving_block(fv_graph *graph, fv_value x, const char *name, int32_t first, int32_t second, bool relu) {
  fv_value around =
      fv_conv2d(graph, x, .filters = second, .kernel_size = {1}, .strides = {2}, .padding = FV_SAME, .no_bias = true);
  around = fv_batch_normalization(graph, around);
  x = separable(graph, x, fv__zoo_named(name, "_sepconv1").text, first, relu);
  x = separable(graph, x, fv__zoo_named(name, "_sepconv2").text, second, true);
  x = fv_max_pooling2d(graph, x, .name = fv__zoo_named(name, "_pool").text, .pool_size = {3}, .strides = {2},
                       .padding = FV_SAME);
  return fv_add(graph, {x, around});
}

static fv_value middle_block(fv_graph *graph, fv_value x, int number) {
  fv_value around = x;
  char name[32];
  for (int i = 1; i <= 3; i++) {
    snprintf(name, sizeof name, "block%d_sepconv%d", number, i);
    x = separable(graph, x, name, 728, true);
  }
  return fv_add(graph, {x, around});
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "xception");
  fv_value x = fv__zoo_input(graph, o, NULL);
  x = convolution(graph, x, "block1_conv1", 32, 2);
  x = convolution(graph, x, "block1_conv2", 64, 1);
  x = halving_block(graph, x, "block2", 128, 128, false);
  x = halving_block(graph, x, "block3", 256, 256, true);
  x = halving_block(graph, x, "block4", 728, 728, true);
  for (int number = 5; number <= 12; number++) x = middle_block(graph, x, number);
  x = halving_block(graph, x, "block13", 728, 1024, true);
  x = separable(graph, x, "block14_sepconv1", 1536, false);
  x = fv_activation(graph, x, .name = "block14_sepconv1_act", .activation = "relu");
  x = separable(graph, x, "block14_sepconv2", 2048, false);
  x = fv_activation(graph, x, .name = "block14_sepconv2_act", .activation = "relu");
  return o->no_top ? fv__zoo_pool(graph, x, o) : fv__zoo_top(graph, x, o);
}

#define WEIGHTS(top, sum, without)                                                                                     \
  {                                                                                                                    \
    .file = "xception_weights_tf_dim_ordering_tf_kernels" top ".h5",                                                   \
    .address = "https://storage.googleapis.com/tensorflow/keras-applications/xception/", .checksum = "md5:" sum,       \
    .licence = "MIT", .no_top = without                                                                                \
  }

static const fv_zoo_weights weights[] = {WEIGHTS("", "0a58e3b7378bc2990ea3b43d5981f1f6", false),
                                         WEIGHTS("_notop", "b0042744bf5b25fce3cb969f33bebb97", true),
                                         {.file = NULL}};

const fv__network fv__network_xception = {
    .entry = {.name = "Xception",
              .help = "thirty-four separable convolutions; Chollet 2016",
              .height = 299,
              .width = 299,
              .channels = 3,
              .smallest = 71,
              .classes = 1000,
              .parameters = 22910480,
              .preprocess = "tf",
              .resize = "pil-bilinear",
              .has_imagenet = true},
    .build = build,
    .weights = weights,
};
