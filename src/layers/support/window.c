/* Window arithmetic, one axis at a time.
 *
 *   span     (kernel - 1) dilation + 1                  input pixels one window covers
 *   valid    out = floor((in - span) / stride) + 1      no padding
 *   same     out = ceil(in / stride)
 *            total = max((out - 1) stride + span - in, 0), before = floor(total / 2), the odd pixel after
 *
 * Source: Keras's padding rules (keras.ops.conv with "same" and "valid").
 */
#include <inttypes.h>

#include "layers/support/common.h"

fv_status fv__window_extent(int64_t input, int32_t kernel, int32_t stride, int32_t dilation, int32_t padding,
                            int64_t *output, int32_t *before, int32_t *after) {
  *before = *after = 0;
  *output = -1;
  if (input < 0) return FV_OK;
  int64_t span = ((int64_t)kernel - 1) * dilation + 1;
  if (padding == FV_VALID) {
    if (span > input)
      return fail(FV_ERROR_SHAPE, "a window of %" PRId64 " pixels does not fit into an input of %" PRId64, span, input);
    *output = (input - span) / stride + 1;
    return FV_OK;
  }
  int64_t out = (input + stride - 1) / stride;
  int64_t total = (out - 1) * stride + span - input;
  if (total < 0) total = 0;
  if (total > INT32_MAX)
    return fail(FV_ERROR_SHAPE, "padding of %" PRId64 " pixels is more than %" PRId32, total, INT32_MAX);
  *before = (int32_t)(total / 2);
  *after = (int32_t)(total - total / 2);
  *output = out;
  return FV_OK;
}

fv_status fv__window_shape(const fv_shape *input, fv_pair kernel, fv_pair strides, fv_pair dilation, int32_t padding,
                           int64_t channels, fv_shape *output) {
  int32_t before, after;
  *output = (fv_shape){.rank = 4, .dims = {input->dims[0], -1, -1, channels}};
  fv_status status = fv__window_extent(input->dims[1], kernel.height, strides.height, dilation.height, padding,
                                       &output->dims[1], &before, &after);
  if (status) return note(status, "height");
  status = fv__window_extent(input->dims[2], kernel.width, strides.width, dilation.width, padding, &output->dims[2],
                             &before, &after);
  if (status) return note(status, "width");
  return fv__expect_extents(output);
}

fv__window fv__window_make(const fv_shape *input, fv_pair kernel, fv_pair strides, fv_pair dilation, int32_t padding) {
  fv__window w = {.kernel_h = kernel.height,
                  .kernel_w = kernel.width,
                  .stride_h = strides.height,
                  .stride_w = strides.width,
                  .dilation_h = dilation.height,
                  .dilation_w = dilation.width};
  int64_t output;
  fv_status rows = fv__window_extent(input->dims[1], kernel.height, strides.height, dilation.height, padding, &output,
                                     &w.top, &w.bottom);
  fv_status columns = fv__window_extent(input->dims[2], kernel.width, strides.width, dilation.width, padding, &output,
                                        &w.left, &w.right);
  (void)rows, (void)columns; /* shape() has accepted them */
  return w;
}

fv__window_problem fv__window_problem_make(const fv_shape *input, const fv_shape *output, const fv__window *window) {
  return (fv__window_problem){.n = input->dims[0],
                              .h = input->dims[1],
                              .w = input->dims[2],
                              .c = input->dims[3],
                              .out_h = output->dims[1],
                              .out_w = output->dims[2],
                              .out_c = output->dims[3],
                              .window = *window,
                              .groups = 1};
}
