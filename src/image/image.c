/* Images in memory: making them, converting channels, cropping, numbers to pixels and back. See <fovea/image.h>. */
#include <fovea/image.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "image/codec.h"

fv_status fv_image_create(fv_image *image, int32_t height, int32_t width, int32_t channels) {
  *image = (fv_image){0};
  if (channels != 1 && channels != 3 && channels != 4)
    return fail(FV_ERROR_INVALID, "an image has 1, 3 or 4 channels, not %" PRId32, channels);
  if (height < 1 || width < 1)
    return fail(FV_ERROR_INVALID, "an image has at least one pixel, not %" PRId32 " x %" PRId32, height, width);
  int64_t pixels = (int64_t)height * width;
  if (height > FV_IMAGE_MAX_SIDE || width > FV_IMAGE_MAX_SIDE || pixels > FV_IMAGE_MAX_PIXELS)
    return fail(FV_ERROR_MEMORY, "%" PRId32 " x %" PRId32 " pixels; the limit is %d a side and %d in all", height,
                width, FV_IMAGE_MAX_SIDE, FV_IMAGE_MAX_PIXELS);
  uint8_t *memory = calloc((size_t)(pixels * channels), 1);
  if (!memory) return fail(FV_ERROR_MEMORY, "no memory for %" PRId32 " x %" PRId32 " pixels", height, width);
  *image = (fv_image){height, width, channels, memory};
  return FV_OK;
}

void fv_image_destroy(fv_image *image) {
  if (!image) return;
  free(image->pixels);
  *image = (fv_image){0};
}

fv_status fv__image_claim(fv_image *image, int64_t height, int64_t width, int32_t channels, size_t size, int64_t most) {
  *image = (fv_image){0};
  if (height < 1 || width < 1)
    return fail(FV_ERROR_FORMAT, "the header says %" PRId64 " x %" PRId64 " pixels", height, width);
  if (height > FV_IMAGE_MAX_SIDE || width > FV_IMAGE_MAX_SIDE || height * width > FV_IMAGE_MAX_PIXELS)
    return fail(FV_ERROR_UNSUPPORTED, "%" PRId64 " x %" PRId64 " pixels; the limit is %d a side and %d in all", height,
                width, FV_IMAGE_MAX_SIDE, FV_IMAGE_MAX_PIXELS);
  if (height * width / most > (int64_t)size)
    return fail(FV_ERROR_FORMAT, "truncated: %zu bytes cannot hold the %" PRId64 " x %" PRId64 " pixels of the header",
                size, height, width);
  return fv_image_create(image, (int32_t)height, (int32_t)width, channels);
}

static size_t pixel_count(const fv_image *image) { return (size_t)image->height * (size_t)image->width; }

static fv_status check(const fv_image *image) {
  if (!image || !image->pixels) return fail(FV_ERROR_INVALID, "the image is empty");
  if (image->channels != 1 && image->channels != 3 && image->channels != 4)
    return fail(FV_ERROR_INVALID, "an image has 1, 3 or 4 channels, not %" PRId32, image->channels);
  return FV_OK;
}

/* ---- channels */

static uint8_t opencv_gray_of(const uint8_t *rgb) {
  return (uint8_t)((9798u * rgb[0] + 19235u * rgb[1] + 3735u * rgb[2] + 16384u) >> 15);
}

static uint8_t gray_of(const uint8_t *rgb) {
  return (uint8_t)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768u) >> 16);
}

fv_status fv_image_convert(fv_image *out, const fv_image *in, int32_t channels) {
  *out = (fv_image){0};
  TRY(check(in));
  TRY(fv_image_create(out, in->height, in->width, channels));
  size_t count = pixel_count(in);
  const uint8_t *from = in->pixels;
  uint8_t *to = out->pixels;
  if (channels == in->channels) {
    memcpy(to, from, count * (size_t)channels);
    return FV_OK;
  }
  for (size_t i = 0; i < count; i++, from += in->channels, to += channels) {
    if (channels == 1) {
      to[0] = gray_of(from);
      continue;
    }
    to[0] = from[0];
    to[1] = from[in->channels == 1 ? 0 : 1];
    to[2] = from[in->channels == 1 ? 0 : 2];
    if (channels == 4) to[3] = 255;
  }
  return FV_OK;
}

