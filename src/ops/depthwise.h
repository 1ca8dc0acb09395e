/* The ways of depthwise convolution, best first in depthwise.c, and their packed weights: shift[out_c], then the kernel
 * scaled by the normalisation in its natural order [kernel_h][kernel_w][out_c]. */
#ifndef FOVEA_OPS_DEPTHWISE_H
#define FOVEA_OPS_DEPTHWISE_H

#include "ops/op.h"

size_t fv__depthwise_packed_bytes(const fv__op *op);
void fv__depthwise_pack(const fv__op *op, const fv__op_weights *weights, void *packed);

/* One row of output pixels by the way "vector". `rows` are the first pixels of the input rows under the window, NULL
 * outside the image; x_pixel and y_pixel are the floats between pixels. */
void fv__depthwise_run_row(const fv__op_call *call, const float *const *rows, int64_t x_pixel, float *y,
                           int64_t y_pixel, const float *residual);

extern const fv__way fv__depthwise_vector, fv__depthwise_reference;

#endif
