/* RandomTranslation: nothing happens at inference. */
#include <fovea/layers/random_translation.h>

#include "layers/support/identity.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_random_translation_options *o = options;
  TRY(fv__expect_factor("height_factor", o->height_factor, true));
  TRY(fv__expect_factor("width_factor", o->width_factor, true));
  return fv__shape_same(options, inputs, count, output);
}

static const fv_option table[] = {
    FV__FACTOR_OPTION(random_translation, height_factor, "share of the height; positive numbers move down"),
    FV__FACTOR_OPTION(random_translation, width_factor, "share of the width; positive numbers move right"),
    FV__FILL_OPTIONS(random_translation),
    FV__SEED_OPTION(random_translation),
    {.name = NULL}};

FV__IDENTITY_LAYER(random_translation, "RandomTranslation", "moves images at random while training", shape);
