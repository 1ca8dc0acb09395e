/* A picture becomes a network's input: central square, resize, scale.
 *
 *   8-bit image  ->  1 or 3 channels  ->  crop  ->  resize  ->  table of 256 floats per channel
 *
 * A byte x has only 256 values, so (x * scale - mean) / std is computed once per value, in double, and rounded once.
 * Methods of resizing that give fractions (tf-, torch-) keep them, and so do samples that are no bytes.
 */
#include "data/prepare.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "image/resize.h"

fv_status fv__preprocessing_check(const fv_preprocessing *p) {
  if (p->mode < FV_PREPROCESSING_UNSET || p->mode > FV_PREPROCESSING_OWN)
    return fail(FV_ERROR_INVALID, "preprocessing has no mode number %d", (int)p->mode);
  if (!(p->crop >= 0 && p->crop <= 1)) return fail(FV_ERROR_INVALID, "crop must be between 0 and 1, not %g", p->crop);
  if (p->size.height < 0 || p->size.width < 0)
    return fail(FV_ERROR_INVALID, "size must be positive, not %d,%d", p->size.height, p->size.width);
  if (!memchr(p->resize, '\0', sizeof p->resize))
    return fail(FV_ERROR_INVALID, "the name of the resize method is too long");
  if (p->channels < FV_CHANNELS_DEFAULT || p->channels > FV_CHANNELS_GRAY)
    return fail(FV_ERROR_INVALID, "channels has no choice number %d", (int)p->channels);
  for (int c = 0; c < 3; c++) {
    if (!isfinite(p->scale) || !isfinite(p->mean[c]) || !isfinite(p->std[c]))
      return fail(FV_ERROR_INVALID, "scale, mean and std must be finite numbers");
    if (p->std[c] == 0) return fail(FV_ERROR_INVALID, "std must not be 0");
  }
  return FV_OK;
}

/* ---- channels */

/* Replaces an image by what a step made of it. */
static fv_status become(fv_image *image, fv_image *made, fv_status status) {
  if (status) return status;
  fv_image_destroy(image);
  *image = *made;
  return FV_OK;
}

static fv_status become_numbers(fv_tensor *numbers, fv_tensor *made, fv_status status) {
  if (status) return status;
  fv_tensor_destroy(numbers);
  *numbers = *made;
  return FV_OK;
}

/* As fv_image_convert does with bytes. */
static void convert_pixel(float *out, int64_t to, const float *in, int64_t from) {
  if (to == 1)
    out[0] = from == 1 ? in[0] : (float)((19595.0 * in[0] + 38470.0 * in[1] + 7471.0 * in[2]) / 65536);
  else
    for (int64_t c = 0; c < to; c++) out[c] = c == 3 ? 255 : from == 1 ? in[0] : in[c];
}

static bool can_convert(int64_t channels) { return channels == 1 || channels == 3 || channels == 4; }

static fv_status convert_numbers(fv_tensor *out, const fv_tensor *in, int32_t channels) {
  const int64_t from = in->shape.dims[2], pixels = in->shape.dims[0] * in->shape.dims[1];
  if (!can_convert(from) || !can_convert(channels))
    return fail(FV_ERROR_SHAPE, "a sample of %lld channels cannot become one of %d", (long long)from, (int)channels);
  TRY(fv_tensor_create(out, &(fv_shape){3, {in->shape.dims[0], in->shape.dims[1], channels}}));
  for (int64_t i = 0; i < pixels; i++) convert_pixel(out->data + i * channels, channels, in->data + i * from, from);
  return FV_OK;
}

/* ---- the central square: sides and margins are rounded down */

static int32_t side_of(double part, int64_t height, int64_t width) {
  const int32_t side = (int32_t)floor(part * (double)(height < width ? height : width));
  return side < 1 ? 1 : side;
}

static fv_status crop_image(fv_image *image, double part) {
  const int32_t side = side_of(part, image->height, image->width);
  fv_image made;
  return become(image, &made,
                fv_image_crop(&made, image, (image->height - side) / 2, (image->width - side) / 2, side, side));
}

