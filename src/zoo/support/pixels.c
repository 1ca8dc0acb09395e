/* Pieces of networks that answer for every pixel. */
#include <fovea/layers.h>

#include "zoo/network.h"

int32_t fv__zoo_wide(int32_t filters, const fv_zoo_options *options) {
  const int32_t wide = (int32_t)(filters * options->alpha + 0.5);
  return wide < 4 ? 4 : wide;
}

fv_value fv__zoo_normal_conv(fv_graph *graph, fv_value x, const char *name, int32_t filters, int32_t dilation) {
  x = fv_conv2d(graph, x, .name = name, .filters = filters, .kernel_size = {3}, .dilation_rate = {dilation},
                .padding = FV_SAME, .no_bias = true);
  x = fv_batch_normalization(graph, x, .name = fv__zoo_named(name, "_bn").text, .momentum = 0.9);
  return fv_re_lu(graph, x, .name = fv__zoo_named(name, "_relu").text);
}

fv_value fv__zoo_pixels(fv_graph *graph, fv_value x, const fv_zoo_options *options) {
  x = fv_conv2d(graph, x, .name = "classes", .filters = options->classes, .kernel_size = {1});
  return fv_activation(graph, x, .name = "predictions", .activation = fv__zoo_activation(options));
}
