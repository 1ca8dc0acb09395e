/* Conv2D: cross-correlation with a kernel (kh, kw, C / groups, filters), HWIO.
 *
 *   y[n, i, j, f] = b[f] + sum over a, b, c of x[n, i s + a d - top, j s + b d - left, g C/G + c] k[a, b, c, f]
 *   with g = floor(f / (filters / groups)), the group of filter f
 *
 * Lowers to one convolution, a depthwise one where every channel is a group of its own (its kernel lies in memory as
 * this one's does); an activation is an op of its own, which a pass may merge.
 */
#include <fovea/layers/conv2d.h>

#include <inttypes.h>

#include "base/size.h"
#include "layers/support/common.h"

static fv_shape kernel_shape(const fv_conv2d_options *o, const fv_shape *input) {
  return (fv_shape){.rank = 4,
                    .dims = {o->kernel_size.height, o->kernel_size.width, input->dims[3] / o->groups, o->filters}};
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_conv2d_options *o = options;
  (void)count;
  TRY(fv__expect_image(&inputs[0]));
  TRY(fv__activation_check(o->activation));
  if (inputs[0].dims[3] % o->groups)
    return fail(FV_ERROR_SHAPE, "%" PRId64 " input channels do not divide into %" PRId32 " groups", inputs[0].dims[3],
                o->groups);
  if (o->filters % o->groups)
    return fail(FV_ERROR_SHAPE, "%" PRId32 " filters do not divide into %" PRId32 " groups", o->filters, o->groups);
  fv_shape kernel = kernel_shape(o, &inputs[0]);
  TRY(fv__expect_weight("kernel", &kernel));
  return fv__window_shape(&inputs[0], o->kernel_size, o->strides, o->dilation_rate, o->padding, o->filters, output);
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  const fv_conv2d_options *o = options;
  specs[0] = (fv__weight_spec){"kernel", "kernel", kernel_shape(o, input), true};
  if (o->no_bias) return 1;
  specs[1] = (fv__weight_spec){"bias", "bias", {.rank = 1, .dims = {o->filters}}, true};
  return 2;
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  const fv_conv2d_options *o = options;
  *window = fv__window_make(input, o->kernel_size, o->strides, o->dilation_rate, o->padding);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_conv2d_options *o = call->options;
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  int32_t y = fv__program_add_value(program, &call->output);
  const bool depthwise = o->groups > 1 && o->groups == input.dims[3];
  fv__op op = fv__op_make(depthwise ? &fv__op_depthwise : &fv__op_conv, call->inputs[0], y);
  fv__window window;
  geometry(o, &input, &window);
  op.window = fv__window_problem_make(&input, &call->output, &window);
  if (!depthwise) op.window.groups = o->groups;
  op.kernel = call->weights[0];
  if (!o->no_bias) op.bias = call->weights[1];
  fv__program_append(program, &op);
  return fv__activation_lower(o->activation, y, program);
}

static int64_t multiply_adds(const void *options, const fv_shape *input, const fv_shape *output) {
  fv_shape kernel = kernel_shape(options, input);
  return fv__size_product(fv__elements_per_image(output), kernel.dims[0] * kernel.dims[1] * kernel.dims[2]);
}

static const fv_option table[] = {
    {"filters", FV_OPTION_INT, offsetof(fv_conv2d_options, filters), NULL, 1, INT32_MAX, NULL, "output channels"},
    {"kernel_size", FV_OPTION_PAIR, offsetof(fv_conv2d_options, kernel_size), NULL, 1, 65535, NULL,
     "height and width of the window"},
    {"strides", FV_OPTION_PAIR, offsetof(fv_conv2d_options, strides), "1", 1, 65535, NULL,
     "input pixels between neighbouring windows"},
    {"padding", FV_OPTION_NAME, offsetof(fv_conv2d_options, padding), "valid", 0, 0, fv__padding_names,
     "valid: none; same: zeros around, the odd pixel below and right"},
    {"dilation_rate", FV_OPTION_PAIR, offsetof(fv_conv2d_options, dilation_rate), "1", 1, 65535, NULL,
     "input pixels between neighbouring kernel elements"},
    {"groups", FV_OPTION_INT, offsetof(fv_conv2d_options, groups), "1", 1, INT32_MAX, NULL,
     "independent groups of channels; divides input channels and filters"},
    {"activation", FV_OPTION_TEXT, offsetof(fv_conv2d_options, activation), "linear", 0, 0, NULL,
     "function applied to the result"},
    {"use_bias", FV_OPTION_NOT_BOOL, offsetof(fv_conv2d_options, no_bias), "true", 0, 0, NULL,
     "add one number per filter"},
    {.name = NULL}};

const fv__layer_type fv__layer_conv2d = {
    .kind = {"Conv2D", NULL, "a window of weights slides over height and width; one output channel per filter", table,
             sizeof(fv_conv2d_options)},
    FV__LAYER_HEAD(fv_conv2d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .weights = weights,
    .lower = lower,
    .geometry = geometry,
    .multiply_adds = multiply_adds,
};