fv_status fv_image_channel(fv_image *out, const fv_image *in, const char *channel) {
  *out = (fv_image){0};
  TRY(check(in));
  if (!strcmp(channel, "all")) return fv_image_convert(out, in, in->channels == 1 ? 1 : 3);
  if (!strcmp(channel, "gray")) return fv_image_convert(out, in, 1);
  const bool opencv = !strcmp(channel, "gray-cv");
  const char *names = "rgb", *found = strlen(channel) == 1 ? strchr(names, channel[0]) : NULL;
  if (!found && !opencv)
    return fail(FV_ERROR_INVALID, "channel must be one of r, g, b, gray, gray-cv, all, not '%s'", channel);
  TRY(fv_image_create(out, in->height, in->width, 1));
  const uint8_t *from = in->pixels + (in->channels == 1 || opencv ? 0 : found - names);
  const bool weighed = opencv && in->channels > 1;
  for (size_t i = 0, count = pixel_count(in); i < count; i++, from += in->channels)
    out->pixels[i] = weighed ? opencv_gray_of(from) : *from;
  return FV_OK;
}

fv_status fv_image_crop(fv_image *out, const fv_image *in, int32_t top, int32_t left, int32_t height, int32_t width) {
  *out = (fv_image){0};
  TRY(check(in));
  if (top < 0 || left < 0 || height < 1 || width < 1 || top > in->height - height || left > in->width - width)
    return fail(FV_ERROR_SHAPE,
                "the part of %" PRId32 " x %" PRId32 " at (%" PRId32 ", %" PRId32 ") is not inside an image of %" PRId32
                " x %" PRId32,
                height, width, top, left, in->height, in->width);
  TRY(fv_image_create(out, height, width, in->channels));
  size_t from_row = (size_t)in->width * (size_t)in->channels, to_row = (size_t)width * (size_t)in->channels;
  const uint8_t *from = in->pixels + (size_t)top * from_row + (size_t)left * (size_t)in->channels;
  for (int32_t y = 0; y < height; y++) memcpy(out->pixels + (size_t)y * to_row, from + (size_t)y * from_row, to_row);
  return FV_OK;
}

/* ---- numbers */

fv_status fv_image_to_tensor(fv_tensor *tensor, const fv_image *image) {
  *tensor = (fv_tensor){0};
  TRY(check(image));
  fv_shape shape = {3, {image->height, image->width, image->channels}};
  TRY(fv_tensor_create(tensor, &shape));
  size_t count = pixel_count(image) * (size_t)image->channels;
  for (size_t i = 0; i < count; i++) tensor->data[i] = image->pixels[i];
  return FV_OK;
}

/* Factor and shift for scale auto; a constant picture becomes black. */
static void stretch(double *factor, double *shift, const float *data, int64_t count) {
  float low = data[0], high = data[0];
  for (int64_t i = 1; i < count; i++) {
    if (data[i] < low) low = data[i];
    if (data[i] > high) high = data[i];
  }
  *factor = high > low ? 255.0 / ((double)high - low) : 0;
  *shift = -(double)low * *factor;
}

fv_status fv_image_from_tensor(fv_image *image, const fv_tensor *tensor, fv_image_scale scale) {
  *image = (fv_image){0};
  const fv_shape *shape = &tensor->shape;
  char text[128];
  int64_t count, height = shape->dims[0], width = shape->dims[1];
  TRY(fv_shape_elements(&count, shape));
  if ((shape->rank != 2 && shape->rank != 3) || count == 0 || height > FV_IMAGE_MAX_SIDE || width > FV_IMAGE_MAX_SIDE ||
      (shape->rank == 3 && shape->dims[2] > 4))
    return fail(FV_ERROR_SHAPE, "an image has shape (height, width, 1, 3 or 4) with at most %d pixels a side, not %s",
                FV_IMAGE_MAX_SIDE, fv_shape_text(text, sizeof text, shape));
  for (int64_t i = 0; i < count; i++)
    if (!isfinite(tensor->data[i]))
      return fail(FV_ERROR_NUMBERS, "number %" PRId64 " is %g", i, (double)tensor->data[i]);
  TRY(fv_image_create(image, (int32_t)height, (int32_t)width, shape->rank == 3 ? (int32_t)shape->dims[2] : 1));
  double factor = 1, shift = 0;
  if (scale == FV_IMAGE_SCALE_AUTO) stretch(&factor, &shift, tensor->data, count);
  for (int64_t i = 0; i < count; i++) {
    double value = rint((double)tensor->data[i] * factor + shift);
    if (scale == FV_IMAGE_SCALE_NONE && (value < 0 || value > 255)) {
      fv_image_destroy(image);
      return fail(FV_ERROR_NUMBERS, "%g does not fit 8 bits (0 to 255); scale with clip or auto, or write .npy",
                  (double)tensor->data[i]);
    }
    image->pixels[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
  }
  return FV_OK;
}
