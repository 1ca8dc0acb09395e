/* Correlation of a picture with a kernel: what is asked for, checked. filter_sweep.c computes.
 *
 *   out[i, j, c] = sum over (a, b) of kernel[a, b] * in[i s + a - before, j s + b - before, c]
 */
#include <fovea/filter.h>

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/workers.h"
#include "image/filter_sweep.h"

const char *const fv_filter_border_names[] = {"zero", "edge", "reflect", "mirror", "wrap", NULL};

typedef struct whole {
  fv_filter_options all;
} whole;

static const fv_option option_table[] = {FV_FILTER_OPTION_ROWS(whole, all), {0}};

int64_t fv_filter_border_source(int64_t at, int64_t size, int32_t border) {
  if (at >= 0 && at < size) return at;
  if (border == FV_BORDER_ZERO) return -1;
  if (border == FV_BORDER_EDGE || size == 1) return at < 0 ? 0 : size - 1;
  int64_t period = border == FV_BORDER_WRAP ? size : border == FV_BORDER_REFLECT ? 2 * size : 2 * size - 2;
  int64_t place = (at % period + period) % period;
  if (place < size) return place;
  return border == FV_BORDER_REFLECT ? period - 1 - place : period - place;
}

/* ---- options */

static fv_status read_padding(int64_t *padding, const char *text) {
  int64_t value = 0;
  const char *at = text;
  for (; *at >= '0' && *at <= '9' && value <= 65535; at++) value = value * 10 + (*at - '0');
  if (at == text || *at || value > 65535)
    return fail(FV_ERROR_INVALID, "padding must be same, valid or a whole number up to 65535, not '%s'", text);
  *padding = value;
  return FV_OK;
}

static fv_status plan_sweep(fv__filter_task *r, const fv_filter_kernel *kernel, const fv_filter_options *options) {
  bool same = !strcmp(options->padding, "same");
  int64_t padding = 0, height = r->picture.height, width = r->picture.width;
  if (same) {
    /* the element that lies on the pixel turns with the kernel */
    int64_t above = options->flip ? (kernel->height - 1) / 2 : kernel->height / 2;
    int64_t ahead = options->flip ? (kernel->width - 1) / 2 : kernel->width / 2;
    fv__sweep_centred(&r->rows, height, kernel->height, options->stride.height, above);
    fv__sweep_centred(&r->columns, width, kernel->width, options->stride.width, ahead);
    return FV_OK;
  }
  if (strcmp(options->padding, "valid")) TRY(read_padding(&padding, options->padding));
  TRY(fv__sweep_padded(&r->rows, height, kernel->height, options->stride.height, padding, "rows"));
  return fv__sweep_padded(&r->columns, width, kernel->width, options->stride.width, padding, "columns");
}

static fv_status check_kernel(const fv_filter_kernel *kernel) {
  if (!kernel || !kernel->weights || kernel->height < 1 || kernel->width < 1 || kernel->height > FV_FILTER_MAX_SIDE ||
      kernel->width > FV_FILTER_MAX_SIDE)
    return fail(FV_ERROR_INVALID, "a filter kernel has 1 to %d rows and columns", FV_FILTER_MAX_SIDE);
  for (int32_t i = 0; i < kernel->height * kernel->width; i++)
    if (!(fabs(kernel->weights[i]) <= (double)FLT_MAX))
      return fail(FV_ERROR_INVALID, "element %" PRId32 " of the kernel is %g, no float32 number", i,
                  kernel->weights[i]);
  return FV_OK;
}

/* A copy of the kernel's numbers, turned by 180 degrees when `flip`. */
static double *copy_weights(const fv_filter_kernel *kernel, bool flip) {
  size_t count = (size_t)kernel->height * (size_t)kernel->width;
  double *weights = malloc(count * sizeof *weights);
  for (size_t i = 0; weights && i < count; i++) weights[i] = kernel->weights[flip ? count - 1 - i : i];
  return weights;
}

/* Everything but where pixels come from and go to; `task->picture` is set. */
static fv_status prepare(fv__filter_task *task, fv_filter_options *options, const fv_filter_kernel *kernel,
                         const fv_filter_options *given) {
  *options = given ? *given : (fv_filter_options){0};
  TRY(fv_options_complete(options, option_table));
  TRY(check_kernel(kernel));
  task->border = options->border;
  return plan_sweep(task, kernel, options);
}

