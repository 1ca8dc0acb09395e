/* RadialBasis: the squared distance of (N, ..., C) to each of `units` fixed points, (N, ..., units): the smallest is
 * the nearest. LeCun, Bottou, Bengio, Haffner 1998, output layer of LeNet-5, whose points are vectors of +1 and -1.
 * Keras has no such layer.
 */
#ifndef FOVEA_LAYERS_RADIAL_BASIS_H
#define FOVEA_LAYERS_RADIAL_BASIS_H

#include <fovea/graph.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_radial_basis_options {
  fv_value input;
  const char *name; /* NULL: numbered by class */
  bool frozen;      /* Keras's trainable=False */
  int32_t units;    /* how many points; must be given */
} fv_radial_basis_options;

FV_LAYER_BUILDER(radial_basis, "RadialBasis")

#ifndef __cplusplus
#define fv_radial_basis(graph, ...) fv_radial_basis_with((graph), &(fv_radial_basis_options){.input = __VA_ARGS__})
#endif

FV_END_DECLARATIONS

#endif
