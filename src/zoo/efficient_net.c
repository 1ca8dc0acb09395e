/* EfficientNet-B0: inverted residual blocks with squeeze and excitation.
 *
 *   224x224x3  stem /2 32 | 16 | 24 x2 /2 | 40 x2 5x5 /2 | 80 x3 /2 | 112 x3 5x5 | 192 x4 5x5 /2 | 320 | 1x1 1280 |
 * 1000
 *
 *   block   expand 1x1 (times 6; the first block has none), depthwise, squeeze and excitation, project 1x1 without
 *           activation, sum where the extents stay
 *
 *   squeeze and excitation   average over the image, 1x1 to a quarter of the block's input channels, 1x1 back, sigmoid:
 *                            a factor for each channel
 *
 * The network scales its own pixels: 1/255, then mean and variance that are weights. ImageNet's weights were made with
 * a further division by the square root of the deviations, a layer that Keras adds for them alone. Tan, Le:
 * EfficientNet, 2019. Layers and names as keras.applications.EfficientNetB0 has them.
 */
#include <stdio.h>
#include <string.h>

#include <fovea/layers.h>

#include "zoo/network.h"

typedef struct fv__stage {
  int repeats;
  int32_t kernel, stride, expand, filters;
} fv__stage;

static const fv__stage stages[] = {{1, 3, 1, 1, 16},  {2, 3, 2, 6, 24},  {2, 5, 2, 6, 40}, {3, 3, 2, 6, 80},
                                   {3, 5, 1, 6, 112}, {4, 5, 2, 6, 192}, {1, 3, 1, 6, 320}};
enum { STAGES = sizeof stages / sizeof *stages, BLOCKS = 16 };

/* Normalization "PREFIXbn", activation "PREFIXactivation". */
static fv_value norm_swish(fv_graph *graph, fv_value x, const char *prefix) {
  x = fv_batch_normalization(graph, x, .name = fv__zoo_named(prefix, "bn").text);
  return fv_activation(graph, x, .name = fv__zoo_named(prefix, "activation").text, .activation = "silu");
}

static fv_value convolution(fv_graph *graph, fv_value x, const char *name, int32_t filters) {
  return fv_conv2d(graph, x, .name = name, .filters = filters, .kernel_size = {1}, .padding = FV_SAME, .no_bias = true);
}

static fv_value excite(fv_graph *graph, fv_value x, const char *prefix, int32_t channels, int32_t squeezed) {
  fv_value factors = fv_global_average_pooling2d(graph, x, .name = fv__zoo_named(prefix, "se_squeeze").text);
  factors =
      fv_reshape(graph, factors, .name = fv__zoo_named(prefix, "se_reshape").text, .target_shape = {1, 1, channels});
  factors = fv_conv2d(graph, factors, .name = fv__zoo_named(prefix, "se_reduce").text, .filters = squeezed,
                      .kernel_size = {1}, .padding = FV_SAME, .activation = "silu");
  factors = fv_conv2d(graph, factors, .name = fv__zoo_named(prefix, "se_expand").text, .filters = channels,
                      .kernel_size = {1}, .padding = FV_SAME, .activation = "sigmoid");
  return fv_multiply(graph, {x, factors}, .name = fv__zoo_named(prefix, "se_excite").text);
}

