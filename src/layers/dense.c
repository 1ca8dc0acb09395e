/* Dense: y = x W + b over the last axis. Values with more axes are read as rows of one matrix.
 *
 *   x [rows, C]   W [C, units]   y [rows, units]
 */
#include <fovea/layers/dense.h>

#include "base/size.h"
#include "layers/support/common.h"
#include "layers/support/sight.h"

static fv_shape kernel_shape(const fv_dense_options *o, const fv_shape *input) {
  return (fv_shape){.rank = 2, .dims = {input->dims[input->rank - 1], o->units}};
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_dense_options *o = options;
  (void)count;
  TRY(fv__expect_channels(&inputs[0]));
  TRY(fv__activation_check(o->activation));
  fv_shape kernel = kernel_shape(o, &inputs[0]);
  TRY(fv__expect_weight("kernel", &kernel));
  *output = inputs[0];
  output->dims[output->rank - 1] = o->units;
  return fv__expect_extents(output);
}

static int32_t weights(const void *options, const fv_shape *input, fv__weight_spec *specs) {
  const fv_dense_options *o = options;
  specs[0] = (fv__weight_spec){"kernel", "kernel", kernel_shape(o, input), true};
  if (o->no_bias) return 1;
  specs[1] = (fv__weight_spec){"bias", "bias", {.rank = 1, .dims = {o->units}}, true};
  return 2;
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_dense_options *o = call->options;
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  int64_t rows = 1, channels = input.dims[input.rank - 1];
  for (int32_t i = 0; i + 1 < input.rank; i++) rows *= input.dims[i];
  fv_shape x_matrix = {.rank = 2, .dims = {rows, channels}}, y_matrix = {.rank = 2, .dims = {rows, o->units}};
  int32_t x = input.rank == 2 ? call->inputs[0] : fv__program_reshape(program, call->inputs[0], &x_matrix);
  int32_t y = fv__program_add_value(program, &y_matrix);
  fv__op op = fv__op_make(&fv__op_dense, x, y);
  op.window = (fv__window_problem){
      .n = rows, .h = 1, .w = 1, .c = channels, .out_h = 1, .out_w = 1, .out_c = o->units, .groups = 1};
  op.window.window =
      (fv__window){.kernel_h = 1, .kernel_w = 1, .stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1};
  op.kernel = call->weights[0];
  if (!o->no_bias) op.bias = call->weights[1];
  fv__program_append(program, &op);
  y = fv__activation_lower(o->activation, y, program);
  return input.rank == 2 ? y : fv__program_reshape(program, y, &call->output);
}

static int64_t multiply_adds(const void *options, const fv_shape *input, const fv_shape *output) {
  (void)options;
  return fv__size_product(fv__elements_per_image(output), input->dims[input->rank - 1]);
}

static const fv_option table[] = {
    {"units", FV_OPTION_INT, offsetof(fv_dense_options, units), NULL, 1, INT32_MAX, NULL, "outputs"},
    {"activation", FV_OPTION_TEXT, offsetof(fv_dense_options, activation), "linear", 0, 0, NULL,
     "function applied to the result"},
    {"use_bias", FV_OPTION_NOT_BOOL, offsetof(fv_dense_options, no_bias), "true", 0, 0, NULL,
     "add one number per output"},
    {.name = NULL}};

const fv__layer_type fv__layer_dense = {
    .kind = {"Dense", NULL, "every output is a weighted sum of all inputs along the last axis", table,
             sizeof(fv_dense_options)},
    FV__LAYER_HEAD(fv_dense_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .weights = weights,
    .lower = lower,
    .multiply_adds = multiply_adds,
    .sight = fv__sight_mixes,
};
