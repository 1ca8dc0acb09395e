/* Subsampling2D: y[i, j, c] = f(coefficient[c] * sum of window (i, j) of x + bias[c]).
 *
 * Lowers to average pooling and a scale and shift per channel, in which the number of pixels is the inverse of a
 * deviation: gamma / sqrt(1 + epsilon) with sqrt(1 + epsilon) = 1 / pixels. The activation is an op of its own.
 */
#include <fovea/layers/subsampling2d.h>

#include "layers/support/pool.h"

static fv__pool_options common(const void *options) {
  const fv_subsampling2d_options *o = options;
  return (fv__pool_options){o->pool_size, o->pool_size, FV_VALID, true};
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_subsampling2d_options *o = options;
  (void)count;
  TRY(fv__activation_check(o->activation));
  return fv__pool_shape(common(options), &inputs[0], output);
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  (void)options;
  const fv_shape channels = {.rank = 1, .dims = {input->dims[3]}};
  specs[0] = (fv__weight_spec){"coefficient", "coefficient", channels, true};
  specs[1] = (fv__weight_spec){"bias", "bias", channels, true};
  return 2;
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  *window = fv__pool_window(common(options), input);
}

/* Sums of windows, then each channel times a kernel of one number: what the gradients of weights are made for. */
static int32_t lower_for_training(const fv__lower_call *call, fv__program *program, int32_t averages, double pixels) {
  const int32_t sums = fv__program_add_value(program, &call->output), y = fv__program_add_value(program, &call->output);
  fv__op scale = fv__op_make(&fv__op_affine, averages, sums), times = fv__op_make(&fv__op_depthwise, sums, y);
  scale.affine = (fv__affine_problem){.scale = (float)pixels, .shift = 0, .channels = call->output.dims[3]};
  const fv__window one = {.kernel_h = 1, .kernel_w = 1, .stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1};
  times.window = fv__window_problem_make(&call->output, &call->output, &one);
  times.kernel = call->weights[0];
  times.bias = call->weights[1];
  fv__program_append(program, &scale);
  fv__program_append(program, &times);
  return y;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_subsampling2d_options *o = call->options;
  int32_t averages = fv__pool_lower(common(o), call, program);
  const double pixels = (double)o->pool_size.height * o->pool_size.width;
  if (call->training && !call->frozen)
    return fv__activation_lower(o->activation, lower_for_training(call, program, averages, pixels), program);
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_affine, averages, y);
  op.affine.channels = call->output.dims[3];
  op.normalisation = (fv__normalisation){.present = true,
                                         .gamma = call->weights[0],
                                         .beta = call->weights[1],
                                         .mean = -1,
                                         .variance = -1,
                                         .epsilon = 1 / (pixels * pixels) - 1};
  fv__program_append(program, &op);
  return fv__activation_lower(o->activation, y, program);
}

static const fv_option table[] = {{"pool_size", FV_OPTION_PAIR, offsetof(fv_subsampling2d_options, pool_size), "2", 1,
                                   65535, NULL, "height and width of the window, which is also its step"},
                                  {"activation", FV_OPTION_TEXT, offsetof(fv_subsampling2d_options, activation),
                                   "linear", 0, 0, NULL, "function applied to the result"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_subsampling2d = {
    .kind = {"Subsampling2D", NULL, "the sum of each window, times a trainable coefficient, plus a bias", table,
             sizeof(fv_subsampling2d_options)},
    FV__LAYER_HEAD(fv_subsampling2d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .beyond_keras = true,
    .shape = shape,
    .weights = weights,
    .lower = lower,
    .geometry = geometry,
};
