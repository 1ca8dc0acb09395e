/* Cropping1D: steps are cut off both ends; the output is a part of the input's memory. */
#include <fovea/layers/cropping1d.h>

#include "layers/support/crop.h"
#include "layers/support/line.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_cropping1d_options *o = options;
  (void)count;
  TRY(fv__expect_line(&inputs[0]));
  *output = inputs[0];
  return fv__crop_extent(inputs[0].dims[1], o->cropping.height, o->cropping.width, &output->dims[1]);
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  const fv_cropping1d_options *o = options;
  (void)input;
  *window = (fv__window){1, 1, 1, 1, 1, 1, 0, 0, -o->cropping.height, -o->cropping.width};
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_cropping1d_options *o = call->options;
  return fv__program_slice(program, call->inputs[0], &call->output, 0, o->cropping.height, 0);
}

static const fv_option table[] = {{"cropping", FV_OPTION_PAIR, offsetof(fv_cropping1d_options, cropping), "1", 0,
                                   1 << 24, NULL, "steps cut off: before, after"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_cropping1d = {
    .kind = {"Cropping1D", NULL, "steps cut off both ends of a line", table, sizeof(fv_cropping1d_options)},
    FV__LAYER_HEAD(fv_cropping1d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .geometry = geometry,
};
