/* Keras's RandomBrightness: a part of 255 is added, the same to all numbers. */
#include "data/effect.h"

extern const fv__effect_type fv__effect_random_brightness;

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  const double added = 255 * fv__draw_between(draws, 0, options[0], options[1]);
  fv__effect_add(transform, &fv__effect_random_brightness, &added);
}

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  (void)spare;
  const int64_t count = (int64_t)e->height * e->width * e->channels;
  for (int64_t i = 0; i < count; i++) x[i] = fv__to_byte_range((double)x[i] + numbers[0]);
}

const fv__effect_type fv__effect_random_brightness = {
    .name = "random_brightness",
    .help = "add LOW to HIGH of 255 (one number: to either side)",
    .option_words = "LOW,HIGH",
    .drawn_words = "ADDED",
    .options = {{"LOW", -0.2, -1, 1}, {"HIGH", 0.2, -1, 1}},
    .drawn = {{"ADDED", 0, -255, 255}},
    .alone = FV__ALONE_SYMMETRIC,
    .is_range = true,
    .draw = draw,
    .apply = apply,
};
