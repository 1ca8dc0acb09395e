/* MobileNet: a convolution, then thirteen pairs of depthwise 3x3 and pointwise 1x1 convolutions, each with batch
 * normalization and ReLU6. `alpha` multiplies the number of channels of every layer.
 *
 *   224x224x3  conv1 /2  32 | 64 | 128 /2 128 | 256 /2 256 | 512 /2 512 512 512 512 512 | 1024 /2 1024 | average | 1000
 *
 * Strides of 2 have one row and column of zeros below and right (conv_pad_N) before a convolution without padding. The
 * classifier is a 1x1 convolution. Howard et al.: MobileNets, 2017. Layers and names as keras.applications.MobileNet
 * has them, the model's name included: "mobilenet_1.00_224".
 */
#include <math.h>
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

enum { LAST_STAGE = 11 }; /* pairs before the one that halves the map of 14 x 14 */

static int32_t scaled(int32_t filters, double alpha) { return (int32_t)(filters * alpha); }

/* One unit of pair `number`, "conv_dw_3" or "conv_pw_3". */
static fv_value unit(fv_graph *graph, fv_value x, const char *kind, int number, int32_t filters, int32_t kernel,
                     int32_t stride, int32_t dilation) {
  char name[32], norm[32], relu[32];
  snprintf(name, sizeof name, "conv_%s_%d", kind, number);
  snprintf(norm, sizeof norm, "conv_%s_%d_bn", kind, number);
  snprintf(relu, sizeof relu, "conv_%s_%d_relu", kind, number);
  int32_t padding = stride == 2 ? FV_VALID : FV_SAME;
  return fv__zoo_unit_build(graph, x,
                            &(fv__zoo_unit){name, norm, relu, filters, kernel, stride, padding, .dilation = dilation});
}

static fv_value pair(fv_graph *graph, fv_value x, int number, int32_t filters, int32_t stride, int32_t dilation) {
  char name[32];
  snprintf(name, sizeof name, "conv_pad_%d", number);
  if (stride == 2) x = fv_zero_padding2d(graph, x, .name = name, .padding = {.bottom = 1, .right = 1});
  x = unit(graph, x, "dw", number, 0, 3, stride, dilation);
  return unit(graph, x, "pw", number, filters, 1, 1, 1);
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  static const struct {
    int32_t filters, stride;
  } pairs[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
               {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  int hundredths = (int)lround(o->alpha * 100); /* no "%f": its decimal point follows the locale */
  char name[64];
  if (o->input_shape[0] < 0)
    snprintf(name, sizeof name, "mobilenet_%d.%02d", hundredths / 100, hundredths % 100);
  else
    snprintf(name, sizeof name, "mobilenet_%d.%02d_%d", hundredths / 100, hundredths % 100, (int)o->input_shape[0]);
  fv_graph_set_name(graph, name);
  fv_value x = fv__zoo_input(graph, o, NULL);
  x = fv__zoo_unit_build(graph, x,
                         &(fv__zoo_unit){"conv1", "conv1_bn", "conv1_relu", scaled(32, o->alpha), 3, 2, FV_SAME});
  for (int i = 0; i < 13; i++) {
    const bool is_kept = o->output_stride == 16 && i >= LAST_STAGE; /* its size is; what follows looks twice as far */
    x = pair(graph, x, i + 1, scaled(pairs[i].filters, o->alpha), is_kept ? 1 : pairs[i].stride,
             is_kept && i > LAST_STAGE ? 2 : 1);
  }
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_global_average_pooling2d(graph, x, .keepdims = true);
  x = fv_dropout(graph, x, .name = "dropout", .rate = 1e-3);
  x = fv_conv2d(graph, x, .name = "conv_preds", .filters = o->classes, .kernel_size = {1}, .padding = FV_SAME);
  x = fv_reshape(graph, x, .name = "reshape_2", .target_shape = {o->classes});
  return fv_activation(graph, x, .name = "predictions", .activation = fv__zoo_activation(o));
}

#define FILE_FOR(text, width, pixels, top, without)                                                                    \
  {                                                                                                                    \
    .file = "mobilenet_" text "_" #pixels "_tf" top ".h5",                                                             \
    .address = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet/", .licence = "Apache-2.0",     \
    .no_top = without, .alpha = width, .side = pixels                                                                  \
  }
#define FILES_OF(text, width, pixels)                                                                                  \
  FILE_FOR(text, width, pixels, "", false), FILE_FOR(text, width, pixels, "_no_top", true)
#define FILES(text, width)                                                                                             \
  FILES_OF(text, width, 128), FILES_OF(text, width, 160), FILES_OF(text, width, 192), FILES_OF(text, width, 224)

static const fv_zoo_weights weights[] = {
    FILES("2_5", 0.25), FILES("5_0", 0.5), FILES("7_5", 0.75), FILES("1_0", 1), {.file = NULL}};

const fv__network fv__network_mobilenet = {
    .entry = {.name = "MobileNet",
              .help = "depthwise and pointwise convolutions in turn; alpha is its width; Howard et al. 2017",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 32,
              .classes = 1000,
              .parameters = 4253864,
              .preprocess = "tf",
              .resize = "pil-bilinear",
              .takes_alpha = true,
              .has_imagenet = true},
    .build = build,
    .weights = weights,
};
