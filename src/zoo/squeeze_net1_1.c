/* SqueezeNet 1.1: fire modules, which squeeze to few channels by 1x1 and expand by 1x1 and 3x3 side by side.
 *
 *   224x224x3  3x3 /2 64, pool |55| fire2 fire3, pool |27| fire4 fire5, pool |13| fire6..9, 1x1 1000, average
 *
 * Iandola et al.: SqueezeNet, 2016; version 1.1 of its authors, with 2.4 times fewer multiplications. The classifier is
 * the convolution conv10 with ReLU and the average over the image; the softmax, if there is one, comes after.
 */
#include <string.h>

#include <fovea/layers.h>

#include "zoo/network.h"

static fv_value fire(fv_graph *graph, fv_value x, const char *name, int32_t squeezed, int32_t expanded) {
  x = fv_conv2d(graph, x, .name = fv__zoo_named(name, "_squeeze1x1").text, .filters = squeezed, .kernel_size = {1},
                .padding = FV_SAME, .activation = "relu");
  fv_value one = fv_conv2d(graph, x, .name = fv__zoo_named(name, "_expand1x1").text, .filters = expanded,
                           .kernel_size = {1}, .padding = FV_SAME, .activation = "relu");
  fv_value three = fv_conv2d(graph, x, .name = fv__zoo_named(name, "_expand3x3").text, .filters = expanded,
                             .kernel_size = {3}, .padding = FV_SAME, .activation = "relu");
  return fv_concatenate(graph, {one, three}, .name = fv__zoo_named(name, "_concat").text);
}

static fv_value halved(fv_graph *graph, fv_value x, const char *name) {
  return fv_max_pooling2d(graph, x, .name = name, .pool_size = {3}, .strides = {2});
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "squeezenet1_1");
  fv_value x = fv__zoo_input(graph, o, "input");
  x = fv_conv2d(graph, x, .name = "conv1", .filters = 64, .kernel_size = {3}, .strides = {2}, .activation = "relu");
  x = halved(graph, x, "pool1");
  x = fire(graph, x, "fire2", 16, 64);
  x = fire(graph, x, "fire3", 16, 64);
  x = halved(graph, x, "pool3");
  x = fire(graph, x, "fire4", 32, 128);
  x = fire(graph, x, "fire5", 32, 128);
  x = halved(graph, x, "pool5");
  x = fire(graph, x, "fire6", 48, 192);
  x = fire(graph, x, "fire7", 48, 192);
  x = fire(graph, x, "fire8", 64, 256);
  x = fire(graph, x, "fire9", 64, 256);
  if (o->no_top) return fv__zoo_named_pool(graph, x, o);
  x = fv_conv2d(graph, x, .name = "conv10", .filters = o->classes, .kernel_size = {1}, .padding = FV_SAME,
                .activation = "relu");
  x = fv_global_average_pooling2d(graph, x, .name = "pool10");
  const char *activation = fv__zoo_activation(o);
  if (!strcmp(activation, "linear")) return x;
  return fv_activation(graph, x, .name = "predictions", .activation = activation);
}

const fv__network fv__network_squeeze_net1_1 = {
    .entry = {.name = "SqueezeNet1_1",
              .help = "eight fire modules, a fiftieth of AlexNet's parameters; Iandola et al. 2016",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 32,
              .classes = 1000,
              .parameters = 1235496,
              .preprocess = "caffe",
              .resize = "pil-bilinear"},
    .build = build,
};
