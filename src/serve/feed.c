/* Feeding pictures to inputs. */
#include "serve/feed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_picture(const fv_shape *shape) {
  return shape->rank == 4 && (shape->dims[3] == 1 || shape->dims[3] == 3);
}

fv_shape fv__feed_shape(const fv__shown *shown, int32_t input, const fv_image *image) {
  fv_shape shape = fv_model_input_shape(shown->model, input);
  const fv_pair size = shown->preprocessing.size;
  const int32_t height = size.height > 0 ? size.height : image->height;
  const int32_t width = size.height > 0 ? (size.width > 0 ? size.width : size.height) : image->width;
  shape.dims[0] = 1;
  for (int32_t i = 1; i < shape.rank; i++)
    if (shape.dims[i] < 0) shape.dims[i] = i == 1 ? height : i == 2 ? width : 1;
  return shape;
}

static fv_pixel_order order_of(const fv_image *image) {
  return image->channels == 1 ? FV_PIXELS_GRAY : image->channels == 3 ? FV_PIXELS_RGB : FV_PIXELS_RGBA;
}

static fv_status feed_picture(float *numbers, const fv__shown *shown, const fv_shape *shape, const fv_image *image) {
  fv_preprocessing preprocessing = shown->preprocessing;
  preprocessing.size = (fv_pair){(int32_t)shape->dims[1], (int32_t)shape->dims[2]};
  const bool gray = shape->dims[3] == 1;
  if (gray != (preprocessing.channels == FV_CHANNELS_GRAY))
    preprocessing.channels = gray ? FV_CHANNELS_GRAY : FV_CHANNELS_RGB; /* inputs of one model may differ */
  const fv_picture picture = {
      .pixels = image->pixels, .width = image->width, .height = image->height, .order = order_of(image)};
  return fv_preprocess(numbers, &picture, &preprocessing);
}

/* Height and width of the gray picture that fills a shape of another kind, and how often each pixel is written. */
static void gray_extent(const fv_shape *shape, int32_t *height, int32_t *width, int64_t *copies) {
  int64_t elements = 1;
  for (int32_t i = 1; i < shape->rank; i++) elements *= shape->dims[i];
  const int64_t side = (int64_t)llround(sqrt((double)elements));
  *copies = 1;
  *height = 1;
  *width = (int32_t)elements;
  if (shape->rank == 2 && side * side == elements) *height = *width = (int32_t)side;
  if (shape->rank < 3) return;
  *height = (int32_t)shape->dims[1];
  *width = (int32_t)shape->dims[2];
  *copies = *height * (int64_t)*width > 0 ? elements / ((int64_t)*height * *width) : 0;
}

static fv_status feed_gray(float *numbers, const fv_shape *shape, const fv_image *image) {
  int32_t height, width;
  int64_t copies;
  gray_extent(shape, &height, &width, &copies);
  if (height < 1 || width < 1 || height > FV_IMAGE_MAX_SIDE || width > FV_IMAGE_MAX_SIDE)
    return fv_error_set(FV_ERROR_SHAPE, "this input cannot be filled with a picture");
  fv_image gray = {0}, fitting = {0};
  fv_status status = fv_image_convert(&gray, image, 1);
  if (!status) status = fv_image_resize(&fitting, &gray, height, width, "pil-bilinear");
  for (int64_t i = 0; !status && i < (int64_t)height * width; i++)
    for (int64_t k = 0; k < copies; k++) *numbers++ = (float)fitting.pixels[i] / 255.0f;
  fv_image_destroy(&gray);
  fv_image_destroy(&fitting);
  return status;
}

fv_status fv__feed(float *numbers, const fv__shown *shown, const fv_shape *shape, const fv_image *image) {
  return is_picture(shape) ? feed_picture(numbers, shown, shape, image) : feed_gray(numbers, shape, image);
}
