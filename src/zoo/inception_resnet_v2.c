/* Inception-ResNet-v2: Inception modules whose scaled output is added to their input.
 *
 *   299x299x3  five convolutions, two pools |35| mixed_5b, block35 x10 | mixed_6a |17| block17 x20 |
 *              mixed_7a |8| block8 x10, 1x1 1536 | 1000
 *
 * Every convolution but the ones that are added has no bias and is followed by batch normalization without gamma and
 * ReLU. What is added is scaled by 0.17, 0.1 and 0.2 (the last block8: by 1, and without ReLU).
 *
 * Szegedy, Ioffe, Vanhoucke, Alemi: Inception-v4, Inception-ResNet and the impact of residual connections on learning,
 * 2016. Layers and names as keras.applications.InceptionResNetV2 has them.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

/* `name` NULL: numbered by class; else also "NAME_bn" and "NAME_ac". */
static fv_value unit(fv_graph *graph, fv_value x, const char *name, int32_t filters, fv_pair kernel, int32_t stride,
                     int32_t padding) {
  x = fv_conv2d(graph, x, .name = name, .filters = filters, .kernel_size = kernel, .strides = {stride},
                .padding = padding, .no_bias = true);
  x = fv_batch_normalization(graph, x, .name = name ? fv__zoo_named(name, "_bn").text : NULL, .no_scale = true);
  return fv_activation(graph, x, .name = name ? fv__zoo_named(name, "_ac").text : NULL, .activation = "relu");
}

/* The usual one: stride 1, the extents stay. */
static fv_value same(fv_graph *graph, fv_value x, int32_t filters, int32_t height, int32_t width) {
  return unit(graph, x, NULL, filters, (fv_pair){height, width}, 1, FV_SAME);
}

/* 3x3, stride 2, no padding. */
static fv_value halved(fv_graph *graph, fv_value x, int32_t filters) {
  return unit(graph, x, NULL, filters, (fv_pair){3, 3}, 2, FV_VALID);
}

static fv_value halved_pool(fv_graph *graph, fv_value x) {
  return fv_max_pooling2d(graph, x, .pool_size = {3}, .strides = {2});
}

static fv_value stem(fv_graph *graph, fv_value x) {
  x = halved(graph, x, 32);
  x = unit(graph, x, NULL, 32, (fv_pair){3, 3}, 1, FV_VALID);
  x = halved_pool(graph, same(graph, x, 64, 3, 3));
  x = unit(graph, x, NULL, 80, (fv_pair){1, 1}, 1, FV_VALID);
  return halved_pool(graph, unit(graph, x, NULL, 192, (fv_pair){3, 3}, 1, FV_VALID));
}

static fv_value mixed_5b(fv_graph *graph, fv_value x) {
  fv_value a = same(graph, x, 96, 1, 1);
  fv_value b = same(graph, same(graph, x, 48, 1, 1), 64, 5, 5);
  fv_value c = same(graph, x, 64, 1, 1);
  c = same(graph, same(graph, c, 96, 3, 3), 96, 3, 3);
  fv_value d = fv_average_pooling2d(graph, x, .pool_size = {3}, .strides = {1}, .padding = FV_SAME);
  d = same(graph, d, 64, 1, 1);
  return fv_concatenate(graph, {a, b, c, d}, .name = "mixed_5b");
}

static fv_value mixed_6a(fv_graph *graph, fv_value x) {
  fv_value a = halved(graph, x, 384);
  fv_value b = same(graph, x, 256, 1, 1);
  b = halved(graph, same(graph, b, 256, 3, 3), 384);
  return fv_concatenate(graph, {a, b, halved_pool(graph, x)}, .name = "mixed_6a");
}

static fv_value mixed_7a(fv_graph *graph, fv_value x) {
  fv_value a = halved(graph, same(graph, x, 256, 1, 1), 384);
  fv_value b = halved(graph, same(graph, x, 256, 1, 1), 288);
  fv_value c = same(graph, x, 256, 1, 1);
  c = halved(graph, same(graph, c, 288, 3, 3), 320);
  return fv_concatenate(graph, {a, b, c, halved_pool(graph, x)}, .name = "mixed_7a");
}

