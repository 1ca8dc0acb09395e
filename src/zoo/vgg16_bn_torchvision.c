/* VGG16 with batch normalization, as torchvision has it: thirteen 3x3 convolutions with bias, normalisation and ReLU in
 * five blocks, each ended by max pooling; whatever is left is averaged to 7 x 7; three dense layers.
 *
 * Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition, 2014.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/support/torchvision.h"

static const char *numbered(char name[FV__TORCHVISION_NAME], const char *part, int number) {
  snprintf(name, FV__TORCHVISION_NAME, "%s_%d", part, number);
  return name;
}

/* The modules of "features" are numbered through. */
static fv_value features(fv_graph *graph, fv_value x) {
  static const struct {
    int convolutions;
    int32_t filters;
  } blocks[] = {{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}};
  char name[FV__TORCHVISION_NAME];
  int number = 0;
  for (int b = 0; b < 5; b++) {
    for (int i = 0; i < blocks[b].convolutions; i++) {
      x = fv__torchvision_convolve(graph, x, numbered(name, "features", number++),
                                   (fv__torchvision_conv){blocks[b].filters, {3}, {1}, .bias = true});
      x = fv__torchvision_normalise(graph, x, numbered(name, "features", number++), 1e-5);
      x = fv__torchvision_relu(graph, x, numbered(name, "features", number++));
    }
    x = fv_max_pooling2d(graph, x, .name = numbered(name, "features", number++));
  }
  return x;
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "vgg16_bn_torchvision");
  fv_value x = features(graph, fv__zoo_input(graph, o, NULL));
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_adaptive_average_pooling2d(graph, x, .name = "avgpool", .output_size = {7});
  x = fv_flatten(graph, x, .name = "flatten");
  char name[FV__TORCHVISION_NAME];
  for (int i = 0; i < 6;) {
    x = fv_dense(graph, x, .name = numbered(name, "classifier", i++), .units = 4096);
    x = fv__torchvision_relu(graph, x, numbered(name, "classifier", i++));
    x = fv_dropout(graph, x, .name = numbered(name, "classifier", i++), .rate = 0.5);
  }
  return fv_dense(graph, x, .name = "classifier_6", .units = o->classes, .activation = fv__zoo_activation(o));
}

static const fv_zoo_weights weights[] = FV__TORCHVISION_WEIGHTS("vgg16_bn", "6c64b313", 0);

const fv__network fv__network_vgg16_bn_torchvision = {
    .entry = {.name = "VGG16BNTorchvision",
              .help = "PyTorch's VGG16 with batch normalization; Simonyan, Zisserman 2014",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 32,
              .classes = 1000,
              .parameters = 138374440,
              .preprocess = "torch",
              .resize = "pil-bilinear",
              .crop = 0.875,
              .has_imagenet = true},
    .build = build,
    .weights = weights,
};
