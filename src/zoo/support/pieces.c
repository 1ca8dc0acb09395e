/* Pieces that several networks are made of. */
#include <string.h>

#include <fovea/layers.h>

#include "zoo/network.h"

fv_value fv__zoo_input(fv_graph *graph, const fv_zoo_options *options, const char *name) {
  const int32_t *s = options->input_shape;
  return fv_input(graph, .name = name, .shape = {s[0], s[1], s[2]});
}

fv_value fv__zoo_pool(fv_graph *graph, fv_value x, const fv_zoo_options *options) {
  if (!strcmp(options->pooling, "avg")) return fv_global_average_pooling2d(graph, x);
  if (!strcmp(options->pooling, "max")) return fv_global_max_pooling2d(graph, x);
  return x;
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
                            .padding = u->padding, .no_bias = true);
  x = fv_batch_normalization(graph, x, .name = u->norm, .epsilon = 1e-3);
  return u->relu ? fv_re_lu(graph, x, .name = u->relu, .max_value = 6) : x;
}
