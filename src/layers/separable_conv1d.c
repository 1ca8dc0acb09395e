/* SeparableConv1D: kernels of each channel's own, then a convolution of size 1 that mixes channels.
 *
 *   depthwise_kernel (k, C, multiplier)   pointwise_kernel (1, C multiplier, filters)   bias (filters)
 */
#include <fovea/layers/separable_conv1d.h>

#include "layers/support/line.h"
#include "layers/support/separable.h"

static fv__separable common(const fv_separable_conv1d_options *o) {
  return (fv__separable){.filters = o->filters,
                         .depth_multiplier = o->depth_multiplier,
                         .no_bias = o->no_bias,
                         .activation = o->activation};
}

static fv__line_window line_window(const fv_separable_conv1d_options *o) {
  return (fv__line_window){
      .kernel = o->kernel_size, .stride = o->strides, .dilation = o->dilation_rate, .padding = o->padding};
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_separable_conv1d_options *o = options;
  const fv_shape taps = {.rank = 1, .dims = {o->kernel_size}};
  (void)count;
  TRY(fv__expect_line(&inputs[0]));
  TRY(fv__line_window_shape(&inputs[0], line_window(o), o->filters, output));
  return fv__separable_check(common(o), &taps, inputs[0].dims[2], output);
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  const fv_separable_conv1d_options *o = options;
  const fv_shape taps = {.rank = 1, .dims = {o->kernel_size}};
  return fv__separable_weights(common(o), &taps, input->dims[2], specs);
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  *window = fv__line_window_make(input, line_window(options));
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_separable_conv1d_options *o = call->options;
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  const fv_shape x = fv__line_as_image(&input), y = fv__line_as_image(&call->output);
  fv__window window;
  geometry(o, &input, &window);
  return fv__separable_lower(common(o), &x, &y, &window, call, program);
}

static int64_t multiply_adds(const void *options, const fv_shape *input, const fv_shape *output) {
  const fv_separable_conv1d_options *o = options;
  return fv__separable_multiply_adds(common(o), o->kernel_size, input->dims[2], output);
}

static const fv_option table[] = {
    {"filters", FV_OPTION_INT, offsetof(fv_separable_conv1d_options, filters), NULL, 1, INT32_MAX, NULL,
     "output channels"},
    {"kernel_size", FV_OPTION_INT, offsetof(fv_separable_conv1d_options, kernel_size), NULL, 1, 1 << 24, NULL,
     "length of the window"},
    {"strides", FV_OPTION_INT, offsetof(fv_separable_conv1d_options, strides), "1", 1, 65535, NULL,
     "input steps between neighbouring windows"},
    {"padding", FV_OPTION_NAME, offsetof(fv_separable_conv1d_options, padding), "valid", 0, 0, fv__line_padding_names,
     "valid: none; same: zeros around, the odd one after; causal: zeros before"},
    {"depth_multiplier", FV_OPTION_INT, offsetof(fv_separable_conv1d_options, depth_multiplier), "1", 1, INT32_MAX,
     NULL, "channels between the two steps per input channel"},
    {"dilation_rate", FV_OPTION_INT, offsetof(fv_separable_conv1d_options, dilation_rate), "1", 1, 65535, NULL,
     "input steps between neighbouring kernel elements"},
    {"activation", FV_OPTION_TEXT, offsetof(fv_separable_conv1d_options, activation), "linear", 0, 0, NULL,
     "function applied to the result"},
    {"use_bias", FV_OPTION_NOT_BOOL, offsetof(fv_separable_conv1d_options, no_bias), "true", 0, 0, NULL,
     "add one number per filter"},
    {.name = NULL}};

const fv__layer_type fv__layer_separable_conv1d = {
    .kind = {"SeparableConv1D", NULL, "a convolution of each channel of a line, then one of size 1 that mixes them",
             table, sizeof(fv_separable_conv1d_options)},
    FV__LAYER_HEAD(fv_separable_conv1d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .weights = weights,
    .lower = lower,
    .geometry = geometry,
    .multiply_adds = multiply_adds,
};
