/* fovea resize: a picture at another size, with the pixels that Pillow would make. */
#include <fovea/image.h>

#include "planes.h"

typedef struct resize_options {
  fv_pair size;
  const char *method, *output;
} resize_options;

static const fv_option options[] = {
    {"size", FV_OPTION_PAIR, offsetof(resize_options, size), NULL, 1, FV_IMAGE_MAX_SIDE, NULL,
     "height and width of the result; one number stands for both"},
    {"method", FV_OPTION_TEXT, offsetof(resize_options, method), "pil-bilinear", 0, 0, NULL,
     "NAME: pil-nearest, pil-box, pil-bilinear, pil-hamming, pil-bicubic or pil-lanczos"},
    {"output", FV_OPTION_TEXT, offsetof(resize_options, output), NULL, 0, 0, NULL,
     "FILE: where to write, .png, .jpg, .bmp or .ppm, or .npy for numbers"},
    {0}};

static int write_resized(const char *path, const fv_image *image) {
  if (!planes_is_numbers(path)) return planes_write_image(path, image);
  fv_tensor numbers;
  fv_status failed = fv_image_to_tensor(&numbers, image);
  if (failed) return command_fail(failed);
  int status = planes_write(path, &numbers, FV_IMAGE_SCALE_NONE);
  fv_tensor_destroy(&numbers);
  return status;
}

static int run(void *given_options, int argument_count, char **arguments) {
  const resize_options *given = given_options;
  if (!given->output) return command_usage("nothing to write: give -o FILE");
  fv_image image, resized;
  int status = planes_read(&image, argument_count, arguments);
  if (status) return status;
  fv_status failed = fv_image_resize(&resized, &image, given->size.height, given->size.width, given->method);
  fv_image_destroy(&image);
  if (failed) return command_fail(failed);
  status = write_resized(given->output, &resized);
  fv_image_destroy(&resized);
  return status;
}

const fv_command command_resize = {
    .name = "resize",
    .arguments = "IMAGE",
    .help = "bring a picture to another size",
    .examples = "fovea resize photo.jpg --size 224,224 --method pil-bicubic -o small.png\n",
    .options = options,
    .options_size = sizeof(resize_options),
    .shortcuts = "o=output",
    .run = run,
};
