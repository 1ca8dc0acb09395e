/* Conv2DTranspose: every input pixel adds its products with a kernel (kh, kw, filters, C) to a window of the output.
 *
 *   span    (kernel - 1) dilation + 1
 *   valid   out = (in - 1) stride + span + max(stride - span, 0)      with output_padding p: (in - 1) stride + span + p
 *   same    out = in stride                                          with p: (in - 1) stride + span mod 2 + p
 *           the first max((in - 1) stride + span - out, 0) / 2 rows of what the windows cover are cut off
 *
 * so that the layer is the gradient of a Conv2D of the same padding from `out` to `in`. Source: Keras on TensorFlow.
 */
#include <fovea/layers/conv2d_transpose.h>

#include <inttypes.h>

#include "base/size.h"
#include "layers/support/common.h"

static fv_shape kernel_shape(const fv_conv2d_transpose_options *o, const fv_shape *input) {
  return (fv_shape){.rank = 4, .dims = {o->kernel_size.height, o->kernel_size.width, o->filters, input->dims[3]}};
}

/* One axis; output -1 where the input is unknown. */
typedef struct axis {
  int32_t kernel, stride, dilation, padding, output_padding;
} axis;

static fv_status extent(int64_t input, axis a, int64_t *output, int32_t *before) {
  const int64_t span = ((int64_t)a.kernel - 1) * a.dilation + 1, more = a.output_padding;
  *output = -1;
  *before = 0;
  if (more >= a.stride)
    return fail(FV_ERROR_INVALID, "output_padding %" PRId64 " must be less than strides, %" PRId32, more, a.stride);
  if (input < 0) return FV_OK;
  const int64_t covered = (input - 1) * a.stride + span; /* at most 2^40 * 2^16 + 2^32 */
  if (a.padding == FV_VALID) {
    *output = covered + (more >= 0 ? more : span < a.stride ? a.stride - span : 0);
    return FV_OK;
  }
  *output = more >= 0 ? covered - span + span % 2 + more : input * a.stride;
  const int64_t cut = *output < covered ? (covered - *output) / 2 : 0;
  if (cut > INT32_MAX)
    return fail(FV_ERROR_SHAPE, "padding of %" PRId64 " pixels is more than %" PRId32, cut, INT32_MAX);
  *before = (int32_t)cut;
  return FV_OK;
}

static axis rows(const fv_conv2d_transpose_options *o) {
  return (axis){o->kernel_size.height, o->strides.height, o->dilation_rate.height, o->padding,
                o->output_padding.height};
}

static axis columns(const fv_conv2d_transpose_options *o) {
  return (axis){o->kernel_size.width, o->strides.width, o->dilation_rate.width, o->padding, o->output_padding.width};
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_conv2d_transpose_options *o = options;
  const fv_shape *x = &inputs[0];
  int32_t before;
  (void)count;
  TRY(fv__expect_image(x));
  TRY(fv__expect_extents(x));
  TRY(fv__activation_check(o->activation));
  fv_shape kernel = kernel_shape(o, x);
  TRY(fv__expect_weight("kernel", &kernel));
  *output = (fv_shape){.rank = 4, .dims = {x->dims[0], -1, -1, o->filters}};
  fv_status status = extent(x->dims[1], rows(o), &output->dims[1], &before);
  if (status) return note(status, "height");
  status = extent(x->dims[2], columns(o), &output->dims[2], &before);
  if (status) return note(status, "width");
  return fv__expect_extents(output);
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  const fv_conv2d_transpose_options *o = options;
  specs[0] = (fv__weight_spec){"kernel", "transposed_kernel", kernel_shape(o, input), true};
  if (o->no_bias) return 1;
  specs[1] = (fv__weight_spec){"bias", "bias", {.rank = 1, .dims = {o->filters}}, true};
  return 2;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_conv2d_transpose_options *o = call->options;
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  fv__window window = {.kernel_h = o->kernel_size.height,
                       .kernel_w = o->kernel_size.width,
                       .stride_h = o->strides.height,
                       .stride_w = o->strides.width,
                       .dilation_h = o->dilation_rate.height,
                       .dilation_w = o->dilation_rate.width};
  int64_t height, width;
  fv_status status = extent(input.dims[1], rows(o), &height, &window.top);
  if (!status) status = extent(input.dims[2], columns(o), &width, &window.left);
  (void)status; /* shape() has accepted them */
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_conv_transpose, call->inputs[0], y);
  op.window = fv__window_problem_make(&input, &call->output, &window);
  op.kernel = call->weights[0];
  if (!o->no_bias) op.bias = call->weights[1];
  fv__program_append(program, &op);
  return fv__activation_lower(o->activation, y, program);
}

static int64_t multiply_adds(const void *options, const fv_shape *input, const fv_shape *output) {
  const fv_shape kernel = kernel_shape(options, input);
  (void)output;
  return fv__size_product(fv__elements_per_image(input), kernel.dims[0] * kernel.dims[1] * kernel.dims[2]);
}

/* Windows of so many pixels, so far apart, meet in one number of the output. */
static double meeting(int32_t kernel, int32_t dilation, int32_t stride) {
  return (double)((((int64_t)kernel - 1) * dilation + stride) / stride);
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  const fv_conv2d_transpose_options *o = options;
  (void)input, (void)output;
  *sight = (fv__sight){.resamples = true,
                       .reads_h = meeting(o->kernel_size.height, o->dilation_rate.height, o->strides.height),
                       .reads_w = meeting(o->kernel_size.width, o->dilation_rate.width, o->strides.width),
                       .step_h = 1.0 / o->strides.height,
                       .step_w = 1.0 / o->strides.width};
}

static const fv_option table[] = {
    {"filters", FV_OPTION_INT, offsetof(fv_conv2d_transpose_options, filters), NULL, 1, INT32_MAX, NULL,
     "output channels"},
    {"kernel_size", FV_OPTION_PAIR, offsetof(fv_conv2d_transpose_options, kernel_size), NULL, 1, 65535, NULL,
     "height and width of the window"},
    {"strides", FV_OPTION_PAIR, offsetof(fv_conv2d_transpose_options, strides), "1", 1, 65535, NULL,
     "output pixels between neighbouring windows"},
    {"padding", FV_OPTION_NAME, offsetof(fv_conv2d_transpose_options, padding), "valid", 0, 0, fv__padding_names,
     "valid: all that windows cover; same: strides times the input"},
    {"output_padding", FV_OPTION_PAIR, offsetof(fv_conv2d_transpose_options, output_padding), "-1", -1, 65535, NULL,
     "more rows and columns, fewer than strides; -1: as padding says"},
    {"dilation_rate", FV_OPTION_PAIR, offsetof(fv_conv2d_transpose_options, dilation_rate), "1", 1, 65535, NULL,
     "output pixels between neighbouring kernel elements"},
    {"activation", FV_OPTION_TEXT, offsetof(fv_conv2d_transpose_options, activation), "linear", 0, 0, NULL,
     "function applied to the result"},
    {"use_bias", FV_OPTION_NOT_BOOL, offsetof(fv_conv2d_transpose_options, no_bias), "true", 0, 0, NULL,
     "add one number per filter"},
    {.name = NULL}};

const fv__layer_type fv__layer_conv2d_transpose = {
    .kind = {"Conv2DTranspose", NULL, "every pixel adds to a window of a larger image: a convolution backwards", table,
             sizeof(fv_conv2d_transpose_options)},
    FV__LAYER_HEAD(fv_conv2d_transpose_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .weights = weights,
    .lower = lower,
    .multiply_adds = multiply_adds,
    .sight = sight,
};
