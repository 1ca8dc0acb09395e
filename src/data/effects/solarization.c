/* Keras's Solarization: something is added, and what is then bright becomes its negative. */
#include "data/effect.h"

extern const fv__effect_type fv__effect_solarization;

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  const double drawn[2] = {255 * fv__draw_between(draws, 0, 0, options[0]),
                           255 * fv__draw_between(draws, 1, 0, options[1])};
  fv__effect_add(transform, &fv__effect_solarization, drawn);
}

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  (void)spare;
  const int64_t count = (int64_t)e->height * e->width * e->channels;
  for (int64_t i = 0; i < count; i++) {
    const float sum = fv__to_byte_range((double)x[i] + numbers[0]);
    x[i] = (double)sum < numbers[1] ? sum : 255 - sum;
  }
}

const fv__effect_type fv__effect_solarization = {
    .name = "solarization",
    .help = "add up to ADDITION of 255, then invert what is above a threshold of up to THRESHOLD of 255",
    .option_words = "ADDITION,THRESHOLD",
    .drawn_words = "ADDED,THRESHOLD",
    .options = {{"ADDITION", 0, 0, 1}, {"THRESHOLD", 1, 0, 1}},
    .drawn = {{"ADDED", 0, 0, 255}, {"THRESHOLD", 0, 0, 255}},
    .alone = FV__ALONE_BOTH,
    .draw = draw,
    .apply = apply,
};
