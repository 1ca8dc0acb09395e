/* Keras's AutoContrast: every channel stretched so that it goes from 0 to 255. A channel of one number stays. */
#include "data/effect.h"

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  (void)spare;
  (void)numbers;
  const int64_t pixels = (int64_t)e->height * e->width;
  for (int64_t c = 0; c < e->channels; c++) {
    float low = x[c], high = x[c];
    for (int64_t i = 0; i < pixels; i++) {
      const float at = x[i * e->channels + c];
      low = at < low ? at : low;
      high = at > high ? at : high;
    }
    if (!(high > low)) continue;
    const float scale = 255.0f / (high - low), offset = -low * scale;
    for (int64_t i = 0; i < pixels; i++) {
      float *at = &x[i * e->channels + c];
      *at = fv__to_byte_range((double)(*at * scale + offset));
    }
  }
}

const fv__effect_type fv__effect_auto_contrast = {
    .name = "auto_contrast",
    .help = "every channel from 0 to 255",
    .option_words = "",
    .drawn_words = "",
    .apply = apply,
};
