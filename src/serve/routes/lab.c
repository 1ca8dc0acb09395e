/* The laboratory's own answers: a kernel over an image and pooling, by the library's routines, for the page to compare
 * its own with. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/pool.h>

#include "serve/route.h"

enum { MOST_SIDE = 512, MOST_KERNEL = 63 };

/* ---- reading */

/* "rows" of the body: a list of lists of numbers, all as long. False: the answer is 422. */
static bool read_rows(fv__answer *answer, const json_t *body, const char *key, size_t most, fv_tensor *rows) {
  const json_t *list = json_object_get(body, key);
  const size_t height = json_array_size(list), width = json_array_size(json_array_get(list, 0));
  if (height < 1 || width < 1 || height > most || width > most) {
    fv__answer_bad(answer, key, "expected 1 to %zu rows of 1 to %zu numbers", most, most);
    return false;
  }
  const fv_shape shape = {2, {(int64_t)height, (int64_t)width}};
  const fv_status status = fv_tensor_create(rows, &shape);
  if (status) fv__answer_failure(answer, status, NULL);
  for (size_t y = 0; y < height && !status; y++) {
    const json_t *row = json_array_get(list, y);
    bool fits = json_array_size(row) == width;
    for (size_t x = 0; x < width && fits; x++) {
      const json_t *number = json_array_get(row, x);
      fits = json_is_number(number);
      rows->data[y * width + x] = (float)json_number_value(number);
    }
    if (fits) continue;
    fv_tensor_destroy(rows);
    fv__answer_bad(answer, key, "expected %zu numbers in row %zu", width, y);
    return false;
  }
  return !status;
}

/* One number for both directions, or [rows, columns]. False: the answer is 422. */
static bool read_pair(fv__answer *answer, const json_t *body, const char *key, int32_t least, fv_pair *pair) {
  const json_t *field = json_object_get(body, key);
  if (!field) return true;
  const json_t *one = json_is_array(field) ? json_array_get(field, 0) : field;
  const json_t *other = json_is_array(field) ? json_array_get(field, 1) : field;
  const json_int_t h = json_is_integer(one) ? json_integer_value(one) : -1;
  const json_int_t w = json_is_integer(other) ? json_integer_value(other) : -1;
  *pair = (fv_pair){(int32_t)h, (int32_t)w};
  if (h >= least && w >= least && h <= MOST_SIDE && w <= MOST_SIDE) return true;
  fv__answer_bad(answer, key, "expected a whole number from %d to %d, or two", (int)least, MOST_SIDE);
  return false;
}

/* A word of a table from 1 on; `number` stays where the body has none. False: the answer is 422. */
static bool read_word(fv__answer *answer, const json_t *body, const char *key, const char *const *words,
                      int32_t *number) {
  const json_t *field = json_object_get(body, key);
  if (!field) return true;
  for (int32_t i = 0; words[i] && json_is_string(field); i++)
    if (!strcmp(words[i], json_string_value(field))) {
      *number = i + 1;
      return true;
    }
  fv__answer_bad(answer, key, "there is no such word; the first is %s", words[0]);
  return false;
}

/* ---- answers */

static void write_pair(fv__writer *json, const char *key, fv_pair pair) {
  fv__writer_begin(json, key, '[');
  fv__writer_whole(json, NULL, pair.height);
  fv__writer_whole(json, NULL, pair.width);
  fv__writer_end(json);
}

static void tell(fv__answer *answer, const fv_tensor *out, const fv_sweep_report *report) {
  fv__writer json = {0};
  fv__writer_begin(&json, NULL, '{');
  fv__writer_begin(&json, "output", '[');
  for (int64_t y = 0; y < out->shape.dims[0]; y++) {
    fv__writer_begin(&json, NULL, '[');
    for (int64_t x = 0; x < out->shape.dims[1]; x++)
      fv__writer_number(&json, NULL, (double)out->data[y * out->shape.dims[1] + x]);
    fv__writer_end(&json);
  }
  fv__writer_end(&json);
  write_pair(&json, "size", report->output);
  write_pair(&json, "left_out", report->left_out);
  write_pair(&json, "fitting_padding", report->fitting_padding);
  fv__writer_end(&json);
  fv__answer_json(answer, 200, &json);
}

static json_t *read_body(fv__request *request, fv__answer *answer) {
  json_error_t error;
  json_t *body = json_loadb((const char *)request->body, request->body_size, JSON_REJECT_DUPLICATES, &error);
  if (!body) fv__answer_bad(answer, "body", "line %d: %s", error.line, error.text);
  return body;
}

