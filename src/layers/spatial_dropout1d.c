/* SpatialDropout1D: nothing happens at inference. */
#include <fovea/layers/spatial_dropout1d.h>

#include "layers/support/identity.h"

static const fv_option table[] = {
    FV__RATE_OPTION(spatial_dropout1d, "share of the channels set to zero while training"),
    FV__SEED_OPTION(spatial_dropout1d),
    {.name = NULL}};

FV__NOISE_LAYER(spatial_dropout1d, "SpatialDropout1D", "sets random channels of lines to zero while training",
                FV__NOISE_SPATIAL_DROPOUT, rate);
