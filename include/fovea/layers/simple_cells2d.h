/* SimpleCells2D: S cells of the neocognitron, (N, H, W, C) to (N, H, W, planes), zeros around, step 1. Each plane looks
 * for one feature and answers where a window resembles it enough:
 *
 *   y = r max((1 + sum a x) / (1 + 2 r / (1 + r) b v) - 1, 0)        v = sqrt(sum c x^2)
 *
 * a is the weight kernel (kernel_size, C, planes), b inhibition (planes); neither learns by gradients but by
 * fv_self_organize. c is decay^distance from the window's middle, of sum 1 over window and planes. After learning a
 * cell answers where the cosine between window and feature, weighted with c, is above r / (1 + r). Inputs are not
 * negative. Fukushima, Biological Cybernetics 36, 1980, equations 1 to 3. Keras has no such layer.
 */
#ifndef FOVEA_LAYERS_SIMPLE_CELLS2D_H
#define FOVEA_LAYERS_SIMPLE_CELLS2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_simple_cells2d_options {
  fv_value input;
  const char *name;    /* NULL: numbered by class */
  bool frozen;         /* Keras's trainable=False: does not self-organise either */
  int32_t planes;      /* must be given */
  fv_pair kernel_size; /* 5 */
  double selectivity;  /* 1.5; r */
  double decay;        /* 0.9; of c */
  double speed;        /* 16; of learning, q */
  int32_t column;      /* 5; side of the columns of cells that compete, odd */
} fv_simple_cells2d_options;

FV_LAYER_BUILDER(simple_cells2d, "SimpleCells2D")

#ifndef __cplusplus
#define fv_simple_cells2d(graph, ...)                                                                                  \
  fv_simple_cells2d_with((graph), &(fv_simple_cells2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
