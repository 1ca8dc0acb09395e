/* The gradient of pooling. */
#ifndef FOVEA_OPS_POOL_H
#define FOVEA_OPS_POOL_H

#include "ops/backward.h"

extern const fv__gradient_way fv__pool_input_apart_average, fv__pool_input_average, fv__pool_input_apart,
    fv__pool_input_images, fv__pool_input_reference;

#endif
