/* fovea pool: a picture made smaller by the largest, mean, smallest or median pixel of each window. */
#include <fovea-tools/figure.h>
#include <fovea/pool.h>

#include "pictures.h"
#include "planes.h"

typedef struct pool_options {
  fv_pooling_options pooling;
  const char *output, *figure;
  int32_t scale;
  bool upright;
} pool_options;

static const fv_option options[] = {
    FV_POOLING_OPTION_ROWS(pool_options, pooling),
    {"output", FV_OPTION_TEXT, offsetof(pool_options, output), NULL, 0, 0, NULL,
     "FILE: where to write, .png, .jpg, .bmp or .ppm, or .npy for float32 numbers as computed"},
    {"figure", FV_OPTION_TEXT, offsetof(pool_options, figure), NULL, 0, 0, NULL,
     "FILE: a picture of before and after side by side, .png, .svg, .pdf or another"},
    PLANES_SCALE_ROW(pool_options),
    PICTURE_UPRIGHT_ROW(pool_options, upright),
    {0}};

static int draw(const pool_options *given, const fv_image *before, const fv_tensor *result) {
  fv_image after;
  fv_status failed = fv_image_from_tensor(&after, result, (fv_image_scale)given->scale);
  if (failed) return command_fail(failed);
  const char *title = fv_pooling_type_names[given->pooling.type - 1];
  const fv_figure_picture pictures[] = {{"before", NULL, before}, {title, NULL, &after}};
  failed = fv_figure_grid(given->figure, pictures, 2, NULL);
  fv_image_destroy(&after);
  return failed ? planes_write_failed(failed) : COMMAND_OK;
}

static int pool(const pool_options *given, const fv_image *image) {
  fv_tensor numbers, result;
  fv_sweep_report report;
  fv_status failed = fv_image_to_tensor(&numbers, image);
  if (failed) return command_fail(failed);
  failed = fv_pooling_apply(&result, &report, &numbers, &given->pooling);
  fv_tensor_destroy(&numbers);
  if (failed) return command_fail(failed);
  planes_remark(&report, image->height, image->width,
                given->pooling.padding != FV_POOLING_SAME &&
                    planes_windows_touch(given->pooling.size, given->pooling.stride));
  int status = given->output ? planes_write(given->output, &result, (fv_image_scale)given->scale) : COMMAND_OK;
  if (!status && given->figure) status = draw(given, image, &result);
  fv_tensor_destroy(&result);
  return status;
}

static int run(void *given_options, int argument_count, char **arguments) {
  const pool_options *given = given_options;
  int status = planes_check(argument_count, given->output, given->figure, true);
  if (status) return status;
  fv_image image;
  status = planes_read(&image, given->upright, arguments);
  if (status) return status;
  status = pool(given, &image);
  fv_image_destroy(&image);
  return status;
}

const fv_command command_pool = {
    .name = "pool",
    .arguments = "IMAGE",
    .help = "make a picture smaller: the largest, mean, smallest or median pixel of each window",
    .examples = "fovea pool photo.jpg -o half.png\n"
                "fovea pool photo.jpg --type average --size 4 --stride 2 --padding same -o pooled.png\n"
                "fovea pool photo.jpg --type median --size 3 --stride 1 --padding same -o clean.png\n"
                "fovea pool photo.jpg --type l2 --scale auto --figure before-after.png\n",
    .options = options,
    .options_size = sizeof(pool_options),
    .shortcuts = "o=output",
    .run = run,
};
