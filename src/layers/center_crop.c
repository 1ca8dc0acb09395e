/* CenterCrop: the middle height x width pixels; of an image that is too small, the largest middle part of the target's
 * proportions, resized. */
#include <fovea/layers/center_crop.h>

#include "layers/support/resample.h"
#include "layers/support/sight.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_center_crop_options *o = options;
  (void)count;
  return fv__resized_shape(&inputs[0], o->height, o->width, output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  const fv_center_crop_options *o = call->options;
  const int32_t value = call->inputs[0];
  fv_shape input = fv__value_shape(program, value);
  if (input.rank == 0) return 0;
  if (input.dims[1] >= o->height && input.dims[2] >= o->width)
    return fv__middle_slice(value, o->height, o->width, program);
  return fv__smart_resize(FV_BILINEAR, value, &call->output, program);
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  (void)options;
  if (input->dims[1] >= output->dims[1] && input->dims[2] >= output->dims[2]) return; /* nothing is resized */
  const bool known = input->dims[1] > 0 && input->dims[2] > 0;
  const fv_shape part = known ? fv__smart_part(input, output) : *input;
  fv__sight_resized(FV_BILINEAR, &part, output, sight);
}

static const fv_option table[] = {
    {"height", FV_OPTION_INT, offsetof(fv_center_crop_options, height), NULL, 1, INT32_MAX, NULL, "rows of the output"},
    {"width", FV_OPTION_INT, offsetof(fv_center_crop_options, width), NULL, 1, INT32_MAX, NULL,
     "columns of the output"},
    {.name = NULL}};

const fv__layer_type fv__layer_center_crop = {
    .kind = {"CenterCrop", NULL, "the middle of every image", table, sizeof(fv_center_crop_options)},
    FV__LAYER_HEAD(fv_center_crop_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .sight = sight,
};
