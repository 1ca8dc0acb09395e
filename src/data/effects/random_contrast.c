/* Keras's RandomContrast: the distance of every number from its channel's mean, times a factor. */
#include "data/effect.h"

extern const fv__effect_type fv__effect_random_contrast;

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  const double factor = fv__draw_between(draws, 0, 1 - options[0], 1 + options[1]);
  fv__effect_add(transform, &fv__effect_random_contrast, &factor);
}

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  (void)spare;
  const int64_t pixels = (int64_t)e->height * e->width;
  for (int64_t c = 0; c < e->channels; c++) {
    double mean = 0;
    for (int64_t i = 0; i < pixels; i++) mean += (double)x[i * e->channels + c];
    mean /= (double)pixels;
    for (int64_t i = 0; i < pixels; i++) {
      float *at = &x[i * e->channels + c];
      *at = fv__to_byte_range(((double)*at - mean) * numbers[0] + mean);
    }
  }
}

const fv__effect_type fv__effect_random_contrast = {
    .name = "random_contrast",
    .help = "contrast 1 - LESS to 1 + MORE (one number: both)",
    .option_words = "LESS,MORE",
    .drawn_words = "FACTOR",
    .options = {{"LESS", 0.2, 0, 1}, {"MORE", 0.2, 0, 1}},
    .drawn = {{"FACTOR", 0, 0, 2}},
    .alone = FV__ALONE_BOTH,
    .draw = draw,
    .apply = apply,
};
