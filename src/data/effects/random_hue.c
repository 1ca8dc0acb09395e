/* Keras's RandomHue: all colours turned around the circle of hues, 1 being all around. */
#include "data/effect.h"
#include "data/hsv.h"

extern const fv__effect_type fv__effect_random_hue;

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  const double sign = fv__draw_between(draws, 0, 0, 1) > 0.5 ? -1 : 1;
  const double turn = sign * 0.5 * fv__draw_between(draws, 1, options[0], options[1]);
  fv__effect_add(transform, &fv__effect_random_hue, &turn);
}

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  (void)spare;
  const int64_t pixels = (int64_t)e->height * e->width;
  if (!fv__has_colour(e)) return;
  for (int64_t i = 0; i < pixels; i++, x += e->channels) {
    fv__hsv colour = fv__hsv_of(x);
    colour.hue += (float)numbers[0];
    if (colour.hue > 1) colour.hue -= 1;
    if (colour.hue < 0) colour.hue += 1;
    fv__hsv_to_rgb(x, &colour);
  }
}

const fv__effect_type fv__effect_random_hue = {
    .name = "random_hue",
    .help = "turn hues by LOW to HIGH of half the circle to either side (one number: 0 to it)",
    .option_words = "LOW,HIGH",
    .drawn_words = "TURN",
    .options = {{"LOW", 0, 0, 1}, {"HIGH", 0.5, 0, 1}},
    .drawn = {{"TURN", 0, -1, 1}},
    .alone = FV__ALONE_UP_TO,
    .is_range = true,
    .draw = draw,
    .apply = apply,
};
