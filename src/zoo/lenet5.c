/* LeNet-5 in its modern form: two convolutions with tanh, average pooling, three dense layers.
 *
 *   28x28x1  c1 5x5 same  28x28x6  s2  14x14x6  c3 5x5  10x10x16  s4  5x5x16  c5 120  f6 84  output 10
 *
 * LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition, 1998. The paper's partial
 * connections, trainable pooling and radial basis outputs are left out, as is usual.
 */
#include <fovea/layers.h>

#include "zoo/network.h"

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "lenet5");
  fv_value x = fv__zoo_input(graph, o, "input");
  x = fv_conv2d(graph, x, .name = "c1", .filters = 6, .kernel_size = {5}, .padding = FV_SAME, .activation = "tanh");
  x = fv_average_pooling2d(graph, x, .name = "s2");
  x = fv_conv2d(graph, x, .name = "c3", .filters = 16, .kernel_size = {5}, .activation = "tanh");
  x = fv_average_pooling2d(graph, x, .name = "s4");
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_flatten(graph, x, .name = "flatten");
  x = fv_dense(graph, x, .name = "c5", .units = 120, .activation = "tanh");
  x = fv_dense(graph, x, .name = "f6", .units = 84, .activation = "tanh");
  return fv_dense(graph, x, .name = "output", .units = o->classes, .activation = fv__zoo_activation(o));
}

const fv__network fv__network_lenet5 = {
    .entry = {.name = "LeNet5",
              .help = "handwritten digits; LeCun et al. 1998",
              .height = 28,
              .width = 28,
              .channels = 1,
              .smallest = 12,
              .classes = 10,
              .parameters = 61706,
              .preprocess = "scale:1/255",
              .resize = "pil-bilinear"},
    .build = build,
};
