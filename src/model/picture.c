/* A picture becomes a network's input: decode, central square, resize, scale.
 *
 *   file or bytes  ->  8-bit image, 1 or 3 channels  ->  crop  ->  resize  ->  table of 256 floats per channel
 *
 * A byte x has only 256 values, so (x * scale - mean) / std is computed once per value, in double, and rounded once.
 * Methods of resizing that give fractions (tf-, torch-) keep them.
 */
#include <fovea/predict.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/image.h>

#include "image/resize.h"
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

/* Replaces an image by what a step made of it. */
static fv_status become(fv_image *image, fv_image *made, fv_status status) {
  if (status) return status;
  fv_image_destroy(image);
  *image = *made;
  return FV_OK;
}

/* The central square whose side is a part of the shorter side; sides and margins are rounded down. */
static fv_status crop_square(fv_image *image, double part) {
  int32_t shorter = image->height < image->width ? image->height : image->width;
  int32_t side = (int32_t)floor(part * shorter);
  if (side < 1) side = 1;
  fv_image made;
  return become(image, &made,
                fv_image_crop(&made, image, (image->height - side) / 2, (image->width - side) / 2, side, side));
}

/* Brings an image to the channels that the network takes and to the part of it that is used. */
static fv_status shape_image(fv_image *image, const fv_preprocessing *p) {
  fv_image made;
  int32_t channels = p->channels == FV_CHANNELS_GRAY ? 1 : 3;
  if (image->channels != channels) TRY(become(image, &made, fv_image_convert(&made, image, channels)));
  return p->crop > 0 ? crop_square(image, p->crop) : FV_OK;
}

static float scaled(const fv_preprocessing *p, int c, double x) {
  return (float)((x * p->scale - p->mean[c]) / p->std[c]);
}

static void numbers_of_image(float *numbers, const fv_image *image, const fv_preprocessing *p) {
  float table[3][256];
  int channels = image->channels;
  for (int c = 0; c < channels; c++)
    for (int x = 0; x < 256; x++) table[c][x] = scaled(p, c, x);
  size_t pixels = (size_t)image->height * (size_t)image->width;
  const uint8_t *in = image->pixels;
  if (channels == 1) {
    for (size_t i = 0; i < pixels; i++) numbers[i] = table[0][in[i]];
    return;
  }
  int first = p->channels == FV_CHANNELS_BGR ? 2 : 0, last = 2 - first;
  for (size_t i = 0; i < pixels; i++, in += 3, numbers += 3) {
    numbers[0] = table[0][in[first]];
    numbers[1] = table[1][in[1]];
    numbers[2] = table[2][in[last]];
  }
}

static void numbers_of_fractions(float *numbers, const fv_tensor *pixels, const fv_preprocessing *p) {
  const int64_t channels = pixels->shape.dims[2], count = pixels->shape.dims[0] * pixels->shape.dims[1];
  const bool bgr = p->channels == FV_CHANNELS_BGR;
  const float *in = pixels->data;
  for (int64_t i = 0; i < count; i++, in += channels)
    for (int c = 0; c < channels; c++) *numbers++ = scaled(p, c, in[bgr ? 2 - c : c]);
}

/* Resizes and scales. */
static fv_status numbers_at_size(float *numbers, fv_image *image, const fv_preprocessing *p) {
  const char *method = p->resize[0] ? p->resize : "pil-bilinear";
  const bool fits = image->height == p->size.height && image->width == p->size.width;
  if (!fits && fv__resize_gives_fractions(method)) {
    fv_tensor pixels;
    TRY(fv_image_resize_to_tensor(&pixels, image, p->size.height, p->size.width, method));
    numbers_of_fractions(numbers, &pixels, p);
    fv_tensor_destroy(&pixels);
    return FV_OK;
  }
  fv_image made;
  if (!fits) TRY(become(image, &made, fv_image_resize(&made, image, p->size.height, p->size.width, method)));
  numbers_of_image(numbers, image, p);
  return FV_OK;
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
  bool bgr = p->channels == FV_CHANNELS_BGR;
  int32_t places[3] = {bgr ? in.blue : in.red, in.green, bgr ? in.red : in.blue};
  int channels = in.channels == 1 ? 1 : 3;
  for (int32_t y = 0; y < picture->height; y++) {
    const float *row = row_of(picture, y);
    for (int32_t x = 0; x < picture->width; x++, row += in.channels)
      for (int c = 0; c < channels; c++) *numbers++ = scaled(p, c, row[places[c]]);
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
  fv_image image = {0};
  fv_status status = open_picture(&image, picture);
  if (!status) status = shape_image(&image, preprocessing);
  if (!status) status = numbers_at_size(numbers, &image, preprocessing);
  fv_image_destroy(&image);
  return status;
}
