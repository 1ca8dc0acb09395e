/* A picture becomes a network's input: a file, bytes or the caller's pixels are brought to an image, and what the
 * preprocessing says is done with it (data/prepare.h). */
#include <fovea/predict.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/image.h>

#include "model/feeding.h"

/* Where red, green and blue lie in a pixel of the caller's, and how long it is. */
typedef struct layout {
  int32_t channels, red, green, blue;
} layout;

static const layout layouts[] = {[FV_PIXELS_RGB] = {3, 0, 1, 2},
                                 [FV_PIXELS_BGR] = {3, 2, 1, 0},
                                 [FV_PIXELS_RGBA] = {4, 0, 1, 2},
                                 [FV_PIXELS_BGRA] = {4, 2, 1, 0},
                                 [FV_PIXELS_GRAY] = {1, 0, 0, 0}};

static const void *row_of(const fv_picture *picture, int32_t row) {
  int64_t width = (int64_t)picture->width * layouts[picture->order].channels;
  int64_t stride = picture->row_stride ? picture->row_stride : width * (picture->floats ? (int64_t)sizeof(float) : 1);
  return (const char *)picture->pixels + row * stride;
}

static uint8_t byte_of(float number) {
  float rounded = nearbyintf(number);
  return rounded >= 255 ? 255 : rounded > 0 ? (uint8_t)rounded : 0; /* NaN becomes 0 */
}

static uint8_t sample(const void *row, bool floats, int64_t index) {
  return floats ? byte_of(((const float *)row)[index]) : ((const uint8_t *)row)[index];
}

/* A copy of the caller's pixels as gray or RGB. */
static fv_status image_of_pixels(fv_image *image, const fv_picture *picture) {
  if (picture->width < 1 || picture->height < 1)
    return fail(FV_ERROR_INVALID, "expected pixels of at least 1 x 1, found %d x %d", picture->width, picture->height);
  if (picture->order < FV_PIXELS_RGB || picture->order > FV_PIXELS_GRAY)
    return fail(FV_ERROR_INVALID, "pixels have no order number %d", (int)picture->order);
  layout in = layouts[picture->order];
  int32_t channels = in.channels == 1 ? 1 : 3;
  TRY(fv_image_create(image, picture->height, picture->width, channels));
  uint8_t *out = image->pixels;
  for (int32_t y = 0; y < picture->height; y++) {
    const void *row = row_of(picture, y);
    for (int64_t at = 0; at < (int64_t)picture->width * in.channels; at += in.channels) {
      *out++ = sample(row, picture->floats, at + in.red);
      if (channels == 1) continue;
      *out++ = sample(row, picture->floats, at + in.green);
      *out++ = sample(row, picture->floats, at + in.blue);
    }
  }
  return FV_OK;
}

static fv_status open_picture(fv_image *image, const fv_picture *picture) {
  if (picture->pixels) return image_of_pixels(image, picture);
  if (!picture->bytes && !picture->path) return fail(FV_ERROR_INVALID, "expected a path, bytes or pixels, found none");
  fv_status status = picture->bytes ? fv_image_decode(image, picture->bytes, picture->byte_count, picture->path)
                                    : fv_image_read(image, picture->path);
  return !status && picture->upright ? fv_image_upright(image) : status;
}

/* Float pixels that need no resizing keep their fractions. */
static bool is_ready(const fv_picture *picture, const fv_preprocessing *p) {
  if (!picture->pixels || !picture->floats || p->crop > 0) return false;
  if (picture->order < FV_PIXELS_RGB || picture->order > FV_PIXELS_GRAY) return false;
  bool gray = picture->order == FV_PIXELS_GRAY;
  return gray == (p->channels == FV_CHANNELS_GRAY) && picture->width == p->size.width &&
         picture->height == p->size.height;
}

static void numbers_of_floats(float *numbers, const fv_picture *picture, const fv_preprocessing *p) {
  layout in = layouts[picture->order];
  const int channels = in.channels == 1 ? 1 : 3;
  for (int32_t y = 0; y < picture->height; y++) {
    const float *row = row_of(picture, y);
    for (int32_t x = 0; x < picture->width; x++, row += in.channels, numbers += channels) {
      const float pixel[3] = {row[in.red], row[in.green], row[in.blue]};
      fv__prepare_scale_floats(numbers, pixel, 1, channels, p);
    }
  }
}

fv_status fv_preprocess(float *numbers, const fv_picture *picture, const fv_preprocessing *preprocessing) {
  TRY(fv__preprocessing_check(preprocessing));
  if (preprocessing->mode == FV_PREPROCESSING_UNSET)
    return fail(FV_ERROR_INVALID, "the model does not say how pictures are fed: set its preprocessing, for example tf");
  if (preprocessing->size.height < 1 || preprocessing->size.width < 1)
    return fail(FV_ERROR_INVALID, "the model does not say which size its pictures have: set its input shape");
  if (is_ready(picture, preprocessing)) {
    numbers_of_floats(numbers, picture, preprocessing);
    return FV_OK;
  }
  fv_sample sample = {{0}, {{0}, NULL}};
  fv_status status = open_picture(&sample.image, picture);
  if (!status) status = fv__prepare_size(&sample, preprocessing, preprocessing->channels == FV_CHANNELS_GRAY ? 1 : 3);
  if (!status) fv__prepare_scale(numbers, &sample, preprocessing);
  fv_sample_destroy(&sample);
  return status;
}
