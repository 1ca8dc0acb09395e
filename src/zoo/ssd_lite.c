/* SSDLite: objects of many sizes in one stage. From maps of a classifier's network, and smaller ones made from its
 * last, depthwise and pointwise convolutions say for each anchor in each cell what is there and where.
 *
 *   320x320x3  backbone | its last maps of strides 8, 16 and 32: 40x40, 20x20, 10x10 |
 *              5x5 512 | 3x3 256 | 2x2 256               1x1, depthwise 3x3 /2, 1x1
 *   each map   depthwise 3x3, 1x1: 4 offsets an anchor | depthwise 3x3, 1x1: a logit for nothing and each class
 *
 * The output is (anchors, 4 + 1 + classes), map by map, row by row, cell by cell, size by size: boxes.h says what
 * offsets are, detector.h makes objects of them. `anchors` says how many sizes each map has; where it has fewer numbers
 * the last maps are left out. Liu et al.: SSD, 2016, which begins at stride 8 too, for small objects; the light head of
 * Sandler et al.: MobileNetV2, 2018, whose maps begin at 16.
 */
#include <stdio.h>
#include <string.h>

#include <fovea/layers.h>

#include "zoo/network.h"

enum { MAPS = 6, OF_BACKBONE = 3 };

/* New layers have few batches to learn their statistics from. */
static const double momentum = 0.9;

/* Unit "PREFIX_PART": a convolution, its normalization and ReLU6. filters 0: depthwise 3 x 3. */
static fv_value unit(fv_graph *graph, fv_value x, const char *prefix, const char *part, int32_t filters,
                     int32_t stride) {
  char name[48], norm[48], relu[48];
  snprintf(name, sizeof name, "%s_%s", prefix, part);
  snprintf(norm, sizeof norm, "%s_%s_bn", prefix, part);
  snprintf(relu, sizeof relu, "%s_%s_relu", prefix, part);
  return fv__zoo_unit_build(graph, x,
                            &(fv__zoo_unit){name, norm, relu, filters, filters ? 1 : 3, stride, FV_SAME, momentum});
}

/* A map of half the extents. */
static fv_value shrink(fv_graph *graph, fv_value x, int number, int32_t filters) {
  char prefix[24];
  snprintf(prefix, sizeof prefix, "extra_%d", number);
  x = unit(graph, x, prefix, "reduce", filters / 2, 1);
  x = unit(graph, x, prefix, "dw", 0, 2);
  return unit(graph, x, prefix, "pw", filters, 1);
}

/* (anchors of the map, channels) */
static fv_value predict(fv_graph *graph, fv_value x, int map, const char *what, int32_t sizes, int32_t channels) {
  char prefix[24], name[48], rows[48];
  snprintf(prefix, sizeof prefix, "map_%d_%s", map, what);
  snprintf(name, sizeof name, "%s_pw", prefix);
  snprintf(rows, sizeof rows, "%s_rows", prefix);
  x = unit(graph, x, prefix, "dw", 0, 1);
  x = fv_conv2d(graph, x, .name = name, .filters = sizes * channels, .kernel_size = {1});
  return fv_reshape(graph, x, .name = rows, .target_shape = {-1, channels});
}

/* All rows of a map: offsets, then logits. */
static fv_value answer(fv_graph *graph, fv_value x, int map, int32_t sizes, int32_t classes) {
  char name[32];
  snprintf(name, sizeof name, "map_%d", map);
  const fv_value offsets = predict(graph, x, map, "boxes", sizes, 4);
  return fv_concatenate(graph, {offsets, predict(graph, x, map, "classes", sizes, classes + 1)}, .name = name);
}

static fv_value join(fv_graph *graph, const fv_value *maps, int count) {
  fv_concatenate_options options = {.name = "detections", .axis = 1};
  if (count == 1) return maps[0];
  memcpy(options.inputs, maps, (size_t)count * sizeof *maps);
  return fv_concatenate_with(graph, &options);
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  static const int32_t extra_filters[MAPS - OF_BACKBONE] = {512, 256, 256};
  static const char *const ends[][OF_BACKBONE - 1] = {{"conv_pw_5_relu", "conv_pw_11_relu"},
                                                      {"blocks_5_swish", "blocks_11_swish"}};
  const bool is_mobilenet = !strcmp(o->backbone, "MobileNet");
  fv_value x = fv__zoo_backbone(graph, o), answers[MAPS];
  fv_graph_set_name(graph, "ssdlite");
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  int count = 0;
  for (; count < MAPS && o->anchors[count]; count++) {
    const int extra = count - OF_BACKBONE;
    if (extra >= 0) x = shrink(graph, x, extra + 1, extra_filters[extra]);
    const fv_value map = extra < -1 ? fv__zoo_value(graph, ends[!is_mobilenet][count]) : x;
    answers[count] = answer(graph, map, count + 1, o->anchors[count], o->classes);
  }
  return join(graph, answers, count);
}

const fv__network fv__network_ssd_lite = {
    .entry = {.name = "SSDLite",
              .help = "objects in one stage, on MobileNet or EfficientNetLite0; Liu et al. 2016, Sandler et al. 2018",
              .height = 320,
              .width = 320,
              .channels = 3,
              .smallest = 64,
              .classes = 20,
              .parameters = 4295236,
              .preprocess = "tf",
              .resize = "pil-bilinear",
              .is_detector = true},
    .build = build,
};
