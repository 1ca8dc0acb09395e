/* RandomCrop at inference: the largest middle part of the target's proportions, resized. (Keras 3.15 documents this but
 * hands images through unchanged; Keras 2 does it.) */
#include <fovea/layers/random_crop.h>

#include "layers/support/identity.h"
#include "layers/support/resample.h"
#include "layers/support/sight.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_random_crop_options *o = options;
  (void)count;
  return fv__resized_shape(&inputs[0], o->height, o->width, output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  return fv__smart_resize(FV_BILINEAR, call->inputs[0], &call->output, program);
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  (void)options;
  const bool known = input->dims[1] > 0 && input->dims[2] > 0;
  const fv_shape part = known ? fv__smart_part(input, output) : *input;
  fv__sight_resized(FV_BILINEAR, &part, output, sight);
}

static const fv_option table[] = {
    {"height", FV_OPTION_INT, offsetof(fv_random_crop_options, height), NULL, 1, INT32_MAX, NULL, "rows of the output"},
    {"width", FV_OPTION_INT, offsetof(fv_random_crop_options, width), NULL, 1, INT32_MAX, NULL,
     "columns of the output"},
    FV__SEED_OPTION(random_crop),
    {.name = NULL}};

const fv__layer_type fv__layer_random_crop = {
    .kind = {"RandomCrop", NULL, "a random part of every image while training", table, sizeof(fv_random_crop_options)},
    FV__LAYER_HEAD(fv_random_crop_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .sight = sight,
};
