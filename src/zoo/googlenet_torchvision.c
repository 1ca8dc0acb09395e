/* GoogLeNet as torchvision has it: the network of 2014 with batch normalization instead of local response normalization
 * and biases, and 3x3 where it has 5x5.
 *
 *   224x224x3  7x7 /2 64 | pool | 1x1 64, 3x3 192 | pool | 3a 3b | pool | 4a 4b 4c 4d 4e | pool | 5a 5b | average |
 * 1000 inception  1x1 | 1x1, 3x3 | 1x1, 3x3 | pool 3x3, 1x1      joined
 *
 * Pools that halve are in ceil mode: the last window may hang over the edge. The auxiliary heads are left out, as
 * torchvision leaves them out for inference; files that have their weights load. The official weights want pictures as
 * x / 127.5 - 1: torchvision's transform_input turns its usual (x / 255 - mean) / std into just that.
 *
 * Szegedy et al.: Going deeper with convolutions, 2014.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/support/torchvision.h"

/* Filters of an inception module: 1x1; reduction and 3x3; reduction and the other 3x3; behind the pool. */
typedef struct module {
  const char *name;
  int32_t one, reduce3, three, reduce5, five, pool;
} module;

static const module modules[] = {
    {"inception3a", 64, 96, 128, 16, 32, 32},     {"inception3b", 128, 128, 192, 32, 96, 64},
    {"inception4a", 192, 96, 208, 16, 48, 64},    {"inception4b", 160, 112, 224, 24, 64, 64},
    {"inception4c", 128, 128, 256, 24, 64, 64},   {"inception4d", 112, 144, 288, 32, 64, 64},
    {"inception4e", 256, 160, 320, 32, 128, 128}, {"inception5a", 256, 160, 320, 32, 128, 128},
    {"inception5b", 384, 192, 384, 48, 128, 128}};

static fv_value unit(fv_graph *graph, fv_value x, const char *prefix, const char *part, int32_t filters,
                     int32_t kernel) {
  char name[FV__TORCHVISION_NAME];
  return fv__torchvision_basic(graph, x, fv__torchvision_name(name, prefix, part),
                               (fv__torchvision_conv){filters, {kernel}, {kernel / 2}});
}

static fv_value inception(fv_graph *graph, fv_value x, const module *m) {
  char name[FV__TORCHVISION_NAME];
  fv_value branch[4];
  branch[0] = unit(graph, x, m->name, "branch1", m->one, 1);
  branch[1] = unit(graph, unit(graph, x, m->name, "branch2_0", m->reduce3, 1), m->name, "branch2_1", m->three, 3);
  branch[2] = unit(graph, unit(graph, x, m->name, "branch3_0", m->reduce5, 1), m->name, "branch3_1", m->five, 3);
  x = fv_max_pooling2d(graph, x, .name = fv__torchvision_name(name, m->name, "branch4_0"), .pool_size = {3},
                       .strides = {1}, .padding = FV_SAME);
  branch[3] = unit(graph, x, m->name, "branch4_1", m->pool, 1);
  return fv_concatenate(graph, {branch[0], branch[1], branch[2], branch[3]},
                        .name = fv__torchvision_name(name, m->name, "concat"));
}

static fv_value halve(fv_graph *graph, fv_value x, const char *name, int32_t size) {
  return fv_padded_max_pooling2d(graph, x, .name = name, .pool_size = {size}, .strides = {2}, .ceil_mode = true);
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "googlenet_torchvision");
  fv_value x = fv__zoo_input(graph, o, NULL);
  x = fv__torchvision_basic(graph, x, "conv1", (fv__torchvision_conv){64, {7}, {3}, .stride = 2});
  x = halve(graph, x, "maxpool1", 3);
  x = fv__torchvision_basic(graph, x, "conv2", (fv__torchvision_conv){.filters = 64, .kernel = {1}});
  x = fv__torchvision_basic(graph, x, "conv3", (fv__torchvision_conv){192, {3}, {1}});
  x = halve(graph, x, "maxpool2", 3);
  for (int i = 0; i < 9; i++) {
    x = inception(graph, x, &modules[i]);
    if (i == 1) x = halve(graph, x, "maxpool3", 3);
    if (i == 6) x = halve(graph, x, "maxpool4", 2);
  }
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_global_average_pooling2d(graph, x, .name = "avgpool");
  x = fv_dropout(graph, x, .name = "dropout", .rate = 0.2);
  return fv_dense(graph, x, .name = "fc", .units = o->classes, .activation = fv__zoo_activation(o));
}

static const fv_zoo_weights weights[] = FV__TORCHVISION_WEIGHTS("googlenet", "1378be20", 0);

const fv__network fv__network_googlenet_torchvision = {
    .entry = {.name = "GoogLeNetTorchvision",
              .help = "PyTorch's GoogLeNet: nine inception modules with batch normalization; Szegedy et al. 2014",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 32,
              .classes = 1000,
              .parameters = 6639464,
              .preprocess = "tf",
              .resize = "pil-bilinear",
              .crop = 0.875,
              .has_imagenet = true},
    .build = build,
    .weights = weights,
};
