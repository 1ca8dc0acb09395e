/* The hexagon of hues: red at 0, green at 1/3, blue at 2/3. */
#include "data/hsv.h"

#include <math.h>

fv__hsv fv__hsv_of(const float *rgb) {
  const float r = rgb[0] / 255, g = rgb[1] / 255, b = rgb[2] / 255;
  const float value = fmaxf(r, fmaxf(g, b)), range = value - fminf(r, fminf(g, b));
  float hue = 0;
  if (range > 0) {
    const float norm = 1 / (6 * range);
    hue = r == value ? norm * (g - b) : g == value ? norm * (b - r) + 2.0f / 6 : norm * (r - g) + 4.0f / 6;
  }
  return (fv__hsv){hue < 0 ? hue + 1 : hue, value > 0 ? range / value : 0, value};
}

static float limited(float x) { return x < 0 ? 0 : x > 1 ? 1 : x; }

void fv__hsv_to_rgb(float *rgb, const fv__hsv *colour) {
  const float hue = colour->hue * 6, s = colour->saturation;
  const float parts[3] = {limited(fabsf(hue - 3) - 1), limited(2 - fabsf(hue - 2)), limited(2 - fabsf(hue - 4))};
  for (int c = 0; c < 3; c++) rgb[c] = 255 * limited((1 - s + s * parts[c]) * colour->value);
}
