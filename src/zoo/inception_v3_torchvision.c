/* InceptionV3 as torchvision has it: convolutions factored into small and one-dimensional ones, in blocks of branches.
 *
 *   299x299x3  3x3 /2 32, 3x3 32, 3x3 64 | pool | 1x1 80, 3x3 192 | pool | 5b 5c 5d | 6a /2 | 6b 6c 6d 6e | 7a /2 |
 *              7b 7c | average | dropout | 1000
 *
 * Unlike keras.applications', the average pools of the branches count the zeros around the image (divide by 9 always),
 * and normalisation has a gamma. The auxiliary head is left out; files that have its weights load. The official weights
 * want pictures as x / 127.5 - 1: torchvision's transform_input turns its usual (x / 255 - mean) / std into just that.
 *
 * Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the inception architecture for computer vision, 2015.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/support/torchvision.h"

/* A block being written, "Mixed_5b". */
typedef struct block {
  fv_graph *graph;
  const char *name;
} block;

static fv_value unit(const block *b, fv_value x, const char *branch, fv__torchvision_conv conv) {
  char name[FV__TORCHVISION_NAME];
  return fv__torchvision_basic(b->graph, x, fv__torchvision_name(name, b->name, branch), conv);
}

static fv_value one(const block *b, fv_value x, const char *branch, int32_t filters) {
  return unit(b, x, branch, (fv__torchvision_conv){.filters = filters, .kernel = {1}});
}

static fv_value square(const block *b, fv_value x, const char *branch, int32_t filters, int32_t side) {
  return unit(b, x, branch, (fv__torchvision_conv){filters, {side}, {side / 2}});
}

/* 3x3 with stride 2, without padding. */
static fv_value halve(const block *b, fv_value x, const char *branch, int32_t filters) {
  return unit(b, x, branch, (fv__torchvision_conv){.filters = filters, .kernel = {3}, .stride = 2});
}

/* One pixel high, or one wide. */
static fv_value row(const block *b, fv_value x, const char *branch, int32_t filters, int32_t width) {
  return unit(b, x, branch, (fv__torchvision_conv){filters, {1, width}, {0, width / 2}});
}

static fv_value column(const block *b, fv_value x, const char *branch, int32_t filters, int32_t height) {
  return unit(b, x, branch, (fv__torchvision_conv){filters, {height, 1}, {height / 2, 0}});
}

/* 3x3 averages that count the zeros outside, and a 1x1 convolution. */
static fv_value pooled(const block *b, fv_value x, int32_t filters) {
  char name[FV__TORCHVISION_NAME];
  x = fv_zero_padding2d(b->graph, x, .name = fv__torchvision_name(name, b->name, "branch_pool_pad"));
  x = fv_average_pooling2d(b->graph, x, .name = fv__torchvision_name(name, b->name, "branch_pool"), .pool_size = {3},
                           .strides = {1});
  return one(b, x, "branch_pool", filters);
}

static fv_value maximum(const block *b, fv_value x) {
  char name[FV__TORCHVISION_NAME];
  return fv_max_pooling2d(b->graph, x, .name = fv__torchvision_name(name, b->name, "branch_pool"), .pool_size = {3},
                          .strides = {2});
}

static fv_value join(const block *b, const char *suffix, const fv_value *branches, int count) {
  char name[FV__TORCHVISION_NAME];
  fv_concatenate_options options = {.name = fv__torchvision_name(name, b->name, suffix)};
  for (int i = 0; i < count; i++) options.inputs[i] = branches[i];
  return fv_concatenate_with(b->graph, &options);
}

/* 35 x 35: 1x1, 5x5, two 3x3, pool. */
static fv_value block_a(const block *b, fv_value x, int32_t pool_filters) {
  fv_value branch[4];
  branch[0] = one(b, x, "branch1x1", 64);
  branch[1] = square(b, one(b, x, "branch5x5_1", 48), "branch5x5_2", 64, 5);
  branch[2] = square(b, one(b, x, "branch3x3dbl_1", 64), "branch3x3dbl_2", 96, 3);
  branch[2] = square(b, branch[2], "branch3x3dbl_3", 96, 3);
  branch[3] = pooled(b, x, pool_filters);
  return join(b, "concat", branch, 4);
}

/* 35 x 35 to 17 x 17. */
static fv_value block_b(const block *b, fv_value x) {
  fv_value branch[3];
  branch[0] = halve(b, x, "branch3x3", 384);
  branch[1] = square(b, one(b, x, "branch3x3dbl_1", 64), "branch3x3dbl_2", 96, 3);
  branch[1] = halve(b, branch[1], "branch3x3dbl_3", 96);
  branch[2] = maximum(b, x);
  return join(b, "concat", branch, 3);
}

