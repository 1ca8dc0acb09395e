/* See laboratory.h. */
#include "laboratory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <fovea-tools/figure.h>
#include <fovea/bytes.h>

#include "planes.h"

/* ---- explaining */

static const char *const effects[] = {
    "nothing: every result is 0",
    "copies: the picture itself, moved or scaled",
    "smooths: nothing passes stronger than flat areas",
    "sharpens: flat areas pass, changes pass stronger",
    "differentiates: flat areas become 0, changes pass",
    "selects: stripes of one width pass, flat areas and the finest detail much weaker",
};

/* At most 15 of them; what is rounding beside the largest is 0. */
static void print_numbers(const char *name, const double *numbers, int32_t count) {
  double largest = 0;
  for (int32_t i = 0; i < count; i++) largest = fmax(largest, fabs(numbers[i]));
  printf("%s", name);
  for (int32_t i = 0; i < count && i < 15; i++) printf(" %.4g", fabs(numbers[i]) > 1e-12 * largest ? numbers[i] : 0.0);
  fputs(count > 15 ? " ...\n" : "\n", stdout);
}

static void print_rank(const fv_filter_report *r, const fv_filter_kernel *kernel) {
  if (r->rank == 1) {
    puts("  separable     yes, rank 1: a column times a row");
    print_numbers("    column     ", r->column, kernel->height);
    print_numbers("    row        ", r->row, kernel->width);
  } else if (r->rank > 1) {
    printf("  separable     no, rank %" PRId32, r->rank);
    print_numbers("; singular values", r->singular_values, r->rank);
  }
  printf("  cost          %" PRId64 " multiply-adds a pixel directly", r->direct_cost);
  if (r->rank > 0) printf(", %" PRId64 " with passes of rows and columns", r->separable_cost);
  putchar('\n');
}

int laboratory_explain(const fv_filter_kernel *kernel, const char *name) {
  fv_filter_report r;
  fv_status failed = fv_filter_kernel_explain(&r, kernel);
  if (failed) return command_fail_about(name, failed);
  printf("%s: %" PRId32 " x %" PRId32 "\n", name, kernel->height, kernel->width);
  printf("  effect        %s\n", effects[r.effect - 1]);
  printf("  sum           %.6g, the gain of flat areas\n", r.sum);
  printf("  results       at most %.6g times the largest pixel\n", r.magnitude);
  printf("  largest gain  %.6g, at %.3g cycles a pixel along rows and %.3g along columns\n", r.peak_gain, r.peak_across,
         r.peak_down);
  print_rank(&r, kernel);
  return COMMAND_OK;
}

fv_status laboratory_pictures(fv_image *numbers, fv_image *response, const fv_filter_kernel *kernel) {
  *numbers = *response = (fv_image){0};
  fv_tensor values, gain;
  fv_status status = fv_tensor_create(&values, &(fv_shape){2, {kernel->height, kernel->width}});
  if (status) return status;
  for (int32_t i = 0; i < kernel->height * kernel->width; i++) values.data[i] = (float)kernel->weights[i];
  status = fv_image_from_tensor(numbers, &values, FV_IMAGE_SCALE_AUTO);
  fv_tensor_destroy(&values);
  if (!status) status = fv_filter_kernel_response(&gain, kernel, 256);
  if (status) return status;
  double largest = 0;
  for (int32_t i = 0; i < 256 * 256; i++)
    if ((double)gain.data[i] > largest) largest = (double)gain.data[i];
  for (int32_t i = 0; largest > 0 && i < 256 * 256; i++) gain.data[i] = (float)((double)gain.data[i] / largest * 255);
  status = fv_image_from_tensor(response, &gain, FV_IMAGE_SCALE_CLIP);
  fv_tensor_destroy(&gain);
  return status;
}

/* ---- signals */

static bool ends_in(const char *path, const char *ending) {
  size_t length = strlen(path), tail = strlen(ending);
  return length >= tail && !strcasecmp(path + length - tail, ending);
}

static fv_status write_text(const char *path, const fv_tensor *result) {
  enum { LONGEST = 24 };
  int64_t count = result->shape.dims[1];
  char *text = malloc((size_t)count * LONGEST);
  size_t used = 0;
  if (!text) return fv_error_set(FV_ERROR_MEMORY, "no memory for a result");
  for (int64_t i = 0; i < count; i++) used += (size_t)snprintf(text + used, LONGEST, "%.9g\n", (double)result->data[i]);
  fv_status status = fv_bytes_write(path, text, used);
  free(text);
  return status;
}

static int write_result(const char *path, const fv_tensor *signal, const fv_filter_kernel *line,
                        const fv_filter_options *options) {
  if (!planes_is_numbers(path) && !ends_in(path, ".csv") && !ends_in(path, ".txt"))
    return command_usage("a signal is written to .npy, .csv or .txt, not '%s'", path);
  fv_tensor result;
  fv_status failed = fv_filter_apply(&result, NULL, signal, line, options);
  if (failed) return command_fail(failed);
  failed = planes_is_numbers(path) ? fv_npy_write(path, &result) : write_text(path, &result);
  fv_tensor_destroy(&result);
  return failed ? planes_write_failed(failed) : COMMAND_OK;
}

static int convolve(const fv_tensor *signal, const fv_filter_kernel *line, const char *name,
                    const fv_filter_options *options, const char *output, const char *figure) {
  int status = output ? write_result(output, signal, line, options) : COMMAND_OK;
  if (status || !figure) return status;
  char title[256];
  snprintf(title, sizeof title, "convolution with %s: flip, shift, multiply, sum", name);
  fv_status failed = fv_figure_convolution(figure, signal, line, options, title);
  return !failed ? COMMAND_OK : failed == FV_ERROR_SHAPE ? command_fail(failed) : planes_write_failed(failed);
}

int laboratory_signal(const char *path, const fv_filter_kernel *kernel, const char *name,
                      const fv_filter_options *given, const char *output, const char *figure) {
  fv_filter_options options = *given;
  options.flip = true;
  if (strcmp(options.padding, "same") && strcmp(options.padding, "valid"))
    return command_usage("--signal takes --padding same or valid, not '%s'", options.padding);
  fv_filter_kernel line;
  fv_tensor signal;
  fv_status failed = fv_signal_kernel(&line, kernel);
  if (failed) return command_fail_about(name, failed);
  failed = fv_signal_read(&signal, path);
  int status = failed ? command_fail(failed) : convolve(&signal, &line, name, &options, output, figure);
  if (!failed) fv_tensor_destroy(&signal);
  fv_filter_kernel_destroy(&line);
  return status;
}
