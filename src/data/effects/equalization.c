/* Keras's Equalization: every channel's histogram made flat.
 *
 *   new(v) = round(255 (cdf(v) - cdf_min) / (pixels - cdf_min)), cdf of numbers cut to whole ones */
#include "data/effect.h"

#include <math.h>

enum { BINS = 256 };

static int bin_of(float x) { return (int)fv__to_byte_range((double)x); }

/* False for a channel of one bin, which stays as it is. */
static bool make_table(float table[BINS], const int64_t counts[BINS], int64_t pixels) {
  int first = 0;
  while (first < BINS - 1 && !counts[first]) first++;
  const int64_t least = counts[first];
  if (least == pixels) return false;
  int64_t sum = 0;
  for (int v = 0; v < BINS; v++) {
    sum += counts[v];
    table[v] = sum <= least ? 0 : (float)nearbyint((double)(sum - least) * 255 / (double)(pixels - least));
  }
  return true;
}

static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  (void)spare;
  (void)numbers;
  const int64_t pixels = (int64_t)e->height * e->width;
  for (int64_t c = 0; c < e->channels; c++) {
    int64_t counts[BINS] = {0};
    float table[BINS];
    for (int64_t i = 0; i < pixels; i++) counts[bin_of(x[i * e->channels + c])]++;
    if (!make_table(table, counts, pixels)) continue;
    for (int64_t i = 0; i < pixels; i++) {
      float *at = &x[i * e->channels + c];
      *at = table[bin_of(*at)];
    }
  }
}

const fv__effect_type fv__effect_equalization = {
    .name = "equalization",
    .help = "every channel's histogram made flat",
    .option_words = "",
    .drawn_words = "",
    .apply = apply,
};
