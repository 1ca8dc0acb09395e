/* Inception-v2, also called BN-Inception: GoogLeNet with batch normalization and two 3x3 in place of each 5x5.
 *
 *   224x224x3  7x7 /2 64, pool |56| 1x1 64, 3x3 192, pool |28| 3a 3b 3c /2 |14| 4a 4b 4c 4d 4e /2 |7| 5a 5b  1000
 *
 *   module   1x1; 1x1 then 3x3; 1x1 then two 3x3; pooling then 1x1: concatenated
 *
 * Modules 3c and 4e have stride 2, no 1x1 and a maximum that is not projected. Averages with padding divide by the
 * pixels inside the image.
 *
 * Ioffe, Szegedy: Batch normalization, 2015, appendix; its first convolution is a plain one here, and 4c and 4d project
 * to 96 channels as the paper says (copies made for Caffe have 128).
 */
#include <fovea/layers.h>

#include "zoo/network.h"

typedef struct fv__module {
  const char *name;
  int32_t one;            /* filters of the 1x1; 0: none, and stride 2 */
  int32_t reduce3, three; /* 1x1 then 3x3 */
  int32_t reduce_double, doubled;
  bool maximum; /* in the last branch, else the average */
  int32_t projected;
} fv__module;

static const fv__module modules[] = {
    {"inception_3a_", 64, 64, 64, 64, 96, false, 32},       {"inception_3b_", 64, 64, 96, 64, 96, false, 64},
    {"inception_3c_", 0, 128, 160, 64, 96, true, 0},        {"inception_4a_", 224, 64, 96, 96, 128, false, 128},
    {"inception_4b_", 192, 96, 128, 96, 128, false, 128},   {"inception_4c_", 160, 128, 160, 128, 160, false, 96},
    {"inception_4d_", 96, 128, 192, 160, 192, false, 96},   {"inception_4e_", 0, 128, 192, 192, 256, true, 0},
    {"inception_5a_", 352, 192, 320, 160, 224, false, 128}, {"inception_5b_", 352, 192, 320, 192, 224, true, 128},
};

/* Convolution "PREFIXNAME", normalization "..._bn", "..._relu". */
static fv_value unit(fv_graph *graph, fv_value x, const char *prefix, const char *part, int32_t filters, int32_t kernel,
                     int32_t stride) {
  fv__zoo_name name = fv__zoo_named(prefix, part);
  x = fv_conv2d(graph, x, .name = name.text, .filters = filters, .kernel_size = {kernel}, .strides = {stride},
                .padding = FV_SAME, .no_bias = true);
  x = fv_batch_normalization(graph, x, .name = fv__zoo_named(name.text, "_bn").text);
  return fv_re_lu(graph, x, .name = fv__zoo_named(name.text, "_relu").text);
}

static fv_value module_build(fv_graph *graph, fv_value x, const fv__module *m) {
  int32_t stride = m->one ? 1 : 2;
  fv_value branches[4] = {{0}};
  int32_t count = 0;
  if (m->one) branches[count++] = unit(graph, x, m->name, "1x1", m->one, 1, 1);
  fv_value y = unit(graph, x, m->name, "3x3_reduce", m->reduce3, 1, 1);
  branches[count++] = unit(graph, y, m->name, "3x3", m->three, 3, stride);
  y = unit(graph, x, m->name, "double_3x3_reduce", m->reduce_double, 1, 1);
  y = unit(graph, y, m->name, "double_3x3_1", m->doubled, 3, 1);
  branches[count++] = unit(graph, y, m->name, "double_3x3_2", m->doubled, 3, stride);
  fv__zoo_name pool = fv__zoo_named(m->name, "pool");
  y = m->maximum
          ? fv_max_pooling2d(graph, x, .name = pool.text, .pool_size = {3}, .strides = {stride}, .padding = FV_SAME)
          : fv_average_pooling2d(graph, x, .name = pool.text, .pool_size = {3}, .strides = {stride},
                                 .padding = FV_SAME);
  branches[count++] = m->projected ? unit(graph, y, m->name, "pool_proj", m->projected, 1, 1) : y;
  return fv_concatenate(graph, {branches[0], branches[1], branches[2], branches[3]},
                        .name = fv__zoo_named(m->name, "output").text);
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "inception_v2");
  fv_value x = fv__zoo_input(graph, o, "input");
  x = unit(graph, x, "", "conv1_7x7_s2", 64, 7, 2);
  x = fv_max_pooling2d(graph, x, .name = "pool1", .pool_size = {3}, .strides = {2}, .padding = FV_SAME);
  x = unit(graph, x, "", "conv2_3x3_reduce", 64, 1, 1);
  x = unit(graph, x, "", "conv2_3x3", 192, 3, 1);
  x = fv_max_pooling2d(graph, x, .name = "pool2", .pool_size = {3}, .strides = {2}, .padding = FV_SAME);
  for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) x = module_build(graph, x, &modules[i]);
  return o->no_top ? fv__zoo_named_pool(graph, x, o) : fv__zoo_top(graph, x, o);
}

const fv__network fv__network_inception_v2 = {
    .entry = {.name = "InceptionV2",
              .help = "GoogLeNet with batch normalization; Ioffe, Szegedy 2015",
              .height = 224,
              .width = 224,
              .channels = 3,
              .smallest = 32,
              .classes = 1000,
              .parameters = 11214888,
              .preprocess = "tf",
              .resize = "pil-bilinear"},
    .build = build,
};
