/* Lines as images of height 1. Causal padding puts all of (kernel - 1) dilation before the line, so that no output
 * depends on later inputs. */
#include "layers/support/line.h"

#include <inttypes.h>

#include "layers/support/pool.h"

const char *const fv__line_padding_names[] = {"valid", "same", "causal", NULL};

fv_status fv__expect_line(const fv_shape *input) {
  char text[128];
  if (input->rank != 3)
    return fail(FV_ERROR_SHAPE, "expected lines (batch, length, channels), found %s",
                fv_shape_text(text, sizeof text, input));
  if (input->dims[2] < 1)
    return fail(FV_ERROR_SHAPE, "expected a known number of channels, found %s",
                fv_shape_text(text, sizeof text, input));
  return fv__expect_extents(input);
}

fv_shape fv__line_as_image(const fv_shape *line) {
  return (fv_shape){.rank = 4, .dims = {line->dims[0], 1, line->dims[1], line->dims[2]}};
}

/* fv__window_extent with causal padding. */
static fv_status extent(int64_t input, fv__line_window window, int64_t *output, int32_t *before, int32_t *after) {
  if (window.padding != FV_CAUSAL)
    return fv__window_extent(input, window.kernel, window.stride, window.dilation, window.padding, output, before,
                             after);
  *before = *after = 0;
  *output = input < 0 ? -1 : (input - 1) / window.stride + 1;
  int64_t padding = ((int64_t)window.kernel - 1) * window.dilation;
  if (padding > INT32_MAX)
    return fail(FV_ERROR_SHAPE, "padding of %" PRId64 " steps is more than %" PRId32, padding, INT32_MAX);
  *before = (int32_t)padding;
  return FV_OK;
}

fv_status fv__line_window_shape(const fv_shape *input, fv__line_window window, int64_t channels, fv_shape *output) {
  int32_t before, after;
  *output = (fv_shape){.rank = 3, .dims = {input->dims[0], -1, channels}};
  TRY(extent(input->dims[1], window, &output->dims[1], &before, &after));
  return fv__expect_extents(output);
}

fv__window fv__line_window_make(const fv_shape *input, fv__line_window window) {
  fv__window w = {.kernel_h = 1,
                  .kernel_w = window.kernel,
                  .stride_h = 1,
                  .stride_w = window.stride,
                  .dilation_h = 1,
                  .dilation_w = window.dilation};
  int64_t output;
  fv_status status = extent(input->dims[1], window, &output, &w.left, &w.right);
  (void)status; /* shape() has accepted it */
  return w;
}

fv__window_problem fv__line_problem_make(const fv_shape *input, const fv_shape *output, fv__line_window window) {
  fv_shape x = fv__line_as_image(input), y = fv__line_as_image(output);
  fv__window w = fv__line_window_make(input, window);
  return fv__window_problem_make(&x, &y, &w);
}

fv_status fv__line_pool_shape(fv__line_window window, const fv_shape *input, fv_shape *output) {
  TRY(fv__expect_line(input));
  return fv__line_window_shape(input, window, input->dims[2], output);
}

int32_t fv__line_pool_lower(fv__line_window window, bool average, const fv__lower_call *call, fv__program *program) {
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_pool, call->inputs[0], y);
  op.window = fv__line_problem_make(&input, &call->output, window);
  op.window.average = average;
  fv__program_append(program, &op);
  return y;
}

fv_status fv__line_global_pool_shape(bool keepdims, const fv_shape *input, fv_shape *output) {
  TRY(fv__expect_line(input));
  int64_t n = input->dims[0], c = input->dims[2];
  *output = keepdims ? (fv_shape){.rank = 3, .dims = {n, 1, c}} : (fv_shape){.rank = 2, .dims = {n, c}};
  return FV_OK;
}

void fv__line_global_pool_geometry(const void *options, const fv_shape *input, fv__window *window) {
  fv_shape image = fv__line_as_image(input);
  fv__global_pool_geometry(options, &image, window);
}

int32_t fv__line_global_pool_lower(bool average, const fv__lower_call *call, fv__program *program) {
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_global_pool, call->inputs[0], y);
  fv_shape image = fv__line_as_image(&input);
  fv_shape pixel = {.rank = 4, .dims = {image.dims[0], 1, 1, image.dims[3]}};
  fv__window window;
  fv__global_pool_geometry(NULL, &image, &window);
  op.window = fv__window_problem_make(&image, &pixel, &window);
  op.window.average = average;
  fv__program_append(program, &op);
  return y;
}
