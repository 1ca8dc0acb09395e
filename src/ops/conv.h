/* The ways of convolution and of its gradients, best first in conv.c. */
#ifndef FOVEA_OPS_CONV_H
#define FOVEA_OPS_CONV_H

#include "kernels/winograd.h"
#include "ops/backward.h"

extern const fv__way fv__conv_winograd_2x2, fv__conv_winograd_4x2, fv__conv_winograd_4x4, fv__conv_winograd_6x6,
    fv__conv_winograd_5x5, fv__conv_winograd_4x4_filter, fv__conv_winograd_1x7, fv__conv_winograd_7x1,
    fv__conv_winograd_1x3, fv__conv_winograd_3x1;
extern const fv__way fv__conv_gemm, fv__conv_window, fv__conv_reference;

extern const fv__gradient_way fv__conv_input_phases, fv__conv_input_spread, fv__conv_input_reference;
extern const fv__gradient_way fv__conv_weight_gemm, fv__conv_weight_winograd, fv__conv_weight_reference;

/* G for the points of a tile, as kernels/winograd.h defines it. */
void fv__winograd_filter_matrix(int32_t outputs, int32_t filter, double to[][FV__WINOGRAD_MOST_FILTER]);

/* frame = x with the window's top rows and left columns of zeros before it and as many behind as the frame has room
 * for; the frame is dense. */
void fv__frame(fv__pool *pool, const fv__window *window, const fv__view *x, const fv__view *frame);

/* dbias of any op whose bias is added to channels of dy, and the scratch bytes for it. */
void fv__conv_bias_gradient(const fv__backward_call *call, float *scratch);
size_t fv__conv_bias_bytes(const fv__op *op);

#endif
