/* Keras's RandomPosterization: of the 8 bits of every number only the first few. */
#include "data/effect.h"

#include <math.h>

extern const fv__effect_type fv__effect_random_posterization;

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  const double low = floor(options[0]), choices = floor(options[1]) - low + 1;
  const double bits = low + floor(fv__draw_between(draws, 0, 0, choices));
  fv__effect_add(transform, &fv__effect_random_posterization, &bits);
}

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  (void)spare;
  const int64_t count = (int64_t)e->height * e->width * e->channels;
  const int shift = 8 - (int)numbers[0];
  for (int64_t i = 0; i < count; i++) x[i] = (float)((int)fv__to_byte_range((double)x[i]) >> shift << shift);
}

const fv__effect_type fv__effect_random_posterization = {
    .name = "random_posterization",
    .help = "keep LOW to HIGH of 8 bits (one number: so many)",
    .option_words = "LOW,HIGH",
    .drawn_words = "BITS",
    .options = {{"LOW", 4, 1, 8}, {"HIGH", 4, 1, 8}},
    .drawn = {{"BITS", 0, 1, 8}},
    .alone = FV__ALONE_BOTH,
    .is_range = true,
    .draw = draw,
    .apply = apply,
};
