/* VGG16: thirteen 3x3 convolutions in five blocks, each ended by max pooling, and three dense layers.
 *
 *   224x224x3  64 64 |112| 128 128 |56| 256 256 256 |28| 512 512 512 |14| 512 512 512 |7|  fc1 4096  fc2 4096  1000
 *
 * Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition, 2014. Layers and names as
 * keras.applications.VGG16 has them.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

static fv_value block(fv_graph *graph, fv_value x, int number, int convolutions, int32_t filters) {
  char name[32];
  for (int i = 1; i <= convolutions; i++) {
    snprintf(name, sizeof name, "block%d_conv%d", number, i);
    x = fv_conv2d(graph, x, .name = name, .filters = filters, .kernel_size = {3}, .padding = FV_SAME,
                  .activation = "relu");
  }
  snprintf(name, sizeof name, "block%d_pool", number);
  return fv_max_pooling2d(graph, x, .name = name);
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "vgg16");
  fv_value x = fv__zoo_input(graph, o, NULL);
  x = block(graph, x, 1, 2, 64);
  x = block(graph, x, 2, 2, 128);
  x = block(graph, x, 3, 3, 256);
  x = block(graph, x, 4, 3, 512);
  x = block(graph, x, 5, 3, 512);
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_flatten(graph, x, .name = "flatten");
  x = fv_dense(graph, x, .name = "fc1", .units = 4096, .activation = "relu");
  x = fv_dense(graph, x, .name = "fc2", .units = 4096, .activation = "relu");
  return fv_dense(graph, x, .name = "predictions", .units = o->classes, .activation = fv__zoo_activation(o));
}

static fv_status weights_file(char *file, size_t size, const fv_zoo_options *o) {
  snprintf(file, size, "vgg16_weights_tf_dim_ordering_tf_kernels%s.h5", o->no_top ? "_notop" : "");
  return FV_OK;
}

const fv__network fv__network_vgg16 = {
    .entry = {.name = "VGG16",
              .help = "thirteen convolutions of 3x3 and three dense layers; Simonyan, Zisserman 2014",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 32,
              .classes = 1000,
              .parameters = 138357544,
              .preprocess = "caffe",
              .resize = "pil-bilinear",
              .has_imagenet = true},
    .build = build,
    .weights_file = weights_file,
    .weights_source = "https://storage.googleapis.com/tensorflow/keras-applications/vgg16/",
};
