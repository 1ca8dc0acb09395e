/* Cropping2D: rows and columns are cut off; the output is a part of the input's memory. */
#include <fovea/layers/cropping2d.h>

#include "layers/support/crop.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_quad cut = ((const fv_cropping2d_options *)options)->cropping;
  (void)count;
  TRY(fv__expect_image(&inputs[0]));
  TRY(fv__expect_extents(&inputs[0]));
  *output = inputs[0];
  fv_status status = fv__crop_extent(inputs[0].dims[1], cut.top, cut.bottom, &output->dims[1]);
  if (status) return note(status, "height");
  status = fv__crop_extent(inputs[0].dims[2], cut.left, cut.right, &output->dims[2]);
  return status ? note(status, "width") : FV_OK;
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  const fv_quad cut = ((const fv_cropping2d_options *)options)->cropping;
  (void)input;
  *window = (fv__window){1, 1, 1, 1, 1, 1, -cut.top, -cut.bottom, -cut.left, -cut.right};
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_cropping2d_options *o = call->options;
  return fv__program_slice(program, call->inputs[0], &call->output, o->cropping.top, o->cropping.left, 0);
}

static const fv_option table[] = {{"cropping", FV_OPTION_QUAD, offsetof(fv_cropping2d_options, cropping), "0", 0,
                                   1 << 24, NULL, "rows and columns cut off: top, bottom, left, right"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_cropping2d = {
    .kind = {"Cropping2D", NULL, "rows and columns cut off the sides", table, sizeof(fv_cropping2d_options)},
    FV__LAYER_HEAD(fv_cropping2d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .geometry = geometry,
};
