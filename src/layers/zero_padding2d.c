/* ZeroPadding2D: the output is one value with a frame of zeros; the input is copied into its middle. A pass turns it
 * into padding of the convolution behind it. */
#include <fovea/layers/zero_padding2d.h>

#include "base/size.h"
#include "layers/support/common.h"

static fv_status padded(int64_t *extent, int64_t input, int32_t before, int32_t after) {
  *extent = -1;
  if (input < 0) return FV_OK;
  if (!fv__size_add(extent, input, (int64_t)before + after))
    return fail(FV_ERROR_SHAPE, "the padded image is too large");
  return FV_OK;
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_zero_padding2d_options *o = options;
  const fv_shape *x = &inputs[0];
  (void)count;
  TRY(fv__expect_image(x));
  TRY(fv__expect_extents(x));
  *output = *x;
  TRY(padded(&output->dims[1], x->dims[1], o->padding.top, o->padding.bottom));
  TRY(padded(&output->dims[2], x->dims[2], o->padding.left, o->padding.right));
  return fv__expect_extents(output);
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  const fv_zero_padding2d_options *o = options;
  (void)input;
  *window = (fv__window){1, 1, 1, 1, 1, 1, o->padding.top, o->padding.bottom, o->padding.left, o->padding.right};
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_zero_padding2d_options *o = call->options;
  fv_shape input = fv__value_shape(program, call->inputs[0]);
  if (input.rank == 0) return 0;
  int32_t y = fv__program_add_value(program, &call->output);
  fv__op border = fv__op_make(&fv__op_zero_border, -1, y);
  fv__window window;
  geometry(o, &input, &window);
  border.window = fv__window_problem_make(&input, &call->output, &window);
  fv__program_append(program, &border);
  int32_t middle = fv__program_slice(program, y, &input, o->padding.top, o->padding.left, 0);
  fv__op copy = fv__op_make(&fv__op_copy, call->inputs[0], middle);
  fv__program_append(program, &copy);
  return y;
}

static const fv_option table[] = {{"padding", FV_OPTION_QUAD, offsetof(fv_zero_padding2d_options, padding), "1", 0,
                                   1 << 24, NULL, "rows and columns of zeros: top, bottom, left, right"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_zero_padding2d = {
    .kind = {"ZeroPadding2D", NULL, "zeros around every image", table, sizeof(fv_zero_padding2d_options)},
    FV__LAYER_HEAD(fv_zero_padding2d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .geometry = geometry,
};
