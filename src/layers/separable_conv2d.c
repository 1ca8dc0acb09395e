/* SeparableConv2D: kernels of each channel's own, then a 1 x 1 convolution that mixes channels.
 *
 *   depthwise_kernel (kh, kw, C, multiplier)   pointwise_kernel (1, 1, C multiplier, filters)   bias (filters)
 */
#include <fovea/layers/separable_conv2d.h>

#include "layers/support/separable.h"

static fv__separable common(const fv_separable_conv2d_options *o) {
  return (fv__separable){.filters = o->filters,
                         .depth_multiplier = o->depth_multiplier,
                         .no_bias = o->no_bias,
                         .activation = o->activation};
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_separable_conv2d_options *o = options;
  const fv_shape taps = {.rank = 2, .dims = {o->kernel_size.height, o->kernel_size.width}};
  (void)count;
  TRY(fv__expect_image(&inputs[0]));
  TRY(fv__window_shape(&inputs[0], o->kernel_size, o->strides, o->dilation_rate, o->padding, o->filters, output));
  return fv__separable_check(common(o), &taps, inputs[0].dims[3], output);
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  const fv_separable_conv2d_options *o = options;
  const fv_shape taps = {.rank = 2, .dims = {o->kernel_size.height, o->kernel_size.width}};
  return fv__separable_weights(common(o), &taps, input->dims[3], specs);
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  const fv_separable_conv2d_options *o = options;
  *window = fv__window_make(input, o->kernel_size, o->strides, o->dilation_rate, o->padding);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_separable_conv2d_options *o = call->options;
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  fv__window window;
  geometry(o, &input, &window);
  return fv__separable_lower(common(o), &input, &call->output, &window, call, program);
}

static int64_t multiply_adds(const void *options, const fv_shape *input, const fv_shape *output) {
  const fv_separable_conv2d_options *o = options;
  const int64_t taps = (int64_t)o->kernel_size.height * o->kernel_size.width;
  return fv__separable_multiply_adds(common(o), taps, input->dims[3], output);
}

static const fv_option table[] = {
    {"filters", FV_OPTION_INT, offsetof(fv_separable_conv2d_options, filters), NULL, 1, INT32_MAX, NULL,
     "output channels"},
    {"kernel_size", FV_OPTION_PAIR, offsetof(fv_separable_conv2d_options, kernel_size), NULL, 1, 65535, NULL,
     "height and width of the window"},
    {"strides", FV_OPTION_PAIR, offsetof(fv_separable_conv2d_options, strides), "1", 1, 65535, NULL,
     "input pixels between neighbouring windows"},
    {"padding", FV_OPTION_NAME, offsetof(fv_separable_conv2d_options, padding), "valid", 0, 0, fv__padding_names,
     "valid: none; same: zeros around, the odd pixel below and right"},
    {"depth_multiplier", FV_OPTION_INT, offsetof(fv_separable_conv2d_options, depth_multiplier), "1", 1, INT32_MAX,
     NULL, "channels between the two steps per input channel"},
    {"dilation_rate", FV_OPTION_PAIR, offsetof(fv_separable_conv2d_options, dilation_rate), "1", 1, 65535, NULL,
     "input pixels between neighbouring kernel elements"},
    {"activation", FV_OPTION_TEXT, offsetof(fv_separable_conv2d_options, activation), "linear", 0, 0, NULL,
     "function applied to the result"},
    {"use_bias", FV_OPTION_NOT_BOOL, offsetof(fv_separable_conv2d_options, no_bias), "true", 0, 0, NULL,
     "add one number per filter"},
    {.name = NULL}};

const fv__layer_type fv__layer_separable_conv2d = {
    .kind = {"SeparableConv2D", NULL, "a convolution of each channel by itself, then one of size 1 that mixes them",
             table, sizeof(fv_separable_conv2d_options)},
    FV__LAYER_HEAD(fv_separable_conv2d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .weights = weights,
    .lower = lower,
    .geometry = geometry,
    .multiply_adds = multiply_adds,
};
