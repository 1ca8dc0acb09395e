/* Separable convolutions: depthwise, then pointwise. The bias and the activation belong to the second step. */
#include "layers/support/separable.h"

#include <inttypes.h>

#include "base/size.h"

static fv_shape kernel_shape(const fv_shape *taps, bool pointwise, int64_t in, int64_t out) {
  fv_shape shape = {.rank = taps->rank + 2};
  for (int32_t i = 0; i < taps->rank; i++) shape.dims[i] = pointwise ? 1 : taps->dims[i];
  shape.dims[taps->rank] = in;
  shape.dims[taps->rank + 1] = out;
  return shape;
}

fv_status fv__separable_check(fv__separable layer, const fv_shape *taps, int64_t channels, const fv_shape *output) {
  TRY(fv__activation_check(layer.activation));
  int64_t between;
  if (!fv__size_multiply(&between, channels, layer.depth_multiplier))
    return fail(FV_ERROR_SHAPE, "%" PRId64 " channels times depth_multiplier %" PRId32 " is too large", channels,
                layer.depth_multiplier);
  fv_shape depthwise = kernel_shape(taps, false, channels, layer.depth_multiplier);
  fv_shape pointwise = kernel_shape(taps, true, between, layer.filters);
  TRY(fv__expect_weight("depthwise_kernel", &depthwise));
  TRY(fv__expect_weight("pointwise_kernel", &pointwise));
  fv_shape middle = *output;
  middle.dims[middle.rank - 1] = between;
  return fv__expect_extents(&middle);
}

int32_t fv__separable_weights(fv__separable layer, const fv_shape *taps, int64_t channels, fv__weight_spec *specs) {
  specs[0] = (fv__weight_spec){"depthwise_kernel", "depthwise_kernel",
                               kernel_shape(taps, false, channels, layer.depth_multiplier), true};
  specs[1] = (fv__weight_spec){"pointwise_kernel", "pointwise_kernel",
                               kernel_shape(taps, true, channels * layer.depth_multiplier, layer.filters), true};
  if (layer.no_bias) return 2;
  specs[2] = (fv__weight_spec){"bias", "bias", {.rank = 1, .dims = {layer.filters}}, true};
  return 3;
}

int32_t fv__separable_lower(fv__separable layer, const fv_shape *input, const fv_shape *output,
                            const fv__window *window, const fv__lower_call *call, fv__program *program) {
  static const fv__window single = {
      .kernel_h = 1, .kernel_w = 1, .stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1};
  fv_shape between = *output;
  between.dims[3] = input->dims[3] * layer.depth_multiplier;
  int32_t middle = fv__program_add_value(program, &between);
  fv__op depthwise = fv__op_make(&fv__op_depthwise, call->inputs[0], middle);
  depthwise.window = fv__window_problem_make(input, &between, window);
  depthwise.kernel = call->weights[0];
  fv__program_append(program, &depthwise);
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op pointwise = fv__op_make(&fv__op_conv, middle, y);
  pointwise.window = fv__window_problem_make(&between, output, &single);
  pointwise.kernel = call->weights[1];
  if (!layer.no_bias) pointwise.bias = call->weights[2];
  fv__program_append(program, &pointwise);
  return fv__activation_lower(layer.activation, y, program);
}

int64_t fv__separable_multiply_adds(fv__separable layer, int64_t taps, int64_t channels, const fv_shape *output) {
  const int64_t pixels = fv__elements_per_image(output) / layer.filters, between = channels * layer.depth_multiplier;
  return fv__size_product(pixels, fv__size_product(between, taps + layer.filters));
}
