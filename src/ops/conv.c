/* Convolution: the descriptor and the list of its ways. */
#include "ops/conv.h"

static const fv__way *const WAYS[] = {&fv__conv_gemm, &fv__conv_reference, NULL};

const fv__op_type fv__op_conv = {.name = "conv",
                                 .takes_normalisation = true,
                                 .takes_clamp = true,
                                 .takes_residual = true,
                                 .takes_padding = true,
                                 .ways = WAYS};
