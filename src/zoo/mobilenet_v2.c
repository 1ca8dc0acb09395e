/* MobileNetV2: inverted residual blocks, wide inside and narrow where they are added, the narrow ends without ReLU.
 *
 *   224x224x3  Conv1 /2 32 | 16 | 24 24 /2 | 32 32 32 /2 | 64 x4 /2 | 96 x3 | 160 x3 /2 | 320 | 1x1 1280 | average |
 * 1000
 *
 *   block   expand 1x1 (times 6; the first block has none), depthwise 3x3, project 1x1; sum where the extents stay
 *
 * `alpha` multiplies the channels, rounded to multiples of 8; the last convolution never has less than 1280.
 * Sandler et al.: MobileNetV2: inverted residuals and linear bottlenecks, 2018. Layers and names as
 * keras.applications.MobileNetV2 has them, the model's name included: "mobilenetv2_1.00_224".
 */
#include <math.h>
#include <stdio.h>

#include <fovea/layers.h>

#include "zoo/network.h"

/* To a multiple of 8, not below nine tenths. */
static int32_t divisible(double channels) {
  int32_t rounded = (int32_t)(channels + 4) / 8 * 8;
  if (rounded < 8) rounded = 8;
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

static fv_value unit(fv_graph *graph, fv_value x, const char *name, const char *norm, const char *relu, int32_t filters,
                     int32_t kernel, int32_t stride, int32_t padding) {
  return fv__zoo_unit_build(graph, x, &(fv__zoo_unit){name, norm, relu, filters, kernel, stride, padding, 0.999});
}

/* The unit PREFIXPART, normalized as "PREFIXPART_BN", with or without "PREFIXPART_relu". */
static fv_value part(fv_graph *graph, fv_value x, const char *prefix, const char *name, int32_t filters, int32_t kernel,
                     int32_t stride, bool relu) {
  fv__zoo_name whole = fv__zoo_named(prefix, name);
  fv__zoo_name norm = fv__zoo_named(whole.text, "_BN"), activation = fv__zoo_named(whole.text, "_relu");
  return unit(graph, x, whole.text, norm.text, relu ? activation.text : NULL, filters, kernel, stride,
              stride == 1 ? FV_SAME : FV_VALID);
}

static fv_value block(fv_graph *graph, fv_value start, int number, int32_t filters, int32_t stride) {
  char prefix[32] = "expanded_conv_";
  if (number) snprintf(prefix, sizeof prefix, "block_%d_", number);
  int32_t channels = (int32_t)fv_graph_shape(graph, start).dims[3];
  fv_value x = start;
  if (number) x = part(graph, x, prefix, "expand", 6 * channels, 1, 1, true);
  if (stride == 2) x = fv__zoo_correct_pad(graph, x, fv__zoo_named(prefix, "pad").text, 3);
  x = part(graph, x, prefix, "depthwise", 0, 3, stride, true);
  x = part(graph, x, prefix, "project", filters, 1, 1, false);
  if (stride != 1 || channels != filters) return x;
  return fv_add(graph, {start, x}, .name = fv__zoo_named(prefix, "add").text);
}

static void set_name(fv_graph *graph, const fv_zoo_options *o) {
  int hundredths = (int)lround(o->alpha * 100); /* no "%f": its decimal point follows the locale */
  char name[64], rows[16] = "";
  if (o->input_shape[0] > 0) snprintf(rows, sizeof rows, "_%d", (int)o->input_shape[0]);
  snprintf(name, sizeof name, "mobilenetv2_%d.%02d%s", hundredths / 100, hundredths % 100, rows);
  fv_graph_set_name(graph, name);
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  static const struct {
    int32_t filters, stride;
  } blocks[] = {{16, 1}, {24, 2}, {24, 1}, {32, 2}, {32, 1},  {32, 1},  {64, 2},  {64, 1}, {64, 1},
                {64, 1}, {96, 1}, {96, 1}, {96, 1}, {160, 2}, {160, 1}, {160, 1}, {320, 1}};
  set_name(graph, o);
  fv_value x = fv__zoo_input(graph, o, NULL);
  x = unit(graph, x, "Conv1", "bn_Conv1", "Conv1_relu", divisible(32 * o->alpha), 3, 2, FV_SAME);
  for (int i = 0; i < (int)(sizeof blocks / sizeof *blocks); i++)
    x = block(graph, x, i, divisible((int32_t)(blocks[i].filters * o->alpha)), blocks[i].stride);
  int32_t last = o->alpha > 1 ? divisible(1280 * o->alpha) : 1280;
  x = unit(graph, x, "Conv_1", "Conv_1_bn", "out_relu", last, 1, 1, FV_VALID);
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_global_average_pooling2d(graph, x);
  return fv_dense(graph, x, .name = "predictions", .units = o->classes, .activation = fv__zoo_activation(o));
}

#define FILE_FOR(text, width, pixels, top, without)                                                                    \
  {                                                                                                                    \
    .file = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_" text "_" #pixels top ".h5",                             \
    .address = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/", .licence = "Apache-2.0",  \
    .no_top = without, .alpha = width, .side = pixels                                                                  \
  }
#define FILES_OF(text, width, pixels)                                                                                  \
  FILE_FOR(text, width, pixels, "", false), FILE_FOR(text, width, pixels, "_no_top", true)
#define FILES(text, width)                                                                                             \
  FILES_OF(text, width, 96), FILES_OF(text, width, 128), FILES_OF(text, width, 160), FILES_OF(text, width, 192),       \
      FILES_OF(text, width, 224)

/* The two widest were made for 224 pixels alone. */
static const fv_zoo_weights weights[] = {FILES("0.35", 0.35), FILES("0.5", 0.5),         FILES("0.75", 0.75),
                                         FILES("1.0", 1),     FILES_OF("1.3", 1.3, 224), FILES_OF("1.4", 1.4, 224),
                                         {.file = NULL}};

const fv__network fv__network_mobilenet_v2 = {
    .entry = {.name = "MobileNetV2",
              .help = "inverted residual blocks; alpha is its width; Sandler et al. 2018",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 32,
              .classes = 1000,
              .parameters = 3538984,
              .preprocess = "tf",
              .resize = "pil-bilinear",
              .takes_alpha = true,
              .has_imagenet = true},
    .build = build,
    .weights = weights,
};
