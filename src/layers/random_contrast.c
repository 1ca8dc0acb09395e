/* RandomContrast: nothing happens at inference. */
#include <fovea/layers/random_contrast.h>

#include "layers/support/identity.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_random_contrast_options *o = options;
  TRY(fv__expect_factor("factor", o->factor, true));
  return fv__shape_same(options, inputs, count, output);
}

static const fv_option table[] = {
    FV__FACTOR_OPTION(random_contrast, factor, "change of contrast: 0.2 is 0.8 to 1.2 times"),
    FV__SEED_OPTION(random_contrast),
    {.name = NULL}};

FV__IDENTITY_LAYER(random_contrast, "RandomContrast", "changes contrast at random while training", shape);
