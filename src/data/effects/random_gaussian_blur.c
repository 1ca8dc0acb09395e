/* Keras's RandomGaussianBlur: blurred by a normal distribution, a deviation for each axis; beyond the edge there is
 * zero. */
#include "data/effect.h"

#include <math.h>

extern const fv__effect_type fv__effect_random_gaussian_blur;

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  const double drawn[3] = {fv__draw_between(draws, 0, options[0], options[1]) + 1e-6,
                           fv__draw_between(draws, 1, options[0], options[1]) + 1e-6, floor(options[2] / 2) * 2 + 1};
  fv__effect_add(transform, &fv__effect_random_gaussian_blur, drawn);
}

enum { SIZE_MAX_TAPS = 101 };

/* Taps of an odd window; their sum is 1. */
static int make_taps(double taps[SIZE_MAX_TAPS], double size, double deviation) {
  const int half = (int)size / 2;
  double sum = 0;
  for (int i = -half; i <= half; i++) {
    taps[i + half] = deviation > 0 ? exp(-0.5 * i * i / (deviation * deviation)) : i == 0;
    sum += taps[i + half];
  }
  for (int i = 0; i <= 2 * half; i++) taps[i] /= sum;
  return half;
}

/* One axis: neighbours along it are `step` numbers apart, `extent` of them. */
static double along(const float *x, int32_t place, int32_t extent, int64_t step, const double *taps, int half) {
  double sum = 0;
  for (int i = -half; i <= half; i++)
    if (place + i >= 0 && place + i < extent) sum += taps[i + half] * (double)x[i * step];
  return sum;
}

/* Across from the copy, then down in place, column by column. */
static void apply(float *x, const float *spare, const fv__extents *e, const double *numbers) {
  double taps[SIZE_MAX_TAPS];
  const int64_t row_step = (int64_t)e->width * e->channels;
  int half = make_taps(taps, numbers[2], numbers[0]);
  for (int32_t row = 0; row < e->height; row++)
    for (int32_t column = 0; column < e->width; column++)
      for (int64_t c = 0; c < e->channels; c++) {
        const int64_t at = row * row_step + column * e->channels + c;
        x[at] = (float)along(spare + at, column, e->width, e->channels, taps, half);
      }
  half = make_taps(taps, numbers[2], numbers[1]);
  float kept[SIZE_MAX_TAPS]; /* what the rows above were, by row modulo the window */
  for (int64_t at = 0; at < row_step; at++)
    for (int32_t row = 0; row < e->height; row++) {
      double sum = 0;
      kept[row % (half + 1)] = x[row * row_step + at];
      for (int i = -half; i <= half; i++) {
        if (row + i < 0 || row + i >= e->height) continue;
        sum += taps[i + half] * (double)(i <= 0 ? kept[(row + i) % (half + 1)] : x[(row + i) * row_step + at]);
      }
      x[row * row_step + at] = fv__to_byte_range(sum);
    }
}

const fv__effect_type fv__effect_random_gaussian_blur = {
    .name = "random_gaussian_blur",
    .help = "blur by deviations of LOW to HIGH pixels in windows of SIZE (one number: 0 to it)",
    .option_words = "LOW,HIGH,SIZE",
    .drawn_words = "ACROSS,DOWN,SIZE",
    .options = {{"LOW", 0, 0, 50}, {"HIGH", 1, 0, 50}, {"SIZE", 3, 1, 101}},
    .drawn = {{"ACROSS", 0, 0, 51}, {"DOWN", 0, 0, 51}, {"SIZE", 0, 1, 101}},
    .alone = FV__ALONE_UP_TO,
    .is_range = true,
    .draw = draw,
    .apply = apply,
    .needs_copy = true,
};
