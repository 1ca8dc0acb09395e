/* RandAugment (Cubuk and others, 2019): a few changes drawn from a list, all of one magnitude M from 0 to 1.
 *
 *   turn +-30 M degrees, shear +-17 M degrees, shift +-0.45 M of a side, brightness +-0.5 M, contrast 1 +- 0.9 M, gray
 *   0.9 M of the way, sharpness 0.5 +- 0.45 M, 8 - 4 M bits, inverting above 255 (1 - M), auto contrast, equalization
 */
#include "data/effect.h"

#include <math.h>

extern const fv__effect_type fv__effect_random_brightness, fv__effect_random_contrast,
    fv__effect_random_color_degeneration, fv__effect_random_sharpness, fv__effect_random_posterization,
    fv__effect_solarization, fv__effect_auto_contrast, fv__effect_equalization;

enum { TURN, SHEAR, ACROSS, DOWN, BRIGHTNESS, CONTRAST, GRAY, SHARPNESS, BITS, SOLAR, AUTO, EQUAL, CHOICES };

/* `u` is the amount, from -1 to 1 times the magnitude; `m` its size. */
static void add(fv_transform *t, int choice, double u, double m, const fv__draw *draws) {
  const double brightness = 0.5 * 255 * u, contrast = 1 + 0.9 * u, gray = 0.9 * m, sharpness = 0.5 + 0.45 * u;
  const double bits = nearbyint(8 - 4 * m), solar[2] = {0, 255 * (1 - m)};
  switch (choice) {
  case TURN: t->theta += 30 * u; return;
  case SHEAR: t->shear += 17 * u; return;
  case ACROSS: t->tx += 0.45 * u * draws->width; return;
  case DOWN: t->ty += 0.45 * u * draws->height; return;
  case BRIGHTNESS: fv__effect_add(t, &fv__effect_random_brightness, &brightness); return;
  case CONTRAST: fv__effect_add(t, &fv__effect_random_contrast, &contrast); return;
  case GRAY: fv__effect_add(t, &fv__effect_random_color_degeneration, &gray); return;
  case SHARPNESS: fv__effect_add(t, &fv__effect_random_sharpness, &sharpness); return;
  case BITS: fv__effect_add(t, &fv__effect_random_posterization, &bits); return;
  case SOLAR: fv__effect_add(t, &fv__effect_solarization, solar); return;
  case AUTO: fv__effect_add(t, &fv__effect_auto_contrast, NULL); return;
  default: fv__effect_add(t, &fv__effect_equalization, NULL); return;
  }
}

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  const int count = (int)options[0];
  for (int i = 0; i < count; i++) {
    const uint64_t first = 3 * (uint64_t)i;
    const int choice = (int)fv__draw_between(draws, first, 0, CHOICES);
    const double sign = fv__draw_between(draws, first + 1, 0, 1) < 0.5 ? -1 : 1;
    add(transform, choice, sign * options[1], options[1], draws);
  }
}

const fv__effect_type fv__effect_rand_augment = {
    .name = "rand_augment",
    .help = "COUNT changes of a list, drawn, of MAGNITUDE from 0 to 1",
    .option_words = "COUNT,MAGNITUDE",
    .drawn_words = "",
    .options = {{"COUNT", 2, 1, 8}, {"MAGNITUDE", 0.5, 0, 1}},
    .alone = FV__ALONE_FIRST,
    .draw = draw,
};
