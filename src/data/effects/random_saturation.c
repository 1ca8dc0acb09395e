/* Keras's RandomSaturation: saturation times f / (1 - f), so that 0 is gray, 0.5 leaves it and 1 is the most. */
#include "data/effect.h"
#include "data/hsv.h"

extern const fv__effect_type fv__effect_random_saturation;

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  const double f = fv__draw_between(draws, 0, options[0], options[1]), factor = f / (1 - f + 1e-7);
  fv__effect_add(transform, &fv__effect_random_saturation, &factor);
}

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  (void)spare;
  const int64_t pixels = (int64_t)e->height * e->width;
  if (!fv__has_colour(e)) return;
  for (int64_t i = 0; i < pixels; i++, x += e->channels) {
    fv__hsv colour = fv__hsv_of(x);
    const double more = (double)colour.saturation * numbers[0];
    colour.saturation = more > 1 ? 1 : (float)more;
    fv__hsv_to_rgb(x, &colour);
  }
}

const fv__effect_type fv__effect_random_saturation = {
    .name = "random_saturation",
    .help = "saturation, drawn LOW to HIGH: 0 gray, 0.5 as it is, 1 the most (one number: 0 to it)",
    .option_words = "LOW,HIGH",
    .drawn_words = "FACTOR",
    .options = {{"LOW", 0.25, 0, 1}, {"HIGH", 0.75, 0, 1}},
    .drawn = {{"FACTOR", 0, 0, 100000000.0}},
    .alone = FV__ALONE_UP_TO,
    .is_range = true,
    .draw = draw,
    .apply = apply,
};
