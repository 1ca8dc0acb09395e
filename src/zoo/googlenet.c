/* GoogLeNet, which won ImageNet's challenge of 2014: nine inception modules, each of four branches side by side.
 *
 *   224x224x3  7x7 /2 64 | pool, norm | 1x1 64, 3x3 192 | norm, pool | 3a 3b | pool | 4a 4b 4c 4d 4e | pool | 5a 5b |
 *              average | dropout | 1000
 *   inception  1x1 | 1x1, 3x3 | 1x1, 5x5 | pool 3x3, 1x1      joined
 *   auxiliary  average 5x5 /3 | 1x1 128 | 1024 | dropout | 1000      behind 4a and 4d, while training
 *
 * Szegedy et al.: Going deeper with convolutions, 2014, table 1; local response normalization as in Caffe's release,
 * x / (1 + 1e-4 / 5 sum of squares of 5 channels)^0.75. Names are that release's.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

enum { NAME = 64 };

/* Filters of an inception module: 1x1; reduction and 3x3; reduction and 5x5; behind the pool. */
typedef struct module {
  const char *name;
  int32_t one, reduce3, three, reduce5, five, pool;
} module;

static const module modules[] = {
    {"3a", 64, 96, 128, 16, 32, 32},     {"3b", 128, 128, 192, 32, 96, 64},   {"4a", 192, 96, 208, 16, 48, 64},
    {"4b", 160, 112, 224, 24, 64, 64},   {"4c", 128, 128, 256, 24, 64, 64},   {"4d", 112, 144, 288, 32, 64, 64},
    {"4e", 256, 160, 320, 32, 128, 128}, {"5a", 256, 160, 320, 32, 128, 128}, {"5b", 384, 192, 384, 48, 128, 128}};

static fv_value convolve(fv_graph *graph, fv_value x, const char *name, int32_t filters, int32_t kernel,
                         int32_t stride) {
  return fv_conv2d(graph, x, .name = name, .filters = filters, .kernel_size = {kernel}, .strides = {stride},
                   .padding = FV_SAME, .activation = "relu");
}

static fv_value normalise(fv_graph *graph, fv_value x, const char *name) {
  return fv_local_response_normalization(graph, x, .name = name, .depth_radius = 2, .bias = 1, .alpha = 1e-4,
                                         .beta = 0.75, .average = true);
}

static fv_value pool(fv_graph *graph, fv_value x, const char *name, int32_t stride) {
  return fv_max_pooling2d(graph, x, .name = name, .pool_size = {3}, .strides = {stride}, .padding = FV_SAME);
}

/* "inception_3a_PART" */
static fv_value unit(fv_graph *graph, fv_value x, const module *m, const char *part, int32_t filters, int32_t kernel) {
  char name[NAME];
  snprintf(name, sizeof name, "inception_%s_%s", m->name, part);
  return convolve(graph, x, name, filters, kernel, 1);
}

static fv_value inception(fv_graph *graph, fv_value x, const module *m) {
  char name[NAME];
  fv_value branch[4];
  branch[0] = unit(graph, x, m, "1x1", m->one, 1);
  branch[1] = unit(graph, unit(graph, x, m, "3x3_reduce", m->reduce3, 1), m, "3x3", m->three, 3);
  branch[2] = unit(graph, unit(graph, x, m, "5x5_reduce", m->reduce5, 1), m, "5x5", m->five, 5);
  snprintf(name, sizeof name, "inception_%s_pool", m->name);
  branch[3] = unit(graph, pool(graph, x, name, 1), m, "pool_proj", m->pool, 1);
  snprintf(name, sizeof name, "inception_%s_output", m->name);
  return fv_concatenate(graph, {branch[0], branch[1], branch[2], branch[3]}, .name = name);
}

static const char *part_of_head(char text[NAME], const char *head, const char *part) {
  snprintf(text, NAME, "%s_%s", head, part);
  return text;
}

static void auxiliary(fv_graph *graph, fv_value x, const char *head, const fv_zoo_options *o) {
  char name[NAME];
  if (!o->auxiliary) return;
  x = fv_average_pooling2d(graph, x, .name = part_of_head(name, head, "ave_pool"), .pool_size = {5}, .strides = {3});
  x = convolve(graph, x, part_of_head(name, head, "conv"), 128, 1, 1);
  x = fv_flatten(graph, x, .name = part_of_head(name, head, "flatten"));
  x = fv_dense(graph, x, .name = part_of_head(name, head, "fc"), .units = 1024, .activation = "relu");
  x = fv_dropout(graph, x, .name = part_of_head(name, head, "drop_fc"), .rate = 0.7);
  (void)fv_dense(graph, x, .name = part_of_head(name, head, "classifier"), .units = o->classes,
                 .activation = fv__zoo_activation(o));
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "googlenet");
  fv_value x = fv__zoo_input(graph, o, "input");
  x = convolve(graph, x, "conv1_7x7_s2", 64, 7, 2);
  x = normalise(graph, pool(graph, x, "pool1", 2), "norm1");
  x = convolve(graph, convolve(graph, x, "conv2_3x3_reduce", 64, 1, 1), "conv2_3x3", 192, 3, 1);
  x = pool(graph, normalise(graph, x, "norm2"), "pool2", 2);
  for (int i = 0; i < 9; i++) {
    x = inception(graph, x, &modules[i]);
    if (i == 1) x = pool(graph, x, "pool3", 2);
    if (i == 2) auxiliary(graph, x, "loss1", o);
    if (i == 5) auxiliary(graph, x, "loss2", o);
    if (i == 6) x = pool(graph, x, "pool4", 2);
  }
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_global_average_pooling2d(graph, x, .name = "pool5", .keepdims = true);
  x = fv_dropout(graph, x, .name = "pool5_drop", .rate = 0.4);
  x = fv_flatten(graph, x, .name = "flatten");
  return fv_dense(graph, x, .name = "loss3_classifier", .units = o->classes, .activation = fv__zoo_activation(o));
}

const fv__network fv__network_googlenet = {
    .entry = {.name = "GoogLeNet",
              .help = "nine inception modules with local response normalization; Szegedy et al. 2014",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 32,
              .classes = 1000,
              .parameters = 6998552,
              .preprocess = "caffe",
              .resize = "pil-bilinear",
              .crop = 0.875,
              .takes_auxiliary = true},
    .build = build,
    .auxiliary = {"loss1_classifier", "loss2_classifier"},
};
