/* Random erasing (Zhong and others, 2017; Keras's RandomErasing): a rectangle is filled with one number, or with noise.
 */
#include "data/effect.h"

#include <math.h>

#include "base/rng.h"

extern const fv__effect_type fv__effect_random_erasing;

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  if (fv__draw_between(draws, 0, 0, 1) >= options[0]) return;
  const double width = draws->width * sqrt(fv__draw_between(draws, 1, options[1], options[2]));
  const double height = draws->height * sqrt(fv__draw_between(draws, 2, options[1], options[2]));
  const double drawn[6] = {fv__draw_between(draws, 3, 0, draws->width - width),
                           fv__draw_between(draws, 4, 0, draws->height - height),
                           width,
                           height,
                           options[3],
                           (double)(fv__rng_bits(draws->state, 5) >> 11)};
  fv__effect_add(transform, &fv__effect_random_erasing, drawn);
}

/* A normal number of mean 0 and deviation 255, limited to 0..255 (Box and Muller). */
static float noise(uint64_t state, uint64_t index) {
  const double radius = sqrt(-2 * log(1 - fv__rng_uniform(state, 2 * index)));
  return fv__to_byte_range(255 * radius * cos(2 * acos(-1.0) * fv__rng_uniform(state, 2 * index + 1)));
}

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  (void)spare;
  const uint64_t state = (uint64_t)numbers[5];
  for (int32_t row = 0; row < e->height; row++)
    for (int32_t column = 0; column < e->width; column++) {
      if (row < numbers[1] || row >= numbers[1] + numbers[3]) continue;
      if (column < numbers[0] || column >= numbers[0] + numbers[2]) continue;
      const int64_t at = ((int64_t)row * e->width + column) * e->channels;
      for (int64_t c = 0; c < e->channels; c++)
        x[at + c] = numbers[4] < 0 ? noise(state, (uint64_t)(at + c)) : (float)numbers[4];
    }
}

const fv__effect_type fv__effect_random_erasing = {
    .name = "random_erasing",
    .help = "in PART of the pictures a rectangle of sides LOW to HIGH squared is erased with FILL, -1: noise",
    .option_words = "PART,LOW,HIGH,FILL",
    .drawn_words = "LEFT,TOP,WIDTH,HEIGHT,FILL,NOISE",
    .options = {{"PART", 0.5, 0, 1}, {"LOW", 0.02, 0, 1}, {"HIGH", 0.33, 0, 1}, {"FILL", -1, -1, 255}},
    .drawn = {{"LEFT", 0, 0, 65535},
              {"TOP", 0, 0, 65535},
              {"WIDTH", 0, 0, 65535},
              {"HEIGHT", 0, 0, 65535},
              {"FILL", 0, -1, 255},
              {"NOISE", 0, 0, 0x1p53}},
    .alone = FV__ALONE_FIRST,
    .draw = draw,
    .apply = apply,
};
