/* Keras's RandomColorDegeneration: colours on their way to gray, 1 is gray. */
#include "data/effect.h"

extern const fv__effect_type fv__effect_random_color_degeneration;

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  const double drawn = fv__draw_between(draws, 0, options[0], options[1]);
  fv__effect_add(transform, &fv__effect_random_color_degeneration, &drawn);
}

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  (void)spare;
  const int64_t pixels = (int64_t)e->height * e->width;
  if (!fv__has_colour(e)) return;
  for (int64_t i = 0; i < pixels; i++, x += e->channels) {
    const float gray = fv__gray_of(x);
    for (int c = 0; c < 3; c++) x[c] = fv__to_byte_range((double)x[c] + numbers[0] * (double)(gray - x[c]));
  }
}

const fv__effect_type fv__effect_random_color_degeneration = {
    .name = "random_color_degeneration",
    .help = "LOW to HIGH of the way to gray (one number: 0 to it)",
    .option_words = "LOW,HIGH",
    .drawn_words = "PART",
    .options = {{"LOW", 0, 0, 1}, {"HIGH", 0.5, 0, 1}},
    .drawn = {{"PART", 0, 0, 1}},
    .alone = FV__ALONE_UP_TO,
    .is_range = true,
    .draw = draw,
    .apply = apply,
};
