/* RandomBrightness: nothing happens at inference. */
#include <fovea/layers/random_brightness.h>

#include "layers/support/identity.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_random_brightness_options *o = options;
  TRY(fv__expect_factor("factor", o->factor, true));
  TRY(fv__expect_factor("value_range", o->value_range, true));
  return fv__shape_same(options, inputs, count, output);
}

static const fv_option table[] = {FV__FACTOR_OPTION(random_brightness, factor, "share of the range that is added"),
                                  {"value_range", FV_OPTION_OBJECT, offsetof(fv_random_brightness_options, value_range),
                                   "[0, 255]", 0, 0, NULL, "lowest and highest value"},
                                  FV__SEED_OPTION(random_brightness),
                                  {.name = NULL}};

FV__IDENTITY_LAYER(random_brightness, "RandomBrightness", "changes brightness at random while training", shape);
