/* Keras's RandomGrayscale: some pictures without colour. */
#include "data/effect.h"

extern const fv__effect_type fv__effect_random_grayscale;

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  if (fv__draw_between(draws, 0, 0, 1) < options[0]) fv__effect_add(transform, &fv__effect_random_grayscale, NULL);
}

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  (void)spare;
  (void)numbers;
  const int64_t pixels = (int64_t)e->height * e->width;
  if (!fv__has_colour(e)) return;
  for (int64_t i = 0; i < pixels; i++, x += e->channels) x[0] = x[1] = x[2] = fv__gray_of(x);
}

const fv__effect_type fv__effect_random_grayscale = {
    .name = "random_grayscale",
    .help = "PART of the pictures become gray",
    .option_words = "PART",
    .drawn_words = "",
    .options = {{"PART", 0.5, 0, 1}},
    .draw = draw,
    .apply = apply,
};
