/* FCN8s: VGG16 without its last layers says what is where on a map of a 32nd of the picture; scores of the maps of a
 * 16th and an 8th, which know better where, are added on the way up, which is bilinear.
 *
 *   64 64 | 128 128 | 256 256 256 | 512 512 512 | 512 512 512 | 7x7 4096, 1x1 4096
 *                          pool3 |       pool4 |                     | classes, twice as large
 *                                |             classes ------------- + twice as large
 *                                classes --------------------------- + eight times as large
 *
 * Long, Shelhamer, Darrell: Fully Convolutional Networks, 2015. There VGG16 has learnt ImageNet and transposed
 * convolutions begin as bilinear ones; here convolutions are normalized, so that a narrow one learns from a few dozen
 * pictures, and the way up stays bilinear. `alpha` multiplies the channels.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

enum { BLOCKS = 5, WIDEST = 4096 };

static fv_value score(fv_graph *graph, fv_value x, const char *name, const fv_zoo_options *o) {
  return fv_conv2d(graph, x, .name = name, .filters = o->classes, .kernel_size = {1});
}

static fv_value enlarge(fv_graph *graph, fv_value x, const char *name, int32_t times) {
  return fv_up_sampling2d(graph, x, .name = name, .size = {times}, .interpolation = FV_BILINEAR);
}

/* What were VGG16's dense layers, as convolutions. */
static fv_value last_layers(fv_graph *graph, fv_value x, const fv_zoo_options *o) {
  const int32_t filters = fv__zoo_wide(WIDEST, o);
  x = fv_conv2d(graph, x, .name = "fc6", .filters = filters, .kernel_size = {7}, .padding = FV_SAME, .no_bias = true);
  x = fv_batch_normalization(graph, x, .name = "fc6_bn", .momentum = 0.9);
  x = fv_re_lu(graph, x, .name = "fc6_relu");
  x = fv_dropout(graph, x, .name = "fc6_dropout", .rate = 0.5);
  x = fv_conv2d(graph, x, .name = "fc7", .filters = filters, .kernel_size = {1}, .activation = "relu");
  return fv_dropout(graph, x, .name = "fc7_dropout", .rate = 0.5);
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  static const int widths[BLOCKS] = {64, 128, 256, 512, 512}, depths[BLOCKS] = {2, 2, 3, 3, 3};
  fv_value pooled[BLOCKS], x = fv__zoo_input(graph, o, NULL);
  char name[24];
  fv_graph_set_name(graph, "fcn8s");
  for (int block = 0; block < BLOCKS; block++) {
    for (int i = 0; i < depths[block]; i++) {
      snprintf(name, sizeof name, "block%d_conv%d", block + 1, i + 1);
      x = fv__zoo_normal_conv(graph, x, name, fv__zoo_wide(widths[block], o), 1);
    }
    snprintf(name, sizeof name, "block%d_pool", block + 1);
    x = pooled[block] = fv_max_pooling2d(graph, x, .name = name);
  }
  x = last_layers(graph, x, o);
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = enlarge(graph, score(graph, x, "score", o), "score_2x", 2);
  x = fv_add(graph, {x, score(graph, pooled[3], "score_pool4", o)}, .name = "add_pool4");
  x = enlarge(graph, x, "add_pool4_2x", 2);
  x = fv_add(graph, {x, score(graph, pooled[2], "score_pool3", o)}, .name = "add_pool3");
  x = enlarge(graph, x, "scores", 8);
  return fv_activation(graph, x, .name = "predictions", .activation = fv__zoo_activation(o));
}

const fv__network fv__network_fcn8s = {
    .entry = {.name = "FCN8s",
              .help = "a class for every pixel: VGG16's maps of three sizes, their scores added; Long et al. 2015",
              .height = 256,
              .width = 256,
              .channels = 3,
              .smallest = 32,
              .multiple = 32,
              .classes = 21,
              .parameters = 134387711,
              .preprocess = "tf",
              .resize = "pil-bilinear",
              .takes_alpha = true,
              .is_segmenter = true},
    .build = build,
};
