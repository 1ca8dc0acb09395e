/* See heat.h. */
#include "heat.h"

#include <math.h>
#include <stdlib.h>

/* Violet, blue, green, yellow: evenly lighter, so that it reads without colour, too. */
static const uint8_t stops[5][3] = {{68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}};

fv_status heat_photo(fv_image *seen, const fv_image *photo, const fv_preprocessing *preprocessing) {
  fv_image colour;
  fv_status status = fv_image_convert(&colour, photo, 3);
  if (status || !(preprocessing->crop > 0)) {
    *seen = colour;
    return status;
  }
  const int32_t shorter = colour.height < colour.width ? colour.height : colour.width;
  int32_t side = (int32_t)lround(preprocessing->crop * shorter);
  if (side < 1) side = 1;
  status = fv_image_crop(seen, &colour, (colour.height - side) / 2, (colour.width - side) / 2, side, side);
  fv_image_destroy(&colour);
  return status;
}

/* Heat from 0 to 1 at the photo's size. */
static fv_status enlarge(fv_tensor *enlarged, const fv_image *seen, const fv_tensor *heat, float *largest) {
  fv_tensor part;
  fv_status status = fv_tensor_create(&part, &heat->shape);
  if (status) return status;
  const int64_t count = heat->shape.dims[0] * heat->shape.dims[1];
  *largest = 0;
  for (int64_t i = 0; i < count; i++)
    if (isfinite(heat->data[i]) && heat->data[i] > *largest) *largest = heat->data[i];
  for (int64_t i = 0; i < count; i++)
    part.data[i] = isfinite(heat->data[i]) && *largest > 0 ? heat->data[i] / *largest : 0;
  status = fv_image_resize_floats(enlarged, &part, seen->height, seen->width, "tf-bilinear");
  fv_tensor_destroy(&part);
  return status;
}

/* One channel of the colour of a part from 0 to 1. */
static float colour_of(float part, int channel) {
  const float at = part * 4;
  const int stop = at >= 4 ? 3 : (int)at;
  const float beyond = at - (float)stop;
  return (1 - beyond) * (float)stops[stop][channel] + beyond * (float)stops[stop + 1][channel];
}

fv_status heat_over(fv_image *picture, const fv_image *seen, const fv_tensor *heat, float *largest) {
  fv_tensor parts;
  fv_status status = enlarge(&parts, seen, heat, largest);
  *picture = (fv_image){0};
  if (!status) {
    status = fv_image_create(picture, seen->height, seen->width, 3);
    const int64_t pixels = (int64_t)seen->height * seen->width;
    for (int64_t i = 0; i < pixels && !status; i++) {
      const float part = fminf(fmaxf(parts.data[i], 0), 1), cover = 0.7f * sqrtf(part);
      for (int c = 0; c < 3; c++)
        picture->pixels[3 * i + c] =
            (uint8_t)lrintf((1 - cover) * (float)seen->pixels[3 * i + c] + cover * colour_of(part, c));
    }
    fv_tensor_destroy(&parts);
  }
  return status;
}
