/* UNet: down, then up. On the way down a pair of convolutions makes a map of what is there, and pooling halves it; on
 * the way up a transposed convolution doubles it, and the map of the same size from the way down, which still knows
 * where things are, is laid beside it. The answer has a class for every pixel.
 *
 *   256x256x3  64 ---------------------------------------------> 64 + 64 | 64 | classes
 *              128 /2 -----------------------------------> 128 + 128 | 128
 *              256 /4 -------------------------> 256 + 256 | 256
 *              512 /8 ---------------> 512 + 512 | 512
 *              1024 /16
 *
 * Ronneberger, Fischer, Brox: U-Net, 2015. There convolutions have no padding, so that the answer is smaller than the
 * picture; here they keep its size, and are normalized (Ioffe, Szegedy 2015), which a network that learns from a few
 * dozen pictures needs. `alpha` multiplies the channels. `no_top` ends before the classifier.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

enum { LEVELS = 4, WIDTH = 64 };

static fv_value pair(fv_graph *graph, fv_value x, const char *name, int32_t filters) {
  x = fv__zoo_normal_conv(graph, x, fv__zoo_named(name, "_conv1").text, filters, 1);
  return fv__zoo_normal_conv(graph, x, fv__zoo_named(name, "_conv2").text, filters, 1);
}

/* Doubled, beside what was there on the way down. */
static fv_value join(fv_graph *graph, fv_value x, fv_value beside, const char *name, int32_t filters) {
  x = fv_conv2d_transpose(graph, x, .name = fv__zoo_named(name, "_double").text, .filters = filters, .kernel_size = {2},
                          .strides = {2});
  return fv_concatenate(graph, {beside, x}, .name = fv__zoo_named(name, "_join").text);
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_value beside[LEVELS], x = fv__zoo_input(graph, o, NULL);
  char name[16];
  fv_graph_set_name(graph, "unet");
  for (int level = 0; level < LEVELS; level++) {
    snprintf(name, sizeof name, "down%d", level + 1);
    beside[level] = pair(graph, x, name, fv__zoo_wide(WIDTH << level, o));
    x = fv_max_pooling2d(graph, beside[level], .name = fv__zoo_named(name, "_pool").text);
  }
  x = pair(graph, x, "bottom", fv__zoo_wide(WIDTH << LEVELS, o));
  for (int level = LEVELS - 1; level >= 0; level--) {
    const int32_t filters = fv__zoo_wide(WIDTH << level, o);
    snprintf(name, sizeof name, "up%d", level + 1);
    x = pair(graph, join(graph, x, beside[level], name, filters), name, filters);
  }
  return o->no_top ? fv__zoo_pool(graph, x, o) : fv__zoo_pixels(graph, x, o);
}

const fv__network fv__network_unet = {
    .entry = {.name = "UNet",
              .help = "a class for every pixel: down, up, and what was on the way beside it; Ronneberger et al. 2015",
              .height = 256,
              .width = 256,
              .channels = 3,
              .smallest = 32,
              .multiple = 16,
              .classes = 2,
              .parameters = 31049474,
              .preprocess = "tf",
              .resize = "pil-bilinear",
              .takes_alpha = true,
              .is_segmenter = true},
    .build = build,
};
