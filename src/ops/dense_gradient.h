/* The gradient ways of dense layers; their lists are in dense_backward.c. */
#ifndef FOVEA_OPS_DENSE_GRADIENT_H
#define FOVEA_OPS_DENSE_GRADIENT_H

#include "ops/backward.h"

extern const fv__gradient_way fv__dense_input_rows, fv__dense_input_convolution, fv__dense_input_reference;
extern const fv__gradient_way fv__dense_weight_rows, fv__dense_weight_convolution, fv__dense_weight_reference;

#endif