/* Block `number` of all, from 0; the later, the more often its branch is dropped in training. */
static fv_value block(fv_graph *graph, fv_value start, const char *prefix, const fv__stage *s, int32_t stride,
                      int number) {
  int32_t channels = (int32_t)fv_graph_shape(graph, start).dims[3], wide = channels * s->expand;
  fv_value x = start;
  if (s->expand > 1) {
    x = convolution(graph, x, fv__zoo_named(prefix, "expand_conv").text, wide);
    x = norm_swish(graph, x, fv__zoo_named(prefix, "expand_").text);
  }
  if (stride > 1) x = fv__zoo_correct_pad(graph, x, fv__zoo_named(prefix, "dwconv_pad").text, s->kernel);
  x = fv_depthwise_conv2d(graph, x, .name = fv__zoo_named(prefix, "dwconv").text, .kernel_size = {s->kernel},
                          .strides = {stride}, .padding = stride > 1 ? FV_VALID : FV_SAME, .no_bias = true);
  x = norm_swish(graph, x, prefix);
  x = excite(graph, x, prefix, wide, channels < 4 ? 1 : channels / 4);
  x = convolution(graph, x, fv__zoo_named(prefix, "project_conv").text, s->filters);
  x = fv_batch_normalization(graph, x, .name = fv__zoo_named(prefix, "project_bn").text);
  if (stride > 1 || channels != s->filters) return x;
  if (number) x = fv_dropout(graph, x, .name = fv__zoo_named(prefix, "drop").text, .rate = 0.2 * number / BLOCKS);
  return fv_add(graph, {x, start}, .name = fv__zoo_named(prefix, "add").text);
}

/* ImageNet's weights, asked for by word or by the name of their file. */
static bool is_official(const char *weights) {
  if (!weights) return false;
  const char *slash = strrchr(weights, '/'), *file = slash ? slash + 1 : weights;
  return !strcmp(weights, "imagenet") || !strcmp(file, "efficientnetb0.h5") || !strcmp(file, "efficientnetb0_notop.h5");
}

static fv_value stem(fv_graph *graph, fv_value x, const fv_zoo_options *o) {
  x = fv_rescaling(graph, x, .scale = 1 / 255.0);
  x = fv_normalization(graph, x, .axis = {3});
  if (is_official(o->weights))
    x = fv_normalization(graph, x, .name = "rescaling_1", .mean = "0", .variance = "[0.229, 0.224, 0.225]");
  x = fv__zoo_correct_pad(graph, x, "stem_conv_pad", 3);
  x = fv_conv2d(graph, x, .name = "stem_conv", .filters = 32, .kernel_size = {3}, .strides = {2}, .no_bias = true);
  return norm_swish(graph, x, "stem_");
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "efficientnetb0");
  fv_value x = stem(graph, fv__zoo_input(graph, o, NULL), o);
  int number = 0;
  char prefix[32];
  for (int i = 0; i < STAGES; i++)
    for (int r = 0; r < stages[i].repeats; r++) {
      snprintf(prefix, sizeof prefix, "block%d%c_", i + 1, 'a' + r);
      x = block(graph, x, prefix, &stages[i], r == 0 ? stages[i].stride : 1, number++);
    }
  x = convolution(graph, x, "top_conv", 1280);
  x = norm_swish(graph, x, "top_");
  if (o->no_top) return fv__zoo_named_pool(graph, x, o);
  x = fv_global_average_pooling2d(graph, x, .name = "avg_pool");
  x = fv_dropout(graph, x, .name = "top_dropout", .rate = 0.2);
  return fv_dense(graph, x, .name = "predictions", .units = o->classes, .activation = fv__zoo_activation(o));
}

#define WEIGHTS(top, sum, without)                                                                                     \
  {                                                                                                                    \
    .file = "efficientnetb0" top ".h5", .address = "https://storage.googleapis.com/keras-applications/",               \
    .checksum = "md5:" sum, .licence = "Apache-2.0", .no_top = without                                                 \
  }

static const fv_zoo_weights weights[] = {WEIGHTS("", "902e53a9f72be733fc0bcb005b3ebbac", false),
                                         WEIGHTS("_notop", "50bc09e76180e00e4465e1a485ddc09d", true),
                                         {.file = NULL}};

const fv__network fv__network_efficient_net = {
    .entry = {.name = "EfficientNetB0",
              .help = "inverted residual blocks with squeeze and excitation; Tan, Le 2019",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 32,
              .classes = 1000,
              .parameters = 5330571,
              .preprocess = "none",
              .resize = "pil-bilinear",
              .has_imagenet = true},
    .build = build,
    .weights = weights,
};
