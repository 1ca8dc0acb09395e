/* Conv1D: cross-correlation of lines with a kernel (k, C / groups, filters).
 *
 *   y[n, i, f] = b[f] + sum over a, c of x[n, i s + a d - before, g C/G + c] k[a, c, f]
 *
 * Computed as a convolution of images of height 1.
 */
#include <fovea/layers/conv1d.h>

#include <inttypes.h>

#include "base/size.h"
#include "layers/support/line.h"

static fv__line_window common(const fv_conv1d_options *o) {
  return (fv__line_window){
      .kernel = o->kernel_size, .stride = o->strides, .dilation = o->dilation_rate, .padding = o->padding};
}

static fv_shape kernel_shape(const fv_conv1d_options *o, const fv_shape *input) {
  return (fv_shape){.rank = 3, .dims = {o->kernel_size, input->dims[2] / o->groups, o->filters}};
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_conv1d_options *o = options;
  (void)count;
  TRY(fv__expect_line(&inputs[0]));
  TRY(fv__activation_check(o->activation));
  if (inputs[0].dims[2] % o->groups)
    return fail(FV_ERROR_SHAPE, "%" PRId64 " input channels do not divide into %" PRId32 " groups", inputs[0].dims[2],
                o->groups);
  if (o->filters % o->groups)
    return fail(FV_ERROR_SHAPE, "%" PRId32 " filters do not divide into %" PRId32 " groups", o->filters, o->groups);
  fv_shape kernel = kernel_shape(o, &inputs[0]);
  TRY(fv__expect_weight("kernel", &kernel));
  return fv__line_window_shape(&inputs[0], common(o), o->filters, output);
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  const fv_conv1d_options *o = options;
  specs[0] = (fv__weight_spec){"kernel", "kernel", kernel_shape(o, input), true};
  if (o->no_bias) return 1;
  specs[1] = (fv__weight_spec){"bias", "bias", {.rank = 1, .dims = {o->filters}}, true};
  return 2;
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  *window = fv__line_window_make(input, common(options));
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_conv1d_options *o = call->options;
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_conv, call->inputs[0], y);
  op.window = fv__line_problem_make(&input, &call->output, common(o));
  op.window.groups = o->groups;
  op.kernel = call->weights[0];
  if (!o->no_bias) op.bias = call->weights[1];
  fv__program_append(program, &op);
  return fv__activation_lower(o->activation, y, program);
}

static int64_t multiply_adds(const void *options, const fv_shape *input, const fv_shape *output) {
  const fv_shape kernel = kernel_shape(options, input);
  return fv__size_product(fv__elements_per_image(output), kernel.dims[0] * kernel.dims[1]);
}

static const fv_option table[] = {
    {"filters", FV_OPTION_INT, offsetof(fv_conv1d_options, filters), NULL, 1, INT32_MAX, NULL, "output channels"},
    {"kernel_size", FV_OPTION_INT, offsetof(fv_conv1d_options, kernel_size), NULL, 1, 1 << 24, NULL,
     "length of the window"},
    {"strides", FV_OPTION_INT, offsetof(fv_conv1d_options, strides), "1", 1, 65535, NULL,
     "input steps between neighbouring windows"},
    {"padding", FV_OPTION_NAME, offsetof(fv_conv1d_options, padding), "valid", 0, 0, fv__line_padding_names,
     "valid: none; same: zeros around, the odd one after; causal: zeros before"},
    {"dilation_rate", FV_OPTION_INT, offsetof(fv_conv1d_options, dilation_rate), "1", 1, 65535, NULL,
     "input steps between neighbouring kernel elements"},
    {"groups", FV_OPTION_INT, offsetof(fv_conv1d_options, groups), "1", 1, INT32_MAX, NULL,
     "independent groups of channels; divides input channels and filters"},
    {"activation", FV_OPTION_TEXT, offsetof(fv_conv1d_options, activation), "linear", 0, 0, NULL,
     "function applied to the result"},
    {"use_bias", FV_OPTION_NOT_BOOL, offsetof(fv_conv1d_options, no_bias), "true", 0, 0, NULL,
     "add one number per filter"},
    {.name = NULL}};

const fv__layer_type fv__layer_conv1d = {
    .kind = {"Conv1D", NULL, "a window of weights slides over a line; one output channel per filter", table,
             sizeof(fv_conv1d_options)},
    FV__LAYER_HEAD(fv_conv1d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .weights = weights,
    .lower = lower,
    .geometry = geometry,
    .multiply_adds = multiply_adds,
};
