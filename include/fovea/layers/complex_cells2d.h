/* ComplexCells2D: C cells of the neocognitron, (N, H, W, C) to (N, H', W', C). Each looks at a window of its own plane
 * of S cells and answers whenever one of them does; planes at the same place hold each other back:
 *
 *   e = (1 + sum d x) / (1 + mean over planes of sum d x) - 1        y = max(e, 0) / (saturation + max(e, 0))
 *
 * d is decay^distance from the window's middle, of sum `gain` over the window. Zeros around, as "same" has them. No
 * weights. Fukushima, Biological Cybernetics 36, 1980, equations 4 to 6. Keras has no such layer.
 */
#ifndef FOVEA_LAYERS_COMPLEX_CELLS2D_H
#define FOVEA_LAYERS_COMPLEX_CELLS2D_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_complex_cells2d_options {
  fv_value input;
  const char *name;  /* NULL: numbered by class */
  bool frozen;       /* has nothing to freeze */
  fv_pair pool_size; /* 5 */
  fv_pair strides;   /* 2 */
  bool whole;        /* one window as large as the plane, (N, 1, 1, C); pool_size and strides do not count */
  double decay;      /* 0.9; of d */
  double gain;       /* 4; the sum of d */
  double saturation; /* 0.5; alpha */
} fv_complex_cells2d_options;

FV_LAYER_BUILDER(complex_cells2d, "ComplexCells2D")

#ifndef __cplusplus
#define fv_complex_cells2d(graph, ...)                                                                                 \
  fv_complex_cells2d_with((graph), &(fv_complex_cells2d_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
