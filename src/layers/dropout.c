/* Dropout: nothing happens at inference, the output is the input. In training a random share of the numbers becomes 0
 * and the others are divided by the share that is left. Srivastava et al. 2014. */
#include <fovea/layers/dropout.h>

#include "layers/support/identity.h"

static const fv_option table[] = {FV__RATE_OPTION(dropout, "share of the numbers set to zero while training"),
                                  FV__SEED_OPTION(dropout),
                                  {.name = NULL}};

FV__NOISE_LAYER(dropout, "Dropout", "sets a random share of the numbers to zero while training", FV__NOISE_DROPOUT,
                rate);
