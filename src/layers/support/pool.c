/* Pooling, window by window and over the whole image. */
#include "layers/support/pool.h"

static const fv_pair no_dilation = {1, 1};

fv_status fv__pool_shape(fv__pool_options options, const fv_shape *input, fv_shape *output) {
  TRY(fv__expect_image(input));
  return fv__window_shape(input, options.pool_size, options.strides, no_dilation, options.padding, input->dims[3],
                          output);
}

fv__window fv__pool_window(fv__pool_options options, const fv_shape *input) {
  return fv__window_make(input, options.pool_size, options.strides, no_dilation, options.padding);
}

int32_t fv__pool_lower(fv__pool_options options, const fv__lower_call *call, fv__program *program) {
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_pool, call->inputs[0], y);
  fv__window window = fv__pool_window(options, &input);
  op.window = fv__window_problem_make(&input, &call->output, &window);
  op.window.average = options.average;
  fv__program_append(program, &op);
  return y;
}

fv_status fv__global_pool_shape(bool keepdims, const fv_shape *input, fv_shape *output) {
  TRY(fv__expect_image(input));
  TRY(fv__expect_extents(input));
  int64_t n = input->dims[0], c = input->dims[3];
  *output = keepdims ? (fv_shape){.rank = 4, .dims = {n, 1, 1, c}} : (fv_shape){.rank = 2, .dims = {n, c}};
  return FV_OK;
}

/* One window as large as the image; 1 x 1 where the image's size is not known. */
void fv__global_pool_geometry(const void *options, const fv_shape *input, fv__window *window) {
  (void)options;
  int64_t h = input->dims[1], w = input->dims[2];
  *window = (fv__window){.kernel_h = h > 0 && h <= INT32_MAX ? (int32_t)h : 1,
                         .kernel_w = w > 0 && w <= INT32_MAX ? (int32_t)w : 1,
                         .stride_h = 1,
                         .stride_w = 1,
                         .dilation_h = 1,
                         .dilation_w = 1};
}

int32_t fv__global_pool_lower(bool average, const fv__lower_call *call, fv__program *program) {
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_global_pool, call->inputs[0], y);
  fv_shape pixel = {.rank = 4, .dims = {input.dims[0], 1, 1, input.dims[3]}};
  fv__window window;
  fv__global_pool_geometry(NULL, &input, &window);
  op.window = fv__window_problem_make(&input, &pixel, &window);
  op.window.average = average;
  fv__program_append(program, &op);
  return y;
}
