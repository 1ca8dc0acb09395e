/* AlexNet as torchvision has it, "one weird trick": one tower, no local response normalization, symmetric padding.
 *
 *   224x224x3  conv1 11x11 /4 64 | pool | conv2 5x5 192 | pool | conv3 384, conv4 256, conv5 256, all 3x3 | pool |
 *              average to 6 x 6 | fc6 4096 | fc7 4096 | fc8 1000
 *
 * Krizhevsky: One weird trick for parallelizing convolutional neural networks, 2014. Layers have the names of 2012; the
 * reader of PyTorch's files knows that conv1 is its features.0 and so on.
 */
#include <fovea/layers.h>

#include "zoo/support/torchvision.h"

static fv_value unit(fv_graph *graph, fv_value x, const char *name, int32_t filters, int32_t kernel) {
  return fv_conv2d(graph, x, .name = name, .filters = filters, .kernel_size = {kernel}, .padding = FV_SAME,
                   .activation = "relu");
}

static fv_value pool(fv_graph *graph, fv_value x, const char *name) {
  return fv_max_pooling2d(graph, x, .name = name, .pool_size = {3}, .strides = {2});
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "alexnet_torchvision");
  fv_value x = fv__zoo_input(graph, o, "input");
  x = fv_zero_padding2d(graph, x, .name = "conv1_pad", .padding = {2, 2, 2, 2});
  x = fv_conv2d(graph, x, .name = "conv1", .filters = 64, .kernel_size = {11}, .strides = {4}, .activation = "relu");
  x = unit(graph, pool(graph, x, "pool1"), "conv2", 192, 5);
  x = unit(graph, pool(graph, x, "pool2"), "conv3", 384, 3);
  x = unit(graph, unit(graph, x, "conv4", 256, 3), "conv5", 256, 3);
  x = pool(graph, x, "pool5");
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_adaptive_average_pooling2d(graph, x, .name = "avgpool", .output_size = {6});
  x = fv_flatten(graph, x, .name = "flatten");
  x = fv_dropout(graph, x, .name = "drop6", .rate = 0.5);
  x = fv_dense(graph, x, .name = "fc6", .units = 4096, .activation = "relu");
  x = fv_dropout(graph, x, .name = "drop7", .rate = 0.5);
  x = fv_dense(graph, x, .name = "fc7", .units = 4096, .activation = "relu");
  return fv_dense(graph, x, .name = "fc8", .units = o->classes, .activation = fv__zoo_activation(o));
}

static const fv_zoo_weights weights[] = FV__TORCHVISION_WEIGHTS("alexnet-owt", "7be5be79", 0);

const fv__network fv__network_alexnet_torchvision = {
    .entry = {.name = "AlexNetTorchvision",
              .help = "PyTorch's AlexNet: five convolutions and three dense layers; Krizhevsky 2014",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 63,
              .classes = 1000,
              .parameters = 61100840,
              .preprocess = "torch",
              .resize = "pil-bilinear",
              .crop = 0.875,
              .has_imagenet = true},
    .build = build,
    .weights = weights,
};
