/* Inception-v3: modules of parallel branches whose large kernels are split into small and one-dimensional ones.
 *
 *   299x299x3  five convolutions, two pools |35| mixed0..2 | mixed3 |17| mixed4..7 | mixed8 |8| mixed9, mixed10 | 1000
 *
 * Every convolution has no bias and is followed by batch normalization without gamma and ReLU, all numbered by class.
 * The auxiliary head looks at mixed7: average pooling 5x5 /3, 1x1 128, 5x5 768, average, dense; Keras leaves it out, so
 * its layers have names of their own, aux_... .
 *
 * Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the Inception architecture for computer vision, 2015. Layers and
 * names as keras.applications.InceptionV3 has them.
 */
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

static fv_value unit(fv_graph *graph, fv_value x, int32_t filters, int32_t height, int32_t width, int32_t stride,
                     int32_t padding) {
  x = fv_conv2d(graph, x, .filters = filters, .kernel_size = {height, width}, .strides = {stride}, .padding = padding,
                .no_bias = true);
  x = fv_batch_normalization(graph, x, .no_scale = true);
  return fv_activation(graph, x, .activation = "relu");
}

/* The usual one: stride 1, the extents stay. */
static fv_value same(fv_graph *graph, fv_value x, int32_t filters, int32_t height, int32_t width) {
  return unit(graph, x, filters, height, width, 1, FV_SAME);
}

/* 3x3, stride 2, no padding. */
static fv_value halved(fv_graph *graph, fv_value x, int32_t filters) {
  return unit(graph, x, filters, 3, 3, 2, FV_VALID);
}

static fv_value halved_pool(fv_graph *graph, fv_value x) {
  return fv_max_pooling2d(graph, x, .pool_size = {3}, .strides = {2});
}

static fv_value pool_branch(fv_graph *graph, fv_value x, int32_t filters) {
  x = fv_average_pooling2d(graph, x, .pool_size = {3}, .strides = {1}, .padding = FV_SAME);
  return same(graph, x, filters, 1, 1);
}

/* mixed0..2: 1x1; 5x5; two 3x3; pooling. */
static fv_value module_35(fv_graph *graph, fv_value x, const char *name, int32_t pool_filters) {
  fv_value a = same(graph, x, 64, 1, 1);
  fv_value b = same(graph, same(graph, x, 48, 1, 1), 64, 5, 5);
  fv_value c = same(graph, x, 64, 1, 1);
  c = same(graph, same(graph, c, 96, 3, 3), 96, 3, 3);
  fv_value d = pool_branch(graph, x, pool_filters);
  return fv_concatenate(graph, {a, b, c, d}, .name = name);
}

/* mixed3: 35 to 17. */
static fv_value reduction_17(fv_graph *graph, fv_value x) {
  fv_value a = halved(graph, x, 384);
  fv_value b = same(graph, x, 64, 1, 1);
  b = halved(graph, same(graph, b, 96, 3, 3), 96);
  return fv_concatenate(graph, {a, b, halved_pool(graph, x)}, .name = "mixed3");
}

/* mixed4..7: 1x1; 7x7 as 1x7 and 7x1; two of those; pooling. */
static fv_value module_17(fv_graph *graph, fv_value x, const char *name, int32_t filters) {
  fv_value a = same(graph, x, 192, 1, 1);
  fv_value b = same(graph, x, filters, 1, 1);
  b = same(graph, same(graph, b, filters, 1, 7), 192, 7, 1);
  fv_value c = same(graph, x, filters, 1, 1);
  c = same(graph, same(graph, c, filters, 7, 1), filters, 1, 7);
  c = same(graph, same(graph, c, filters, 7, 1), 192, 1, 7);
  fv_value d = pool_branch(graph, x, 192);
  return fv_concatenate(graph, {a, b, c, d}, .name = name);
}

/* mixed8: 17 to 8. */
static fv_value reduction_8(fv_graph *graph, fv_value x) {
  fv_value a = halved(graph, same(graph, x, 192, 1, 1), 320);
  fv_value b = same(graph, x, 192, 1, 1);
  b = same(graph, same(graph, b, 192, 1, 7), 192, 7, 1);
  b = halved(graph, b, 192);
  return fv_concatenate(graph, {a, b, halved_pool(graph, x)}, .name = "mixed8");
}

