/* The ways of convolution and of its gradients, best first in conv.c. */
#ifndef FOVEA_OPS_CONV_H
#define FOVEA_OPS_CONV_H

#include "ops/backward.h"

extern const fv__way fv__conv_winograd_2x2, fv__conv_winograd_4x2, fv__conv_winograd_4x4, fv__conv_winograd_6x6,
    fv__conv_winograd_5x5, fv__conv_winograd_1x7, fv__conv_winograd_7x1, fv__conv_winograd_1x3, fv__conv_winograd_3x1;
extern const fv__way fv__conv_gemm, fv__conv_reference;

extern const fv__gradient_way fv__conv_input_phases, fv__conv_input_reference, fv__conv_weight_reference;

#endif
