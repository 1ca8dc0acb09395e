/* The neocognitron: S cells find features, C cells forget where exactly; two such modules learn without a teacher.
 *
 *   28x28x1  s1 5x5 28x28x24 | c1 5x5 14x14x24 | s2 5x5 14x14x300 | c2 the whole plane 300 | output
 *
 * u is what a layer's cells say, k a plane, n a place, v a place within a window. The paper's equations:
 *
 *   (1) u_S(k, n) = r phi[ (1 + sum a(k', v, k) u_C(k', n + v)) / (1 + 2 r / (1 + r) b(k) v_C(n)) - 1 ]
 *   (2) phi[x] = max(x, 0)
 *   (3) v_C(n) = sqrt( sum c(v) u_C(k', n + v)^2 )          c sums to 1 over window and planes and falls with |v|
 *   (4) u_C(k, n) = psi[ (1 + sum d(v) u_S(k, n + v)) / (1 + v_S(n)) - 1 ]
 *   (5) psi[x] = phi[x / (alpha + x)]
 *   (6) v_S(n) = the mean over planes of sum d(v) u_S(k, n + v)
 *   (7) a of the representative's plane grows by q c(v) u_C(k', n + v)
 *   (8) b of it by q / 2 v_C(n)
 *
 * (1) to (3) are SimpleCells2D, (4) to (6) ComplexCells2D, (7) and (8) fv_self_organize. r is 4, 1.5, 1.5, alpha 0.5
 * and q 1, 16, 16 in the paper, for 16 x 16 pixels, three modules of 24 planes and five patterns. Here r is 3 and 1.5;
 * the second module has as many planes as handwriting needs and looks at all of the picture, where the paper's third
 * does. What a dense layer reads out of c2 is learnt with a teacher; the paper names no classes.
 *
 * Fukushima: Neocognitron: a self-organizing neural network model for a mechanism of pattern recognition unaffected by
 * shift in position, Biological Cybernetics 36, 1980.
 */
#include <fovea/layers.h>

#include "zoo/network.h"

static fv_value build(fv_graph *graph, const fv_zoo_options *o) {
  fv_graph_set_name(graph, "neocognitron");
  fv_value x = fv__zoo_input(graph, o, "input");
  x = fv_simple_cells2d(graph, x, .name = "s1", .planes = 24, .selectivity = 3, .speed = 1);
  x = fv_complex_cells2d(graph, x, .name = "c1", .decay = 0.8);
  x = fv_simple_cells2d(graph, x, .name = "s2", .planes = 300, .column = 3);
  x = fv_complex_cells2d(graph, x, .name = "c2", .whole = true, .decay = 1, .gain = 30);
  if (o->no_top) return fv__zoo_pool(graph, x, o);
  x = fv_flatten(graph, x, .name = "flatten");
  return fv_dense(graph, x, .name = "output", .units = o->classes, .activation = fv__zoo_activation(o));
}

const fv__network fv__network_neocognitron = {
    .entry = {.name = "Neocognitron",
              .help = "handwritten digits; learns its features without a teacher; Fukushima 1980",
              .height = 28,
              .width = 28,
              .channels = 1,
              .smallest = 8,
              .classes = 10,
              .parameters = 5 * 5 * 24 + 24 + 5 * 5 * 24 * 300 + 300 + 301 * 10,
              .preprocess = "scale:1/255",
              .resize = "pil-bilinear"},
    .build = build,
};
