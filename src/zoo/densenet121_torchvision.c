/* DenseNet-121 as torchvision has it: every layer of a block reads the maps of all layers before it.
 *
 *   224x224x3  conv0 7x7 /2 64 | pool 3x3 /2 | block 6 | halve | block 12 | halve | block 24 | halve | block 16 | 1000
 *   layer      normalise, ReLU, 1x1 128, normalise, ReLU, 3x3 32; joined to what it read
 *   halve      normalise, ReLU, 1x1 to half of the channels, average 2x2
 *
 * Huang, Liu, van der Maaten, Weinberger: Densely connected convolutional networks, 2016. keras.applications' has
 * another epsilon and other names.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/support/torchvision.h"

enum { GROWTH = 32, BOTTLENECK = 128 };

/* Normalisation, ReLU and convolution: "PREFIX_normN", "PREFIX_reluN", "PREFIX_convN"; no number when N is 0. */
static fv_value unit(fv_graph *graph, fv_value x, const char *prefix, int number, fv__torchvision_conv conv) {
  char name[FV__TORCHVISION_NAME], digit[12] = "";
  if (number) snprintf(digit, sizeof digit, "%d", number);
  snprintf(name, sizeof name, "%s_norm%s", prefix, digit);
  x = fv__torchvision_normalise(graph, x, name, 1e-5);
  snprintf(name, sizeof name, "%s_relu%s", prefix, digit);
  x = fv__torchvision_relu(graph, x, name);
  snprintf(name, sizeof name, "%s_conv%s", prefix, digit);
  return fv__torchvision_convolve(graph, x, name, conv);
}

static fv_value dense_layer(fv_graph *graph, fv_value x, int block, int number) {
  char prefix[48], name[FV__TORCHVISION_NAME];
  snprintf(prefix, sizeof prefix, "features_denseblock%d_denselayer%d", block, number);
  fv_value y = unit(graph, x, prefix, 1, (fv__torchvision_conv){.filters = BOTTLENECK, .kernel = {1}});
  y = unit(graph, y, prefix, 2, (fv__torchvision_conv){GROWTH, {3}, {1}});
  return fv_concatenate(graph, {x, y}, .name = fv__torchvision_name(name, prefix, "concat"));
}

static fv_value halve(fv_graph *graph, fv_value x, int number, int32_t channels) {
  char prefix[32], name[FV__TORCHVISION_NAME];
  snprintf(prefix, sizeof prefix, "features_transition%d", number);
  x = unit(graph, x, prefix, 0, (fv__torchvision_conv){.filters = channels / 2, .kernel = {1}});
  return fv_average_pooling2d(graph, x, .name = fv__torchvision_name(name, prefix, "pool"));
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  static const int layers[] = {6, 12, 24, 16};
  fv_graph_set_name(graph, "densenet121_torchvision");
  fv_value x = fv__zoo_input(graph, o, NULL);
  x = fv__torchvision_convolve(graph, x, "features_conv0", (fv__torchvision_conv){64, {7}, {3}, .stride = 2});
  x = fv__torchvision_normalise(graph, x, "features_norm0", 1e-5);
  x = fv__torchvision_pool3(graph, fv__torchvision_relu(graph, x, "features_relu0"), "features_pool0");
  int32_t channels = 64;
  for (int block = 1; block <= 4; block++) {
    for (int i = 1; i <= layers[block - 1]; i++) x = dense_layer(graph, x, block, i);
    channels += layers[block - 1] * GROWTH;
    if (block < 4) x = halve(graph, x, block, channels);
    if (block < 4) channels /= 2;
  }
  x = fv__torchvision_relu(graph, fv__torchvision_normalise(graph, x, "features_norm5", 1e-5), "relu");
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_global_average_pooling2d(graph, x, .name = "pool");
  return fv_dense(graph, x, .name = "classifier", .units = o->classes, .activation = fv__zoo_activation(o));
}

static const fv_zoo_weights weights[] = FV__TORCHVISION_WEIGHTS("densenet121", "a639ec97", 0);

const fv__network fv__network_densenet121_torchvision = {
    .entry = {.name = "DenseNet121Torchvision",
              .help = "PyTorch's DenseNet-121: every layer reads all before it in its block; Huang et al. 2016",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 32,
              .classes = 1000,
              .parameters = 8062504,
              .preprocess = "torch",
              .resize = "pil-bilinear",
              .crop = 0.875,
              .has_imagenet = true},
    .build = build,
    .weights = weights,
};
