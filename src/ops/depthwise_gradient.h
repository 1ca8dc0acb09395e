/* The fast gradient ways of depthwise convolution; their lists are in depthwise_backward.c. */
#ifndef FOVEA_OPS_DEPTHWISE_GRADIENT_H
#define FOVEA_OPS_DEPTHWISE_GRADIENT_H

#include "ops/backward.h"

extern const fv__gradient_way fv__depthwise_input_vector, fv__depthwise_weight_vector;

#endif
