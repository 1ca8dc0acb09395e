/* The gradient ways of the ops whose forward ways are in one file, best first: lists for fv__op_type. */
#ifndef FOVEA_OPS_GRADIENTS_H
#define FOVEA_OPS_GRADIENTS_H

#include "ops/backward.h"

typedef const fv__gradient_way *const fv__gradient_list[];

extern fv__gradient_list fv__affine_input_gradient, fv__affine_weight_gradient, fv__batch_dot_input_gradient,
    fv__batch_norm_input_gradient, fv__batch_norm_weight_gradient, fv__binary_input_gradient,
    fv__complex_cells_input_gradient, fv__conv_transpose_input_gradient, fv__conv_transpose_weight_gradient,
    fv__copy_input_gradient, fv__dense_input_gradient, fv__dense_weight_gradient, fv__depthwise_input_gradient,
    fv__depthwise_weight_gradient, fv__distance_input_gradient, fv__distance_weight_gradient,
    fv__global_pool_input_gradient, fv__local_response_input_gradient, fv__permute_input_gradient,
    fv__prelu_input_gradient, fv__prelu_weight_gradient, fv__resample_input_gradient, fv__simple_cells_input_gradient,
    fv__softmax_input_gradient, fv__sparse_conv_input_gradient, fv__sparse_conv_weight_gradient,
    fv__standardise_input_gradient, fv__standardise_weight_gradient, fv__unary_input_gradient,
    fv__unpool_input_gradient;

extern const fv__gradient_way fv__unary_input_by_result;

#endif
