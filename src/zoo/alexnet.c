/* AlexNet, which won ImageNet's challenge of 2012: five convolutions, ReLU, local response normalization, overlapping
 * pools, dropout. Two graphics cards had half of the channels each: conv2, conv4 and conv5 are in two groups.
 *
 *   227x227x3  conv1 11x11 /4 96 | norm, pool | conv2 5x5 256 | norm, pool | conv3 384, conv4 384, conv5 256, all 3x3 |
 *              pool | fc6 4096 | fc7 4096 | fc8 1000
 *
 * Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional neural networks, 2012; the paper says
 * 224, its numbers need 227. Normalization x / (2 + 1e-4 sum of squares of 5 channels)^0.75, section 3.3.
 */
#include <fovea/layers.h>

#include "zoo/network.h"

static fv_value unit(fv_graph *graph, fv_value x, const char *name, int32_t filters, int32_t kernel, int32_t groups) {
  return fv_conv2d(graph, x, .name = name, .filters = filters, .kernel_size = {kernel}, .padding = FV_SAME,
                   .groups = groups, .activation = "relu");
}

static fv_value normalise(fv_graph *graph, fv_value x, const char *name) {
  return fv_local_response_normalization(graph, x, .name = name, .depth_radius = 2, .bias = 2, .alpha = 1e-4,
                                         .beta = 0.75);
}

static fv_value pool(fv_graph *graph, fv_value x, const char *name) {
  return fv_max_pooling2d(graph, x, .name = name, .pool_size = {3}, .strides = {2});
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "alexnet");
  fv_value x = fv__zoo_input(graph, o, "input");
  x = fv_conv2d(graph, x, .name = "conv1", .filters = 96, .kernel_size = {11}, .strides = {4}, .activation = "relu");
  x = pool(graph, normalise(graph, x, "norm1"), "pool1");
  x = unit(graph, x, "conv2", 256, 5, 2);
  x = pool(graph, normalise(graph, x, "norm2"), "pool2");
  x = unit(graph, x, "conv3", 384, 3, 1);
  x = unit(graph, unit(graph, x, "conv4", 384, 3, 2), "conv5", 256, 3, 2);
  x = pool(graph, x, "pool5");
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_flatten(graph, x, .name = "flatten");
  x = fv_dense(graph, x, .name = "fc6", .units = 4096, .activation = "relu");
  x = fv_dropout(graph, x, .name = "drop6", .rate = 0.5);
  x = fv_dense(graph, x, .name = "fc7", .units = 4096, .activation = "relu");
  x = fv_dropout(graph, x, .name = "drop7", .rate = 0.5);
  return fv_dense(graph, x, .name = "fc8", .units = o->classes, .activation = fv__zoo_activation(o));
}

const fv__network fv__network_alexnet = {
    .entry = {.name = "AlexNet",
              .help = "five convolutions in two groups with local response normalization; Krizhevsky et al. 2012",
              .height = 227,
              .width = 227,
              .channels = 3,
              .smallest = 67,
              .classes = 1000,
              .parameters = 60965224,
              .preprocess = "caffe",
              .resize = "pil-bilinear",
              .crop = 0.875},
    .build = build,
};
