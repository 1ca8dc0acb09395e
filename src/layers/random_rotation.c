/* RandomRotation: nothing happens at inference. */
#include <fovea/layers/random_rotation.h>

#include "layers/support/identity.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_random_rotation_options *o = options;
  TRY(fv__expect_factor("factor", o->factor, true));
  return fv__shape_same(options, inputs, count, output);
}

static const fv_option table[] = {
    FV__FACTOR_OPTION(random_rotation, factor, "turns, counter-clockwise: 0.1 is -36 to 36 degrees, or two numbers"),
    FV__FILL_OPTIONS(random_rotation),
    FV__SEED_OPTION(random_rotation),
    {.name = NULL}};

FV__IDENTITY_LAYER(random_rotation, "RandomRotation", "turns images at random while training", shape);
