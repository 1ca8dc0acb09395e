/* A random window of the picture, brought to its size: the inception crop. A matter of geometry: zoom and shift.
 *
 *   area of the window A = LOW to HIGH of the picture, width / height of its proportions as drawn, its place anywhere
 */
#include "data/effect.h"

#include <math.h>

static void draw(fv_transform *transform, const double *options, const fv__draw *draws) {
  const double area = fv__draw_between(draws, 0, options[0], options[1]);
  const double ratio = exp(fv__draw_between(draws, 1, log(options[2]), log(options[3])));
  const double zx = fmin(1, sqrt(area * ratio)), zy = fmin(1, sqrt(area / ratio));
  transform->zx = (transform->zx == 0 ? 1 : transform->zx) * zx;
  transform->zy = (transform->zy == 0 ? 1 : transform->zy) * zy;
  transform->tx += fv__draw_between(draws, 2, -0.5, 0.5) * (1 - zx) * draws->width;
  transform->ty += fv__draw_between(draws, 3, -0.5, 0.5) * (1 - zy) * draws->height;
}

const fv__effect_type fv__effect_random_crop = {
    .name = "random_crop",
    .help = "a window of LOW to HIGH of the area, proportions NARROW to WIDE of the picture's",
    .option_words = "LOW,HIGH,NARROW,WIDE",
    .drawn_words = "",
    .options = {{"LOW", 0.08, 0.0001, 1},
                {"HIGH", 1, 0.0001, 1},
                {"NARROW", 3.0 / 4, 0.1, 10},
                {"WIDE", 4.0 / 3, 0.1, 10}},
    .alone = FV__ALONE_FIRST,
    .is_range = true,
    .draw = draw,
};