/* 17 x 17: 1x1, 7x7 in two steps, twice 7x7 in four, pool. */
static fv_value block_c(const block *b, fv_value x, int32_t filters) {
  fv_value branch[4], y;
  branch[0] = one(b, x, "branch1x1", 192);
  y = row(b, one(b, x, "branch7x7_1", filters), "branch7x7_2", filters, 7);
  branch[1] = column(b, y, "branch7x7_3", 192, 7);
  y = column(b, one(b, x, "branch7x7dbl_1", filters), "branch7x7dbl_2", filters, 7);
  y = column(b, row(b, y, "branch7x7dbl_3", filters, 7), "branch7x7dbl_4", filters, 7);
  branch[2] = row(b, y, "branch7x7dbl_5", 192, 7);
  branch[3] = pooled(b, x, 192);
  return join(b, "concat", branch, 4);
}

/* 17 x 17 to 8 x 8. */
static fv_value block_d(const block *b, fv_value x) {
  fv_value branch[3], y;
  branch[0] = halve(b, one(b, x, "branch3x3_1", 192), "branch3x3_2", 320);
  y = row(b, one(b, x, "branch7x7x3_1", 192), "branch7x7x3_2", 192, 7);
  branch[1] = halve(b, column(b, y, "branch7x7x3_3", 192, 7), "branch7x7x3_4", 192);
  branch[2] = maximum(b, x);
  return join(b, "concat", branch, 3);
}

/* 8 x 8: 1x1, 3x3 split into a row and a column side by side, the same behind a 3x3, pool. */
static fv_value block_e(const block *b, fv_value x) {
  fv_value branch[4], split[2], y;
  branch[0] = one(b, x, "branch1x1", 320);
  y = one(b, x, "branch3x3_1", 384);
  split[0] = row(b, y, "branch3x3_2a", 384, 3);
  split[1] = column(b, y, "branch3x3_2b", 384, 3);
  branch[1] = join(b, "branch3x3_concat", split, 2);
  y = square(b, one(b, x, "branch3x3dbl_1", 448), "branch3x3dbl_2", 384, 3);
  split[0] = row(b, y, "branch3x3dbl_3a", 384, 3);
  split[1] = column(b, y, "branch3x3dbl_3b", 384, 3);
  branch[2] = join(b, "branch3x3dbl_concat", split, 2);
  branch[3] = pooled(b, x, 192);
  return join(b, "concat", branch, 4);
}

static fv_value stem(fv_graph *graph, fv_value x) {
  x = fv__torchvision_basic(graph, x, "Conv2d_1a_3x3",
                            (fv__torchvision_conv){.filters = 32, .kernel = {3}, .stride = 2});
  x = fv__torchvision_basic(graph, x, "Conv2d_2a_3x3", (fv__torchvision_conv){.filters = 32, .kernel = {3}});
  x = fv__torchvision_basic(graph, x, "Conv2d_2b_3x3", (fv__torchvision_conv){64, {3}, {1}});
  x = fv_max_pooling2d(graph, x, .name = "maxpool1", .pool_size = {3}, .strides = {2});
  x = fv__torchvision_basic(graph, x, "Conv2d_3b_1x1", (fv__torchvision_conv){.filters = 80, .kernel = {1}});
  x = fv__torchvision_basic(graph, x, "Conv2d_4a_3x3", (fv__torchvision_conv){.filters = 192, .kernel = {3}});
  return fv_max_pooling2d(graph, x, .name = "maxpool2", .pool_size = {3}, .strides = {2});
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "inception_v3_torchvision");
  fv_value x = stem(graph, fv__zoo_input(graph, o, NULL));
  x = block_a(&(block){graph, "Mixed_5b"}, x, 32);
  x = block_a(&(block){graph, "Mixed_5c"}, x, 64);
  x = block_a(&(block){graph, "Mixed_5d"}, x, 64);
  x = block_b(&(block){graph, "Mixed_6a"}, x);
  x = block_c(&(block){graph, "Mixed_6b"}, x, 128);
  x = block_c(&(block){graph, "Mixed_6c"}, x, 160);
  x = block_c(&(block){graph, "Mixed_6d"}, x, 160);
  x = block_c(&(block){graph, "Mixed_6e"}, x, 192);
  x = block_d(&(block){graph, "Mixed_7a"}, x);
  x = block_e(&(block){graph, "Mixed_7b"}, x);
  x = block_e(&(block){graph, "Mixed_7c"}, x);
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_global_average_pooling2d(graph, x, .name = "avgpool");
  x = fv_dropout(graph, x, .name = "dropout", .rate = 0.5);
  return fv_dense(graph, x, .name = "fc", .units = o->classes, .activation = fv__zoo_activation(o));
}

static const fv_zoo_weights weights[] = FV__TORCHVISION_WEIGHTS("inception_v3_google", "0cc3c7bd", 0);

const fv__network fv__network_inception_v3_torchvision = {
    .entry = {.name = "InceptionV3Torchvision",
              .help = "PyTorch's InceptionV3: convolutions factored into small ones; Szegedy et al. 2015",
              .height = 299,
              .width = 299,
              .channels = 3,
              .smallest = 75,
              .classes = 1000,
              .parameters = 23869000,
              .preprocess = "tf",
              .resize = "pil-bilinear",
              .crop = 299.0 / 342,
              .has_imagenet = true},
    .build = build,
    .weights = weights,
};
