/* The ways of convolution, best first in conv.c. */
#ifndef FOVEA_OPS_CONV_H
#define FOVEA_OPS_CONV_H

#include "ops/op.h"

extern const fv__way fv__conv_gemm, fv__conv_reference;

#endif
