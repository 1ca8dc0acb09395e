/* Keras's RandomSharpness: away from the picture smoothed by a window of 3, or towards it.
 *
 *   x + (1 - 2 f) (smooth(x) - x), weights 1/13, 5/13 in the middle; beyond the edge there is zero */
#include "data/effect.h"

extern const fv__effect_type fv__effect_random_sharpness;

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  const double drawn = fv__draw_between(draws, 0, options[0], options[1]);
  fv__effect_add(transform, &fv__effect_random_sharpness, &drawn);
}

static float smooth(const float *x, const fv__extents *e, int32_t row, int32_t column, int64_t c) {
  float sum = 0;
  for (int32_t r = row - 1; r <= row + 1; r++)
    for (int32_t k = column - 1; k <= column + 1; k++) {
      if (r < 0 || k < 0 || r >= e->height || k >= e->width) continue;
      const float weight = r == row && k == column ? 5.0f / 13 : 1.0f / 13;
      sum += weight * x[((int64_t)r * e->width + k) * e->channels + c];
    }
  return sum;
}

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  const float part = 1 - 2 * (float)numbers[0];
  for (int32_t row = 0; row < e->height; row++)
    for (int32_t column = 0; column < e->width; column++)
      for (int64_t c = 0; c < e->channels; c++, x++)
        *x = fv__to_byte_range((double)(*x + part * (smooth(spare, e, row, column, c) - *x)));
}

const fv__effect_type fv__effect_random_sharpness = {
    .name = "random_sharpness",
    .help = "sharpness LOW to HIGH: 0 smooth, 0.5 as it is, 1 sharp (one number: 0 to it)",
    .option_words = "LOW,HIGH",
    .drawn_words = "FACTOR",
    .options = {{"LOW", 0, 0, 1}, {"HIGH", 1, 0, 1}},
    .drawn = {{"FACTOR", 0, 0, 1}},
    .alone = FV__ALONE_UP_TO,
    .is_range = true,
    .draw = draw,
    .apply = apply,
    .needs_copy = true,
};
