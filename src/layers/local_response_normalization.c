/* LocalResponseNormalization: y = x / (bias + alpha sum of squares of the channels c - depth_radius .. c +
 * depth_radius)^beta. With `average` the mean of squares over 2 depth_radius + 1 channels stands for the sum. */
#include <fovea/layers/local_response_normalization.h>

#include "layers/support/common.h"
#include "layers/support/sight.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  (void)options, (void)count;
  TRY(fv__expect_channels(&inputs[0]));
  *output = inputs[0];
  return fv__expect_extents(output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_local_response_normalization_options *o = call->options;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op op = fv__op_make(&fv__op_local_response, call->inputs[0], y);
  op.local_response =
      (fv__local_response_problem){.radius = o->depth_radius,
                                   .bias = o->bias,
                                   .alpha = o->average ? o->alpha / (2.0 * o->depth_radius + 1) : o->alpha,
                                   .beta = o->beta};
  fv__program_append(program, &op);
  return y;
}

static const fv_option table[] = {
    {"depth_radius", FV_OPTION_INT, offsetof(fv_local_response_normalization_options, depth_radius), "5", 0, 1 << 24,
     NULL, "channels on either side"},
    {"bias", FV_OPTION_FLOAT, offsetof(fv_local_response_normalization_options, bias), "1", -1e30, 1e30, NULL,
     "added to the weighted sum; the papers' k"},
    {"alpha", FV_OPTION_FLOAT, offsetof(fv_local_response_normalization_options, alpha), "1", -1e30, 1e30, NULL,
     "times the sum of squares"},
    {"beta", FV_OPTION_FLOAT, offsetof(fv_local_response_normalization_options, beta), "0.5", -1e30, 1e30, NULL,
     "exponent"},
    {"average", FV_OPTION_BOOL, offsetof(fv_local_response_normalization_options, average), "false", 0, 0, NULL,
     "times the mean of squares instead, as Caffe, PyTorch and ONNX have it"},
    {.name = NULL}};

const fv__layer_type fv__layer_local_response_normalization = {
    .kind = {"LocalResponseNormalization", NULL, "divides by the activity of neighbouring channels", table,
             sizeof(fv_local_response_normalization_options)},
    FV__LAYER_HEAD(fv_local_response_normalization_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .beyond_keras = true,
    .shape = shape,
    .lower = lower,
    .sight = fv__sight_mixes,
};
