/* GaussianNoise: nothing happens at inference. */
#include <fovea/layers/gaussian_noise.h>

#include "layers/support/identity.h"

static const fv_option table[] = {{"stddev", FV_OPTION_FLOAT, offsetof(fv_gaussian_noise_options, stddev), NULL, 0,
                                   1e30, NULL, "standard deviation of what is added"},
                                  FV__SEED_OPTION(gaussian_noise),
                                  {.name = NULL}};

FV__NOISE_LAYER(gaussian_noise, "GaussianNoise", "adds random numbers while training", FV__NOISE_GAUSSIAN, stddev);
