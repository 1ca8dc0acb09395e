/* SegNet: VGG16's thirteen convolutions down, and their mirror image up. On the way up every number goes back to where
 * pooling had found it on the way down (MaxUnpooling2D), so that edges stay where they were; convolutions fill the
 * rest.
 *
 *   64 64 | 128 128 | 256 256 256 | 512 512 512 | 512 512 512 |
 *         | 512 512 512 | 512 512 256 | 256 256 128 | 128 64 | 64 classes
 *
 * Badrinarayanan, Kendall, Cipolla: SegNet, 2015: every convolution is normalized. `alpha` multiplies the channels.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

enum { LEVELS = 5 };

static const int widths[LEVELS] = {64, 128, 256, 512, 512}, depths[LEVELS] = {2, 2, 3, 3, 3};

static fv_value convolve(fv_graph *graph, fv_value x, const char *way, int level, int number, int width,
                         const fv_zoo_options *o) {
  char name[24];
  snprintf(name, sizeof name, "%s%d_conv%d", way, level + 1, number + 1);
  return fv__zoo_normal_conv(graph, x, name, fv__zoo_wide(width, o), 1);
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_value before[LEVELS], x = fv__zoo_input(graph, o, NULL);
  char name[24];
  fv_graph_set_name(graph, "segnet");
  for (int level = 0; level < LEVELS; level++) {
    for (int i = 0; i < depths[level]; i++) x = convolve(graph, x, "down", level, i, widths[level], o);
    before[level] = x;
    snprintf(name, sizeof name, "down%d_pool", level + 1);
    x = fv_max_pooling2d(graph, x, .name = name);
  }
  for (int level = LEVELS - 1; level >= 0; level--) {
    snprintf(name, sizeof name, "up%d_unpool", level + 1);
    x = fv_max_unpooling2d(graph, {x, before[level]}, .name = name);
    for (int i = 0; i < depths[level]; i++) {
      const int last = i + 1 == depths[level] && level; /* as narrow as the level above */
      if (i + 1 == depths[level] && !level) break;      /* the last one is the classifier */
      x = convolve(graph, x, "up", level, i, widths[last ? level - 1 : level], o);
    }
  }
  return o->no_top ? fv__zoo_pool(graph, x, o) : fv__zoo_pixels(graph, x, o);
}

const fv__network fv__network_seg_net = {
    .entry = {.name = "SegNet",
              .help = "a class for every pixel: back up by where pooling found its numbers; Badrinarayanan et al. 2015",
              .height = 256,
              .width = 256,
              .channels = 3,
              .smallest = 32,
              .multiple = 32,
              .classes = 2,
              .parameters = 29451074,
              .preprocess = "tf",
              .resize = "pil-bilinear",
              .takes_alpha = true,
              .is_segmenter = true},
    .build = build,
};
