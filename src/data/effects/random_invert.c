/* Keras's RandomInvert: some pictures as their negatives. */
#include "data/effect.h"

extern const fv__effect_type fv__effect_random_invert;

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  if (fv__draw_between(draws, 0, 0, 1) < options[0]) fv__effect_add(transform, &fv__effect_random_invert, NULL);
}

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  (void)spare;
  (void)numbers;
  const int64_t count = (int64_t)e->height * e->width * e->channels;
  for (int64_t i = 0; i < count; i++) x[i] = 255 - x[i];
}

const fv__effect_type fv__effect_random_invert = {
    .name = "random_invert",
    .help = "PART of the pictures become negatives",
    .option_words = "PART",
    .drawn_words = "",
    .options = {{"PART", 0.5, 0, 1}},
    .draw = draw,
    .apply = apply,
};