typedef enum fv__kind { BLOCK35, BLOCK17, BLOCK8 } fv__kind;

/* What a block adds, before its last convolution. */
static fv_value branches(fv_graph *graph, fv_value x, fv__kind kind, const char *name) {
  if (kind == BLOCK35) {
    fv_value a = same(graph, x, 32, 1, 1);
    fv_value b = same(graph, same(graph, x, 32, 1, 1), 32, 3, 3);
    fv_value c = same(graph, x, 32, 1, 1);
    c = same(graph, same(graph, c, 48, 3, 3), 64, 3, 3);
    return fv_concatenate(graph, {a, b, c}, .name = name);
  }
  fv_value a = same(graph, x, 192, 1, 1), b;
  if (kind == BLOCK17) {
    b = same(graph, x, 128, 1, 1);
    b = same(graph, same(graph, b, 160, 1, 7), 192, 7, 1);
  } else {
    b = same(graph, x, 192, 1, 1);
    b = same(graph, same(graph, b, 224, 1, 3), 256, 3, 1);
  }
  return fv_concatenate(graph, {a, b}, .name = name);
}

static fv_value block(fv_graph *graph, fv_value x, fv__kind kind, int number, double scale, bool relu) {
  static const char *const kinds[] = {"block35", "block17", "block8"};
  char name[32];
  snprintf(name, sizeof name, "%s_%d", kinds[kind], number);
  fv_value y = branches(graph, x, kind, fv__zoo_named(name, "_mixed").text);
  y = fv_conv2d(graph, y, .name = fv__zoo_named(name, "_conv").text,
                .filters = (int32_t)fv_graph_shape(graph, x).dims[3], .kernel_size = {1}, .padding = FV_SAME);
  x = fv_custom_scale_layer(graph, {x, y}, .scale = scale);
  return relu ? fv_activation(graph, x, .name = fv__zoo_named(name, "_ac").text, .activation = "relu") : x;
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "inception_resnet_v2");
  fv_value x = mixed_5b(graph, stem(graph, fv__zoo_input(graph, o, NULL)));
  for (int i = 1; i <= 10; i++) x = block(graph, x, BLOCK35, i, 0.17, true);
  x = mixed_6a(graph, x);
  for (int i = 1; i <= 20; i++) x = block(graph, x, BLOCK17, i, 0.1, true);
  x = mixed_7a(graph, x);
  for (int i = 1; i <= 9; i++) x = block(graph, x, BLOCK8, i, 0.2, true);
  x = block(graph, x, BLOCK8, 10, 1, false);
  x = unit(graph, x, "conv_7b", 1536, (fv_pair){1, 1}, 1, FV_SAME);
  return o->no_top ? fv__zoo_pool(graph, x, o) : fv__zoo_top(graph, x, o);
}

#define WEIGHTS(top, sum, without)                                                                                     \
  {                                                                                                                    \
    .file = "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels" top ".h5",                                        \
    .address = "https://storage.googleapis.com/tensorflow/keras-applications/inception_resnet_v2/",                    \
    .checksum = "md5:" sum, .licence = "Apache-2.0", .no_top = without                                                 \
  }

static const fv_zoo_weights weights[] = {WEIGHTS("", "e693bd0210a403b3192acc6073ad2e96", false),
                                         WEIGHTS("_notop", "d19885ff4a710c122648d3b5c3b684e4", true),
                                         {.file = NULL}};

const fv__network fv__network_inception_resnet_v2 = {
    .entry = {.name = "InceptionResNetV2",
              .help = "Inception modules added to their input; Szegedy et al. 2016",
              .height = 299,
              .width = 299,
              .channels = 3,
              .smallest = 75,
              .classes = 1000,
              .parameters = 55873736,
              .preprocess = "tf",
              .resize = "pil-bilinear",
              .has_imagenet = true},
    .build = build,
    .weights = weights,
};
