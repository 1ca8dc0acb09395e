/* Pieces of torchvision's networks. */
#include "zoo/support/torchvision.h"

#include <stdio.h>

#include <fovea/layers.h>

const char *fv__torchvision_name(char name[FV__TORCHVISION_NAME], const char *prefix, const char *suffix) {
  snprintf(name, FV__TORCHVISION_NAME, "%s%s%s", prefix, *prefix ? "_" : "", suffix);
  return name;
}

static fv_pair square(fv_pair pair) {
  if (!pair.width && pair.height) pair.width = pair.height;
  return pair;
}

/* Padding is written out, {3, 0} being no square: {1} only of square kernels. */
fv_value fv__torchvision_convolve(fv_graph *graph, fv_value x, const char *name, fv__torchvision_conv conv) {
  const fv_pair kernel = square(conv.kernel);
  const fv_pair padding = kernel.height == kernel.width ? square(conv.padding) : conv.padding;
  const bool any = padding.height || padding.width;
  const bool same =
      any && conv.stride <= 1 && kernel.height == 2 * padding.height + 1 && kernel.width == 2 * padding.width + 1;
  char pad[FV__TORCHVISION_NAME];
  if (any && !same)
    x = fv_zero_padding2d(graph, x, .name = fv__torchvision_name(pad, name, "pad"),
                          .padding = {padding.height, padding.height, padding.width, padding.width});
  return fv_conv2d(graph, x, .name = name, .filters = conv.filters, .kernel_size = kernel,
                   .strides = {conv.stride ? conv.stride : 1}, .padding = same ? FV_SAME : FV_VALID,
                   .groups = conv.groups, .no_bias = !conv.bias);
}

fv_value fv__torchvision_normalise(fv_graph *graph, fv_value x, const char *name, double epsilon) {
  return fv_batch_normalization(graph, x, .name = name, .epsilon = epsilon, .momentum = 0.9);
}

fv_value fv__torchvision_relu(fv_graph *graph, fv_value x, const char *name) {
  return fv_re_lu(graph, x, .name = name);
}

fv_value fv__torchvision_basic(fv_graph *graph, fv_value x, const char *prefix, fv__torchvision_conv conv) {
  char name[FV__TORCHVISION_NAME];
  x = fv__torchvision_convolve(graph, x, fv__torchvision_name(name, prefix, "conv"), conv);
  x = fv__torchvision_normalise(graph, x, fv__torchvision_name(name, prefix, "bn"), 1e-3);
  return fv__torchvision_relu(graph, x, fv__torchvision_name(name, prefix, "relu"));
}

fv_value fv__torchvision_pool3(fv_graph *graph, fv_value x, const char *name) {
  char pad[FV__TORCHVISION_NAME];
  x = fv_zero_padding2d(graph, x, .name = fv__torchvision_name(pad, name, "pad"));
  return fv_max_pooling2d(graph, x, .name = name, .pool_size = {3}, .strides = {2});
}
