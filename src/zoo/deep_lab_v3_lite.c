/* DeepLabV3Lite: a classifier's network whose last stage keeps its size and looks further instead (dilated
 * convolutions), windows of several reaches on its map, and what is there on an early map laid beside on the way up.
 *
 *   backbone /16 | 1x1 256, depthwise 3x3 with steps of 6, 12 and 18 pixels and 1x1 256 | 1x1 256 | 4 times as large |
 *   early map /4 | 1x1 48 ------------------------------------------------------------------------------------- +
 *                                                       depthwise 3x3, 1x1 256 | classes | 4 times as large
 *
 * Chen, Papandreou, Schroff, Adam: Rethinking Atrous Convolution, 2017; the early map is that of DeepLabV3+, Chen et
 * al. 2018. The branch that averages over the whole picture is left out: a tile of a large picture would have another
 * average. Light heads as in Sandler et al.: MobileNetV2, 2018. `alpha` is the backbone's width.
 */
#include <string.h>

#include <fovea/layers.h>

#include "zoo/network.h"

enum { FILTERS = 256, EARLY = 48, BRANCHES = 3, STRIDE = 16 };

static const double momentum = 0.9;

/* 1 x 1, normalized; filters 0: depthwise 3 x 3 with steps of `dilation`. */
static fv_value unit(fv_graph *graph, fv_value x, const char *name, int32_t filters, int32_t dilation) {
  const fv__zoo_name norm = fv__zoo_named(name, "_bn"), relu = fv__zoo_named(name, "_relu");
  return fv__zoo_unit_build(graph, x,
                            &(fv__zoo_unit){.name = name,
                                            .norm = norm.text,
                                            .relu = relu.text,
                                            .filters = filters,
                                            .kernel = filters ? 1 : 3,
                                            .stride = 1,
                                            .padding = FV_SAME,
                                            .dilation = dilation,
                                            .momentum = momentum});
}

static fv_value far_and_near(fv_graph *graph, fv_value x) {
  static const char *const names[BRANCHES] = {"aspp6", "aspp12", "aspp18"};
  fv_concatenate_options options = {.name = "aspp"};
  options.inputs[0] = unit(graph, x, "aspp1_pw", FILTERS, 1);
  for (int i = 0; i < BRANCHES; i++) {
    const fv_value seen = unit(graph, x, fv__zoo_named(names[i], "_dw").text, 0, 6 * (i + 1));
    options.inputs[i + 1] = unit(graph, seen, fv__zoo_named(names[i], "_pw").text, FILTERS, 1);
  }
  x = unit(graph, fv_concatenate_with(graph, &options), "aspp_project", FILTERS, 1);
  return fv_dropout(graph, x, .name = "aspp_dropout", .rate = 0.1);
}

static fv_value enlarge(fv_graph *graph, fv_value x, const char *name) {
  return fv_up_sampling2d(graph, x, .name = name, .size = {4}, .interpolation = FV_BILINEAR);
}

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  const bool is_mobilenet = !strcmp(o->backbone, "MobileNet");
  fv_zoo_options dilated = *o;
  dilated.output_stride = STRIDE;
  fv_value x = fv__zoo_backbone(graph, &dilated);
  fv_graph_set_name(graph, "deeplabv3lite");
  const fv_value early = fv__zoo_value(graph, is_mobilenet ? "conv_pw_3_relu" : "blocks_2_add");
  x = enlarge(graph, far_and_near(graph, x), "aspp_4x");
  x = fv_concatenate(graph, {unit(graph, early, "early_pw", EARLY, 1), x}, .name = "decoder");
  x = unit(graph, x, "decoder_dw", 0, 1);
  x = unit(graph, x, "decoder_pw", FILTERS, 1);
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_conv2d(graph, x, .name = "classes", .filters = o->classes, .kernel_size = {1});
  return fv_activation(graph, enlarge(graph, x, "classes_4x"), .name = "predictions",
                       .activation = fv__zoo_activation(o));
}

const fv__network fv__network_deep_lab_v3_lite = {
    .entry = {.name = "DeepLabV3Lite",
              .help = "a class for every pixel, on MobileNet or EfficientNetLite0: windows of several reaches; Chen et "
                      "al. 2017, 2018",
              .height = 512,
              .width = 512,
              .channels = 3,
              .smallest = 32,
              .multiple = 16,
              .classes = 21,
              .parameters = 4679173,
              .preprocess = "tf",
              .resize = "pil-bilinear",
              .is_segmenter = true,
              .is_on_backbone = true},
    .build = build,
};
