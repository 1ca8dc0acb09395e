/* Convolution: the descriptor and the list of its ways. */
#include "ops/conv.h"

static const fv__way *const WAYS[] = {&fv__conv_window,       &fv__conv_gemm,
                                      &fv__conv_winograd_4x4, &fv__conv_winograd_6x6,
                                      &fv__conv_winograd_4x2, &fv__conv_winograd_2x2,
                                      &fv__conv_winograd_5x5, &fv__conv_winograd_4x4_filter,
                                      &fv__conv_winograd_1x7, &fv__conv_winograd_7x1,
                                      &fv__conv_winograd_1x3, &fv__conv_winograd_3x1,
                                      &fv__conv_reference,    NULL};

static const fv__gradient_way *const INPUT_GRADIENT[] = {&fv__conv_input_phases, &fv__conv_input_spread,
                                                         &fv__conv_input_reference, NULL};
static const fv__gradient_way *const WEIGHT_GRADIENT[] = {&fv__conv_weight_gemm, &fv__conv_weight_winograd,
                                                          &fv__conv_weight_reference, NULL};

const fv__op_type fv__op_conv = {.name = "conv",
                                 .counts_images = true,
                                 .takes_normalisation = true,
                                 .takes_clamp = true,
                                 .takes_residual = true,
                                 .takes_padding = true,
                                 .ways = WAYS,
                                 .input_gradient = INPUT_GRADIENT,
                                 .weight_gradient = WEIGHT_GRADIENT};
