/* LeNet-5 as the paper has it: 60,000 trainable parameters.
 *
 *   32x32x1  c1 5x5 28x28x6 | s2 14x14x6 | c3 5x5 10x10x16 by table I | s4 5x5x16 | c5 5x5 1x1x120 | f6 84 | rbf 10
 *
 * s2 and s4 sum 2 x 2 pixels, times a trainable coefficient, plus a trainable bias, one of each per map. Maps of c3
 * read three, four or six of s2's maps. 1.7159 tanh(2 x / 3) follows every layer up to f6. The output is the squared
 * distance to a fixed vector of +1 and -1 per class, which the paper draws as characters of 7 x 12 pixels or chooses at
 * random; the nearest wins. As probabilities, softmax of minus the distance: the paper's section VI-C.
 *
 * LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition, 1998, section II-B.
 */
#include <string.h>

#include <fovea/layers.h>

#include "zoo/network.h"

/* Table I: rows are s2's maps, columns c3's; x where they are connected. */
static const char table_1[] = "x...xxx..xxxx.xx,"
                              "xx...xxx..xxxx.x,"
                              "xxx...xxx..x.xxx,"
                              ".xxx..xxxx..x.xx,"
                              "..xxx..xxxx.xx.x,"
                              "...xxx..xxxx.xxx";

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "lenet5_1998");
  fv_value x = fv__zoo_input(graph, o, "input");
  x = fv_conv2d(graph, x, .name = "c1", .filters = 6, .kernel_size = {5}, .activation = "scaled_tanh");
  x = fv_subsampling2d(graph, x, .name = "s2", .activation = "scaled_tanh");
  x = fv_sparse_conv2d(graph, x, .name = "c3", .connections = table_1, .kernel_size = {5}, .activation = "scaled_tanh");
  x = fv_subsampling2d(graph, x, .name = "s4", .activation = "scaled_tanh");
  x = fv_conv2d(graph, x, .name = "c5", .filters = 120, .kernel_size = {5}, .activation = "scaled_tanh");
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_flatten(graph, x, .name = "flatten");
  x = fv_dense(graph, x, .name = "f6", .units = 84, .activation = "scaled_tanh");
  x = fv_radial_basis(graph, x, .name = "rbf", .units = o->classes);
  if (!strcmp(o->classifier_activation, "softmax")) x = fv_rescaling(graph, x, .name = "nearness", .scale = -1);
  return fv_activation(graph, x, .name = "output", .activation = fv__zoo_activation(o));
}

const fv__network fv__network_lenet5_1998 = {
    .entry = {.name = "LeNet5_1998",
              .help = "handwritten digits as in the paper, with its subsampling and radial basis; LeCun et al. 1998",
              .height = 32,
              .width = 32,
              .channels = 1,
              .smallest = 32,
              .classes = 10,
              .parameters = 60840,
              .preprocess = "scale:1/255",
              .resize = "pil-bilinear"},
    .build = build,
};
