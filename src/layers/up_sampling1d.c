/* UpSampling1D: every step several times. */
#include <fovea/layers/up_sampling1d.h>

#include "base/size.h"
#include "layers/support/line.h"
#include "layers/support/resample.h"
#include "layers/support/sight.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_up_sampling1d_options *o = options;
  (void)count;
  TRY(fv__expect_line(&inputs[0]));
  *output = inputs[0];
  if (output->dims[1] >= 0 && !fv__size_multiply(&output->dims[1], output->dims[1], o->size))
    return fail(FV_ERROR_SHAPE, "the enlarged line is too large");
  return fv__expect_extents(output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  return fv__resample_lower(FV_NEAREST, call->inputs[0], &call->output, program);
}

static void sight(const void *options, const fv_shape *input, const fv_shape *output, fv__sight *sight) {
  const int32_t size = ((const fv_up_sampling1d_options *)options)->size;
  (void)input, (void)output;
  *sight = (fv__sight){.resamples = true, .reads_h = 1, .reads_w = 1, .step_h = 1.0 / size, .step_w = 1.0 / size};
}

static const fv_option table[] = {
    {"size", FV_OPTION_INT, offsetof(fv_up_sampling1d_options, size), "2", 1, INT32_MAX, NULL, "steps made of one"},
    {.name = NULL}};

const fv__layer_type fv__layer_up_sampling1d = {
    .kind = {"UpSampling1D", NULL, "every step of a line several times", table, sizeof(fv_up_sampling1d_options)},
    FV__LAYER_HEAD(fv_up_sampling1d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .sight = sight,
};
