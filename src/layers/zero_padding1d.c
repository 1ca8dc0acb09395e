/* ZeroPadding1D: the output is one line with zeros at both ends; the input is copied into its middle. A pass turns it
 * into padding of the convolution behind it. */
#include <fovea/layers/zero_padding1d.h>

#include "layers/support/line.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_zero_padding1d_options *o = options;
  (void)count;
  TRY(fv__expect_line(&inputs[0]));
  *output = inputs[0];
  if (output->dims[1] >= 0) output->dims[1] += (int64_t)o->padding.height + o->padding.width;
  return fv__expect_extents(output);
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  const fv_zero_padding1d_options *o = options;
  (void)input;
  *window = (fv__window){1, 1, 1, 1, 1, 1, 0, 0, o->padding.height, o->padding.width};
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_zero_padding1d_options *o = call->options;
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op border = fv__op_make(&fv__op_zero_border, -1, y);
  const fv_shape inside = fv__line_as_image(&input), whole = fv__line_as_image(&call->output);
  fv__window window;
  geometry(o, &input, &window);
  border.window = fv__window_problem_make(&inside, &whole, &window);
  fv__program_append(program, &border);
  int32_t middle = fv__program_slice(program, y, &input, 0, o->padding.height, 0);
  fv__op copy = fv__op_make(&fv__op_copy, call->inputs[0], middle);
  fv__program_append(program, &copy);
  return y;
}

static const fv_option table[] = {{"padding", FV_OPTION_PAIR, offsetof(fv_zero_padding1d_options, padding), "1", 0,
                                   1 << 24, NULL, "zeros before, after"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_zero_padding1d = {
    .kind = {"ZeroPadding1D", NULL, "zeros at both ends of a line", table, sizeof(fv_zero_padding1d_options)},
    FV__LAYER_HEAD(fv_zero_padding1d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .geometry = geometry,
};
