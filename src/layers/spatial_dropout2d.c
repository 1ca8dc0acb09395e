/* SpatialDropout2D: nothing happens at inference. */
#include <fovea/layers/spatial_dropout2d.h>

#include "layers/support/identity.h"

static const fv_option table[] = {
    FV__RATE_OPTION(spatial_dropout2d, "share of the channels set to zero while training"),
    FV__SEED_OPTION(spatial_dropout2d),
    {.name = NULL}};

FV__NOISE_LAYER(spatial_dropout2d, "SpatialDropout2D", "sets random channels to zero while training",
                FV__NOISE_SPATIAL_DROPOUT, rate);
