/* VGG: 3x3 convolutions in five blocks, each ended by max pooling, and three dense layers. The number counts
 * convolutions and dense layers; VGG16:
 *
 *   224x224x3  64 64 |112| 128 128 |56| 256 256 256 |28| 512 512 512 |14| 512 512 512 |7|  fc1 4096  fc2 4096  1000
 *
 * Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition, 2014: its configurations A,
 * B, D and E. Layers and names as keras.applications.VGG16 and VGG19 have them.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

enum { BLOCKS = 5 };

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

/* `input` NULL: "input_layer", as keras.applications has it. */
static fv_value build(fv_graph *graph, const fv_zoo_options *o, const char *name, const char *input,
                      const int convolutions[BLOCKS]) {
  static const int32_t filters[BLOCKS] = {64, 128, 256, 512, 512};
  fv_graph_set_name(graph, name);
  fv_value x = fv__zoo_input(graph, o, input);
  for (int i = 0; i < BLOCKS; i++) x = block(graph, x, i + 1, convolutions[i], filters[i]);
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_flatten(graph, x, .name = "flatten");
  x = fv_dense(graph, x, .name = "fc1", .units = 4096, .activation = "relu");
  x = fv_dense(graph, x, .name = "fc2", .units = 4096, .activation = "relu");
  return fv_dense(graph, x, .name = "predictions", .units = o->classes, .activation = fv__zoo_activation(o));
}

static fv_value build11(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "vgg11", "input", (const int[]){1, 1, 2, 2, 2});
}

static fv_value build13(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "vgg13", "input", (const int[]){2, 2, 2, 2, 2});
}

static fv_value build16(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "vgg16", NULL, (const int[]){2, 2, 3, 3, 3});
}

static fv_value build19(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "vgg19", NULL, (const int[]){2, 2, 4, 4, 4});
}

#define WEIGHTS(number, top, sum, without)                                                                             \
  {                                                                                                                    \
    .file = "vgg" number "_weights_tf_dim_ordering_tf_kernels" top ".h5",                                              \
    .address = "https://storage.googleapis.com/tensorflow/keras-applications/vgg" number "/", .checksum = "md5:" sum,  \
    .licence = "CC-BY-4.0", .no_top = without                                                                          \
  }

static const fv_zoo_weights weights16[] = {WEIGHTS("16", "", "64373286793e3c8b2b4e3219cbf3544b", false),
                                           WEIGHTS("16", "_notop", "6d6bbae143d832006294945121d1f1fc", true),
                                           {.file = NULL}};
static const fv_zoo_weights weights19[] = {WEIGHTS("19", "", "cbe5617147190e668d6c5d5026f83318", false),
                                           WEIGHTS("19", "_notop", "253f8cb515780f3b799900260a226db6", true),
                                           {.file = NULL}};

#define ENTRY(named, says, count, official)                                                                            \
  {                                                                                                                    \
    .name = named, .help = says, .height = 224, .width = 224, .channels = 3, .smallest = 32, .classes = 1000,          \
    .parameters = count, .preprocess = "caffe", .resize = "pil-bilinear", .has_imagenet = official                     \
  }

static const fv__network vgg19 = {
    .entry =
        ENTRY("VGG19", "sixteen convolutions of 3x3 and three dense layers; Simonyan, Zisserman 2014", 143667240, true),
    .build = build19,
    .weights = weights19,
};

static const fv__network vgg16 = {
    .entry = ENTRY("VGG16", "thirteen convolutions of 3x3 and three dense layers; Simonyan, Zisserman 2014", 138357544,
                   true),
    .build = build16,
    .weights = weights16,
    .next = &vgg19,
};

static const fv__network vgg13 = {
    .entry =
        ENTRY("VGG13", "ten convolutions of 3x3 and three dense layers; Simonyan, Zisserman 2014", 133047848, false),
    .build = build13,
    .next = &vgg16,
};

const fv__network fv__network_vgg = {
    .entry =
        ENTRY("VGG11", "eight convolutions of 3x3 and three dense layers; Simonyan, Zisserman 2014", 132863336, false),
    .build = build11,
    .next = &vgg13,
};
