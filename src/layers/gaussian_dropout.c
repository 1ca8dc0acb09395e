/* GaussianDropout: nothing happens at inference. */
#include <fovea/layers/gaussian_dropout.h>

#include "layers/support/identity.h"

static const fv_option table[] = {FV__RATE_OPTION(gaussian_dropout, "the deviation is sqrt(rate / (1 - rate))"),
                                  FV__SEED_OPTION(gaussian_dropout),
                                  {.name = NULL}};

FV__NOISE_LAYER(gaussian_dropout, "GaussianDropout", "multiplies by random numbers around 1 while training",
                FV__NOISE_GAUSSIAN_DROPOUT, rate);