static fv_status run(fv__filter_task *task, fv_sweep_report *report, const fv_filter_kernel *kernel,
                     const fv_filter_options *options) {
  double *weights = copy_weights(kernel, options->flip);
  if (!weights) return fail(FV_ERROR_MEMORY, "no memory for a kernel");
  task->weights = weights;
  fv_status status = fv__filter_sweep(task, fv__workers_pool(options->workers));
  free(weights);
  if (!status) fv__sweep_report(report, &task->rows, &task->columns);
  return status;
}

/* ---- numbers */

fv_status fv_filter_apply(fv_tensor *out, fv_sweep_report *report, const fv_tensor *in, const fv_filter_kernel *kernel,
                          const fv_filter_options *given) {
  *out = (fv_tensor){0};
  fv_filter_options options;
  fv__filter_task task = {.floats = in->data};
  TRY(fv__picture_of(&task.picture, in));
  TRY(prepare(&task, &options, kernel, given));
  TRY(fv__picture_create(out, in, task.rows.out, task.columns.out));
  task.out_floats = out->data;
  fv_status status = run(&task, report, kernel, &options);
  if (status) fv_tensor_destroy(out);
  return status;
}

static fv_status expect_extents(const fv__filter_task *task, int64_t height, int64_t width, int64_t channels) {
  if (height == task->rows.out && width == task->columns.out && channels == task->picture.channels) return FV_OK;
  return fail(FV_ERROR_SHAPE,
              "the result has %" PRId64 " x %" PRId64 " pixels of %" PRId64 " channels, not %" PRId64 " x %" PRId64
              " of %" PRId64,
              task->rows.out, task->columns.out, task->picture.channels, height, width, channels);
}

fv_status fv_filter_apply_into(const fv_tensor *out, fv_sweep_report *report, const fv_tensor *in,
                               const fv_filter_kernel *kernel, const fv_filter_options *given) {
  fv_filter_options options;
  fv__filter_task task = {.floats = in->data, .out_floats = out->data};
  fv__picture result;
  TRY(fv__picture_of(&task.picture, in));
  TRY(fv__picture_of(&result, out));
  TRY(prepare(&task, &options, kernel, given));
  TRY(expect_extents(&task, result.height, result.width, result.channels));
  return run(&task, report, kernel, &options);
}

/* ---- images */

static fv_status begin_image(fv__filter_task *task, fv_filter_options *options, const fv_image *in,
                             const fv_filter_kernel *kernel, const fv_filter_options *given) {
  if (!in->pixels) return fail(FV_ERROR_INVALID, "the image is empty");
  *task = (fv__filter_task){.picture = {in->height, in->width, in->channels}, .bytes = in->pixels};
  return prepare(task, options, kernel, given);
}

fv_status fv_filter_image(fv_image *out, fv_sweep_report *report, const fv_image *in, const fv_filter_kernel *kernel,
                          const fv_filter_options *given) {
  *out = (fv_image){0};
  fv_filter_options options;
  fv__filter_task task;
  TRY(begin_image(&task, &options, in, kernel, given));
  if (task.rows.out > FV_IMAGE_MAX_SIDE || task.columns.out > FV_IMAGE_MAX_SIDE)
    return fail(FV_ERROR_MEMORY, "the result of %" PRId64 " x %" PRId64 " pixels is above the limit of %d a side",
                task.rows.out, task.columns.out, FV_IMAGE_MAX_SIDE);
  TRY(fv_image_create(out, (int32_t)task.rows.out, (int32_t)task.columns.out, in->channels));
  task.out_bytes = out->pixels;
  fv_status status = run(&task, report, kernel, &options);
  if (status) fv_image_destroy(out);
  return status;
}

fv_status fv_filter_image_into(const fv_image *out, fv_sweep_report *report, const fv_image *in,
                               const fv_filter_kernel *kernel, const fv_filter_options *given) {
  fv_filter_options options;
  fv__filter_task task;
  TRY(begin_image(&task, &options, in, kernel, given));
  TRY(expect_extents(&task, out->height, out->width, out->channels));
  task.out_bytes = out->pixels;
  return run(&task, report, kernel, &options);
}
