/* AlphaDropout: nothing happens at inference. */
#include <fovea/layers/alpha_dropout.h>

#include "layers/support/identity.h"

static const fv_option table[] = {FV__RATE_OPTION(alpha_dropout, "share of the numbers replaced while training"),
                                  FV__SEED_OPTION(alpha_dropout),
                                  {.name = NULL}};

FV__NOISE_LAYER(alpha_dropout, "AlphaDropout", "sets a random share to the limit of SELU while training",
                FV__NOISE_ALPHA_DROPOUT, rate);
