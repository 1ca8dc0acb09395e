/* GlobalAveragePooling1D: the mean of each channel over the whole line, (N, L, C) to (N, C). */
#include <fovea/layers/global_average_pooling1d.h>

#include "layers/support/line.h"
#include "layers/support/sight.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_global_average_pooling1d_options *o = options;
  (void)count;
  return fv__line_global_pool_shape(o->keepdims, &inputs[0], output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  return fv__line_global_pool_lower(true, call, program);
}

static const fv_option table[] = {{"keepdims", FV_OPTION_BOOL, offsetof(fv_global_average_pooling1d_options, keepdims),
                                   "false", 0, 0, NULL, "keep the length as an axis of size 1"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_global_average_pooling1d = {
    .kind = {"GlobalAveragePooling1D", NULL, "the mean of each channel over the whole line", table,
             sizeof(fv_global_average_pooling1d_options)},
    FV__LAYER_HEAD(fv_global_average_pooling1d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .geometry = fv__line_global_pool_geometry,
    .sight = fv__sight_whole,
};
