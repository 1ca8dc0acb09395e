/* RandomZoom: nothing happens at inference. */
#include <fovea/layers/random_zoom.h>

#include "layers/support/identity.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_random_zoom_options *o = options;
  TRY(fv__expect_factor("height_factor", o->height_factor, true));
  TRY(fv__expect_factor("width_factor", o->width_factor, false));
  return fv__shape_same(options, inputs, count, output);
}

static const fv_option table[] = {
    FV__FACTOR_OPTION(random_zoom, height_factor, "share of the height; negative numbers enlarge"),
    FV__FACTOR_OPTION(random_zoom, width_factor, "share of the width; left out: as the height, proportions kept"),
    FV__FILL_OPTIONS(random_zoom),
    FV__SEED_OPTION(random_zoom),
    {.name = NULL}};

FV__IDENTITY_LAYER(random_zoom, "RandomZoom", "zooms images at random while training", shape);