/* mixed9, mixed10: 1x1; 1x3 beside 3x1; 3x3, then 1x3 beside 3x1; pooling. `inner` names the first pair. */
static fv_value module_8(fv_graph *graph, fv_value x, const char *name, const char *inner) {
  fv_value a = same(graph, x, 320, 1, 1);
  fv_value b = same(graph, x, 384, 1, 1);
  fv_value b1 = same(graph, b, 384, 1, 3), b2 = same(graph, b, 384, 3, 1);
  b = fv_concatenate(graph, {b1, b2}, .name = inner);
  fv_value c = same(graph, same(graph, x, 448, 1, 1), 384, 3, 3);
  fv_value c1 = same(graph, c, 384, 1, 3), c2 = same(graph, c, 384, 3, 1);
  c = fv_concatenate(graph, {c1, c2});
  fv_value d = pool_branch(graph, x, 192);
  return fv_concatenate(graph, {a, b, c, d}, .name = name);
}

static fv_value named_unit(fv_graph *graph, fv_value x, const char *name, int32_t filters, int32_t kernel) {
  x = fv_conv2d(graph, x, .name = name, .filters = filters, .kernel_size = {kernel}, .no_bias = true);
  x = fv_batch_normalization(graph, x, .name = fv__zoo_named(name, "_bn").text, .no_scale = true);
  return fv_activation(graph, x, .name = fv__zoo_named(name, "_relu").text, .activation = "relu");
}

static void auxiliary_head(fv_graph *graph, fv_value x, const fv_zoo_options *o) {
  x = fv_average_pooling2d(graph, x, .name = "aux_pool", .pool_size = {5}, .strides = {3});
  x = named_unit(graph, x, "aux_conv0", 128, 1);
  x = named_unit(graph, x, "aux_conv1", 768, 5);
  x = fv_global_average_pooling2d(graph, x, .name = "aux_avg_pool");
  fv_dense(graph, x, .name = "aux_predictions", .units = o->classes, .activation = fv__zoo_activation(o));
}

static fv_value stem(fv_graph *graph, fv_value x) {
  x = halved(graph, x, 32);
  x = unit(graph, x, 32, 3, 3, 1, FV_VALID);
  x = halved_pool(graph, same(graph, x, 64, 3, 3));
  x = unit(graph, x, 80, 1, 1, 1, FV_VALID);
  return halved_pool(graph, unit(graph, x, 192, 3, 3, 1, FV_VALID));
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "inception_v3");
  fv_value x = stem(graph, fv__zoo_input(graph, o, NULL));
  x = module_35(graph, x, "mixed0", 32);
  x = module_35(graph, x, "mixed1", 64);
  x = module_35(graph, x, "mixed2", 64);
  x = reduction_17(graph, x);
  x = module_17(graph, x, "mixed4", 128);
  x = module_17(graph, x, "mixed5", 160);
  x = module_17(graph, x, "mixed6", 160);
  x = module_17(graph, x, "mixed7", 192);
  if (o->auxiliary) auxiliary_head(graph, x, o);
  x = reduction_8(graph, x);
  x = module_8(graph, x, "mixed9", "mixed9_0");
  x = module_8(graph, x, "mixed10", "mixed9_1");
  return o->no_top ? fv__zoo_pool(graph, x, o) : fv__zoo_top(graph, x, o);
}

#define WEIGHTS(top, sum, without)                                                                                     \
  {                                                                                                                    \
    .file = "inception_v3_weights_tf_dim_ordering_tf_kernels" top ".h5",                                               \
    .address = "https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/", .checksum = "md5:" sum,   \
    .licence = "Apache-2.0", .no_top = without                                                                         \
  }

static const fv_zoo_weights weights[] = {WEIGHTS("", "9a0d58056eeedaa3f26cb7ebd46da564", false),
                                         WEIGHTS("_notop", "bcbd6486424b2319ff4ef7d526e38f63", true),
                                         {.file = NULL}};

const fv__network fv__network_inception_v3 = {
    .entry = {.name = "InceptionV3",
              .help = "modules of branches with split kernels; Szegedy et al. 2015",
              .height = 299,
              .width = 299,
              .channels = 3,
              .smallest = 75,
              .classes = 1000,
              .parameters = 23851784,
              .preprocess = "tf",
              .resize = "pil-bilinear",
              .takes_auxiliary = true,
              .has_imagenet = true},
    .build = build,
    .weights = weights,
    .auxiliary = {"aux_predictions"},
};