/* ---- convolution */

/* The kernel with zeros between its numbers: `dilation` steps from one to the next. */
static double *spread(const fv_tensor *kernel, int64_t dilation, fv_filter_kernel *wide) {
  const int64_t height = kernel->shape.dims[0], width = kernel->shape.dims[1];
  wide->height = (int32_t)((height - 1) * dilation + 1);
  wide->width = (int32_t)((width - 1) * dilation + 1);
  double *weights = calloc((size_t)wide->height * (size_t)wide->width, sizeof *weights);
  for (int64_t y = 0; weights && y < height; y++)
    for (int64_t x = 0; x < width; x++)
      weights[y * dilation * wide->width + x * dilation] = (double)kernel->data[y * width + x];
  wide->weights = weights;
  return weights;
}

static void sweep(fv__answer *answer, const fv_tensor *image, const fv_tensor *kernel, int64_t dilation,
                  const fv_filter_options *options) {
  fv_filter_kernel wide = {0};
  double *weights = spread(kernel, dilation, &wide);
  fv_tensor out = {0};
  fv_sweep_report report;
  const fv_status status = weights ? fv_filter_apply(&out, &report, image, &wide, options)
                                   : fv_error_set(FV_ERROR_MEMORY, "no memory for a kernel");
  if (status)
    fv__answer_failure(answer, status, status == FV_ERROR_MEMORY ? NULL : "bad_param");
  else
    tell(answer, &out, &report);
  fv_tensor_destroy(&out);
  free(weights);
}

/* "padding": a word or a number; lent by the body or `text`. */
static const char *read_padding(const json_t *body, char text[16]) {
  const json_t *field = json_object_get(body, "padding");
  if (!json_is_integer(field)) return field ? json_string_value(field) : "valid";
  snprintf(text, 16, "%d", (int)(json_integer_value(field) % 100000));
  return text;
}

static void convolve(fv__request *request, fv__answer *answer) {
  json_t *body = read_body(request, answer);
  fv_tensor image = {0}, kernel = {0};
  char number[16];
  int32_t border = FV_BORDER_ZERO;
  fv_pair dilation = {1, 1};
  fv_filter_options options = {.stride = {1, 1}, .flip = json_is_true(json_object_get(body, "flip"))};
  options.padding = read_padding(body, number);
  if (body && read_rows(answer, body, "image", MOST_SIDE, &image) &&
      read_rows(answer, body, "kernel", MOST_KERNEL, &kernel) &&
      read_pair(answer, body, "stride", 1, &options.stride) && read_pair(answer, body, "dilation", 1, &dilation) &&
      read_word(answer, body, "border", fv_filter_border_names, &border)) {
    options.border = border;
    if (dilation.height != dilation.width || dilation.height > 4)
      fv__answer_bad(answer, "dilation", "expected one whole number from 1 to 4");
    else
      sweep(answer, &image, &kernel, dilation.height, &options);
  }
  fv_tensor_destroy(&image);
  fv_tensor_destroy(&kernel);
  json_decref(body);
}

/* ---- pooling */

static void pool(fv__request *request, fv__answer *answer) {
  json_t *body = read_body(request, answer);
  fv_tensor image = {0}, out = {0};
  fv_sweep_report report;
  fv_pooling_options options = {.type = FV_POOLING_MAX, .size = {2, 2}, .padding = FV_POOLING_VALID};
  if (body && read_rows(answer, body, "image", MOST_SIDE, &image) &&
      read_word(answer, body, "type", fv_pooling_type_names, &options.type) &&
      read_word(answer, body, "padding", fv_pooling_padding_names, &options.padding) &&
      read_pair(answer, body, "size", 1, &options.size) && read_pair(answer, body, "stride", 0, &options.stride)) {
    const fv_status status = fv_pooling_apply(&out, &report, &image, &options);
    if (status)
      fv__answer_failure(answer, status, status == FV_ERROR_MEMORY ? NULL : "bad_param");
    else
      tell(answer, &out, &report);
  }
  fv_tensor_destroy(&out);
  fv_tensor_destroy(&image);
  json_decref(body);
}

static const fv__route routes[] = {
    {.method = "POST", .path = "/api/v1/lab/conv", .takes = "application/json", .slow = true, .handle = convolve},
    {.method = "POST", .path = "/api/v1/lab/pool", .takes = "application/json", .slow = true, .handle = pool},
    {0}};

const fv__route_family fv__routes_lab = {.routes = routes};
