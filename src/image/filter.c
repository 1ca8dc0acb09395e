/* Correlation of a picture with a kernel.
 *
 *   out[i, j, c] = sum over (a, b) of kernel[a, b] * in[i s + a - before, j s + b - before, c]
 *
 * Row by row: each input row that an output row needs is written once into a line with its border on both sides, then
 * every element of that kernel row adds a shifted, scaled copy of the line to the sums. Sums are double.
 */
#include <fovea/filter.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "image/sweep.h"

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

/* ---- one run */

typedef struct run {
  const fv_tensor *in;
  fv__picture picture;
  const double *weights; /* turned when asked for */
  fv__sweep rows, columns;
  int32_t border;
  float *line; /* one input row with `columns.before` pixels ahead of it */
  int64_t line_pixels;
  double *sums; /* one output row */
} run;

static void fill_line(const run *r, int64_t row) {
  int64_t channels = r->picture.channels, width = r->picture.width, before = r->columns.before;
  size_t pixel = (size_t)channels * sizeof(float);
  const float *from = r->in->data + row * width * channels;
  for (int64_t x = -before; x < r->line_pixels - before; x++) {
    float *to = r->line + (x + before) * channels;
    if (x == 0) { /* the picture itself in one piece */
      int64_t there = r->line_pixels - before < width ? r->line_pixels - before : width;
      memcpy(to, from, (size_t)there * pixel);
      x += there - 1;
      continue;
    }
    int64_t source = fv_filter_border_source(x, width, r->border);
    if (source < 0)
      memset(to, 0, pixel);
    else
      memcpy(to, from + source * channels, pixel);
  }
}

static void add_line(const run *r, const double *weights) {
  int64_t channels = r->picture.channels, count = r->columns.out, step = r->columns.stride * channels;
  for (int64_t b = 0; b < r->columns.window; b++) {
    const float *at = r->line + b * channels;
    double weight = weights[b];
    if (step == channels) {
      for (int64_t i = 0; i < count * channels; i++) r->sums[i] += weight * (double)at[i];
      continue;
    }
    for (int64_t j = 0; j < count; j++, at += step)
      for (int64_t c = 0; c < channels; c++) r->sums[j * channels + c] += weight * (double)at[c];
  }
}

static void filter_rows(const run *r, float *out) {
  int64_t values = r->columns.out * r->picture.channels;
  for (int64_t i = 0; i < r->rows.out; i++, out += values) {
    for (int64_t k = 0; k < values; k++) r->sums[k] = 0;
    for (int64_t a = 0; a < r->rows.window; a++) {
      int64_t row = fv_filter_border_source(i * r->rows.stride + a - r->rows.before, r->picture.height, r->border);
      if (row < 0) continue;
      fill_line(r, row);
      add_line(r, r->weights + a * r->columns.window);
    }
    for (int64_t k = 0; k < values; k++) out[k] = (float)r->sums[k];
  }
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

static fv_status plan_sweep(run *r, const fv_filter_kernel *kernel, const fv_filter_options *options) {
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
  return FV_OK;
}

/* A copy of the kernel's numbers, turned by 180 degrees when `flip`. */
static double *copy_weights(const fv_filter_kernel *kernel, bool flip) {
  size_t count = (size_t)kernel->height * (size_t)kernel->width;
  double *weights = malloc(count * sizeof *weights);
  for (size_t i = 0; weights && i < count; i++) weights[i] = kernel->weights[flip ? count - 1 - i : i];
  return weights;
}

fv_status fv_filter_apply(fv_tensor *out, fv_sweep_report *report, const fv_tensor *in, const fv_filter_kernel *kernel,
                          const fv_filter_options *given) {
  *out = (fv_tensor){0};
  fv_filter_options options = given ? *given : (fv_filter_options){0};
  TRY(fv_options_complete(&options, option_table));
  TRY(check_kernel(kernel));
  run r = {.in = in, .border = options.border};
  TRY(fv__picture_of(&r.picture, in));
  TRY(plan_sweep(&r, kernel, &options));
  TRY(fv__picture_create(out, in, r.rows.out, r.columns.out));
  r.line_pixels = (r.columns.out - 1) * r.columns.stride + r.columns.window;
  double *weights = copy_weights(kernel, options.flip);
  r.weights = weights;
  r.line = calloc((size_t)r.line_pixels, (size_t)r.picture.channels * sizeof *r.line);
  r.sums = calloc((size_t)r.columns.out, (size_t)r.picture.channels * sizeof *r.sums);
  fv_status status = weights && r.line && r.sums ? FV_OK : fail(FV_ERROR_MEMORY, "no memory to filter a picture");
  if (!status) {
    filter_rows(&r, out->data);
    fv__sweep_report(report, &r.rows, &r.columns);
  }
  free(weights);
  free(r.line);
  free(r.sums);
  if (status) fv_tensor_destroy(out);
  return status;
}