static fv_status crop_numbers(fv_tensor *out, const fv_tensor *in, double part) {
  const int64_t height = in->shape.dims[0], width = in->shape.dims[1], channels = in->shape.dims[2];
  const int32_t side = side_of(part, height, width);
  const int64_t top = (height - side) / 2, left = (width - side) / 2, row = side * channels;
  TRY(fv_tensor_create(out, &(fv_shape){3, {side, side, channels}}));
  for (int64_t y = 0; y < side; y++)
    memcpy(out->data + y * row, in->data + ((top + y) * width + left) * channels, (size_t)row * sizeof(float));
  return FV_OK;
}

/* ---- size */

static fv_status size_image(fv_sample *sample, const fv_preprocessing *p, int32_t channels, const char *method) {
  fv_image made, *image = &sample->image;
  if (image->channels != channels) TRY(become(image, &made, fv_image_convert(&made, image, channels)));
  if (p->crop > 0) TRY(crop_image(image, p->crop));
  if (image->height == p->size.height && image->width == p->size.width) return FV_OK;
  if (!fv__resize_gives_fractions(method))
    return become(image, &made, fv_image_resize(&made, image, p->size.height, p->size.width, method));
  TRY(fv_image_resize_to_tensor(&sample->numbers, image, p->size.height, p->size.width, method));
  fv_image_destroy(image);
  return FV_OK;
}

static fv_status size_numbers(fv_tensor *numbers, const fv_preprocessing *p, int32_t channels, const char *method) {
  fv_tensor made;
  if (numbers->shape.dims[2] != channels)
    TRY(become_numbers(numbers, &made, convert_numbers(&made, numbers, channels)));
  if (p->crop > 0) TRY(become_numbers(numbers, &made, crop_numbers(&made, numbers, p->crop)));
  if (numbers->shape.dims[0] == p->size.height && numbers->shape.dims[1] == p->size.width) return FV_OK;
  return become_numbers(numbers, &made, fv_image_resize_floats(&made, numbers, p->size.height, p->size.width, method));
}

fv_status fv__prepare_size(fv_sample *sample, const fv_preprocessing *p, int32_t channels) {
  const char *method = p->resize[0] ? p->resize : "pil-bilinear";
  return sample->image.pixels ? size_image(sample, p, channels, method)
                              : size_numbers(&sample->numbers, p, channels, method);
}

/* ---- scale */

/* Channels beyond the third are scaled as the third. */
static float scaled(const fv_preprocessing *p, int64_t c, double x) {
  if (c > 2) c = 2;
  return (float)((x * p->scale - p->mean[c]) / p->std[c]);
}

static void scale_image(float *numbers, const fv_image *image, const fv_preprocessing *p) {
  float table[4][256];
  const int channels = image->channels;
  for (int c = 0; c < channels; c++)
    for (int x = 0; x < 256; x++) table[c][x] = scaled(p, c, x);
  const size_t pixels = (size_t)image->height * (size_t)image->width;
  const uint8_t *in = image->pixels;
  if (channels == 1) {
    for (size_t i = 0; i < pixels; i++) numbers[i] = table[0][in[i]];
    return;
  }
  const int first = p->channels == FV_CHANNELS_BGR ? 2 : 0, last = 2 - first;
  for (size_t i = 0; i < pixels; i++, in += channels, numbers += channels) {
    numbers[0] = table[0][in[first]];
    numbers[1] = table[1][in[1]];
    numbers[2] = table[2][in[last]];
    if (channels == 4) numbers[3] = table[3][in[3]];
  }
}

void fv__prepare_scale_floats(float *numbers, const float *pixels, int64_t count, int64_t channels,
                              const fv_preprocessing *p) {
  const bool is_bgr = p->channels == FV_CHANNELS_BGR && channels == 3;
  for (int64_t i = 0; i < count; i++, pixels += channels, numbers += channels) {
    const float red = pixels[0], blue = is_bgr ? pixels[2] : 0;
    for (int64_t c = 0; c < channels; c++) {
      const float x = !is_bgr ? pixels[c] : c == 0 ? blue : c == 1 ? pixels[1] : red;
      numbers[c] = scaled(p, c, x);
    }
  }
}

void fv__prepare_scale(float *numbers, const fv_sample *sample, const fv_preprocessing *p) {
  const fv_shape *shape = &sample->numbers.shape;
  if (sample->image.pixels)
    scale_image(numbers, &sample->image, p);
  else
    fv__prepare_scale_floats(numbers, sample->numbers.data, shape->dims[0] * shape->dims[1], shape->dims[2], p);
}
