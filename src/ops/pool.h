/* The gradient of pooling. */
#ifndef FOVEA_OPS_POOL_H
#define FOVEA_OPS_POOL_H

#include "ops/backward.h"

extern const fv__gradient_way fv__pool_input_apart_average, fv__pool_input_average, fv__pool_input_apart,
    fv__pool_input_images, fv__pool_input_reference;

/* Through the activation that makes x and goes back by its result: call.before is that op, dx is of its input. */
extern const fv__gradient_way fv__pool_input_through;

#endif
