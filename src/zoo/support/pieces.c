/* Pieces that several networks are made of. */
#include <stdio.h>
#include <string.h>

#include <fovea/layers.h>

#include "zoo/network.h"

fv__zoo_name fv__zoo_named(const char *prefix, const char *suffix) {
  fv__zoo_name name;
  snprintf(name.text, sizeof name.text, "%s%s", prefix, suffix);
  return name;
}

fv_value fv__zoo_input(fv_graph *graph, const fv_zoo_options *options, const char *name) {
  const int32_t *s = options->input_shape;
  return fv_input(graph, .name = name, .shape = {s[0], s[1], s[2]});
}

fv_value fv__zoo_pool(fv_graph *graph, fv_value x, const fv_zoo_options *options) {
  if (!strcmp(options->pooling, "avg")) return fv_global_average_pooling2d(graph, x);
  if (!strcmp(options->pooling, "max")) return fv_global_max_pooling2d(graph, x);
  return x;
}

fv_value fv__zoo_named_pool(fv_graph *graph, fv_value x, const fv_zoo_options *options) {
  if (!strcmp(options->pooling, "avg")) return fv_global_average_pooling2d(graph, x, .name = "avg_pool");
  if (!strcmp(options->pooling, "max")) return fv_global_max_pooling2d(graph, x, .name = "max_pool");
  return x;
}

fv_value fv__zoo_top(fv_graph *graph, fv_value x, const fv_zoo_options *options) {
  x = fv_global_average_pooling2d(graph, x, .name = "avg_pool");
  return fv_dense(graph, x, .name = "predictions", .units = options->classes,
                  .activation = fv__zoo_activation(options));
}

fv_value fv__zoo_correct_pad(fv_graph *graph, fv_value x, const char *name, int32_t kernel) {
  fv_shape shape = fv_graph_shape(graph, x);
  int32_t half = kernel / 2;
  int32_t top = half - !(shape.dims[1] > 0 && shape.dims[1] % 2),
          left = half - !(shape.dims[2] > 0 && shape.dims[2] % 2);
  return fv_zero_padding2d(graph, x, .name = name,
                           .padding = {.top = top, .bottom = half, .left = left, .right = half});
}

const char *fv__zoo_activation(const fv_zoo_options *options) {
  return strcmp(options->classifier_activation, "none") ? options->classifier_activation : "linear";
}

fv_value fv__zoo_unit_build(fv_graph *graph, fv_value x, const fv__zoo_unit *u) {
  if (u->filters)
    x = fv_conv2d(graph, x, .name = u->name, .filters = u->filters, .kernel_size = {u->kernel}, .strides = {u->stride},
                  .padding = u->padding, .no_bias = true);
  else
    x = fv_depthwise_conv2d(graph, x, .name = u->name, .kernel_size = {u->kernel}, .strides = {u->stride},
                            .padding = u->padding, .dilation_rate = {u->dilation}, .no_bias = true);
  x = fv_batch_normalization(graph, x, .name = u->norm, .epsilon = 1e-3, .momentum = u->momentum);
  return u->relu ? fv_re_lu(graph, x, .name = u->relu, .max_value = 6) : x;
}
