/* UpSampling2D: height and width times whole numbers. */
#include <fovea/layers/up_sampling2d.h>

#include "base/size.h"
#include "layers/support/resample.h"
#include "layers/support/sight.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_up_sampling2d_options *o = options;
  const int64_t factors[] = {1, o->size.height, o->size.width};
  (void)count;
  TRY(fv__expect_image(&inputs[0]));
  TRY(fv__expect_extents(&inputs[0]));
  *output = inputs[0];
  for (int axis = 1; axis <= 2; axis++)
    if (output->dims[axis] > 0 && !fv__size_multiply(&output->dims[axis], output->dims[axis], factors[axis]))
      return fail(FV_ERROR_SHAPE, "the enlarged image is too large");
  return fv__expect_extents(output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_up_sampling2d_options *o = call->options;
  return fv__resample_lower(o->interpolation, call->inputs[0], &call->output, program);
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  const fv_up_sampling2d_options *o = options;
  (void)input, (void)output;
  const fv_shape pixel = {.rank = 4, .dims = {1, 1, 1, 1}};
  const fv_shape enlarged = {.rank = 4, .dims = {1, o->size.height, o->size.width, 1}};
  fv__sight_resized(o->interpolation, &pixel, &enlarged, sight);
}

static const fv_option table[] = {{"size", FV_OPTION_PAIR, offsetof(fv_up_sampling2d_options, size), "2", 1, 65535,
                                   NULL, "rows and columns made of one"},
                                  {"interpolation", FV_OPTION_NAME, offsetof(fv_up_sampling2d_options, interpolation),
                                   "nearest", 0, 0, fv__interpolation_names,
                                   "nearest repeats pixels, the others draw lines or curves between their centres"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_up_sampling2d = {
    .kind = {"UpSampling2D", NULL, "images enlarged by whole numbers", table, sizeof(fv_up_sampling2d_options)},
    FV__LAYER_HEAD(fv_up_sampling2d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .sight = sight,
};
