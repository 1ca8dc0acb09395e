/* fovea resize: a picture at another size, with the pixels that Pillow, OpenCV, TensorFlow or PyTorch would make. */
#include "pictures.h"
#include "planes.h"

typedef struct resize_options {
  fv_pair size;
  const char *method, *output;
  int32_t threads;
  bool upright;
} resize_options;

static const fv_option options[] = {{"size", FV_OPTION_PAIR, offsetof(resize_options, size), NULL, 1, FV_IMAGE_MAX_SIDE,
                                     NULL, "height and width of the result; one number stands for both"},
                                    {"method", FV_OPTION_TEXT, offsetof(resize_options, method), "pil-bilinear", 0, 0,
                                     NULL, "NAME: " PICTURE_RESIZE_METHODS},
                                    {"output", FV_OPTION_TEXT, offsetof(resize_options, output), NULL, 0, 0, NULL,
                                     "FILE: where to write, .png, .jpg, .bmp or .ppm, or .npy for numbers"},
                                    PICTURE_UPRIGHT_ROW(resize_options, upright),
                                    PLANES_THREADS_ROW(resize_options),
                                    {0}};

/* Numbers keep the fractions that some methods give. */
static int resize_to_numbers(const resize_options *given, const fv_image *image) {
  fv_tensor numbers;
  fv_status failed = fv_image_resize_to_tensor(&numbers, image, given->size.height, given->size.width, given->method);
  if (failed) return command_fail(failed);
  int status = planes_write(given->output, &numbers, FV_IMAGE_SCALE_NONE);
  fv_tensor_destroy(&numbers);
  return status;
}

static int resize_to_image(const resize_options *given, const fv_image *image) {
  fv_image resized;
  fv_workers *workers;
  fv_status failed = fv_image_create(&resized, given->size.height, given->size.width, image->channels);
  if (failed) return command_fail(failed);
  failed = fv_workers_create(&workers, given->threads);
  if (!failed) failed = fv_image_resize_into(&resized, image, given->method, workers);
  fv_workers_destroy(workers);
  int status = failed ? command_fail(failed) : planes_write_image(given->output, &resized);
  fv_image_destroy(&resized);
  return status;
}

static int run(void *given_options, int argument_count, char **arguments) {
  const resize_options *given = given_options;
  int status = planes_check(argument_count, given->output, NULL, false);
  if (status) return status;
  fv_image image;
  status = planes_read(&image, given->upright, arguments);
  if (status) return status;
  status = planes_is_numbers(given->output) ? resize_to_numbers(given, &image) : resize_to_image(given, &image);
  fv_image_destroy(&image);
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
