/* MaxPooling1D: the largest number of every window of a line. */
#include <fovea/layers/max_pooling1d.h>

#include "layers/support/line.h"

static fv__line_window common(const void *options) {
  const fv_max_pooling1d_options *o = options;
  return (fv__line_window){.kernel = o->pool_size, .stride = o->strides, .dilation = 1, .padding = o->padding};
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  (void)count;
  return fv__line_pool_shape(common(options), &inputs[0], output);
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  *window = fv__line_window_make(input, common(options));
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  return fv__line_pool_lower(common(call->options), false, call, program);
}

static const fv_option table[] = {{"pool_size", FV_OPTION_INT, offsetof(fv_max_pooling1d_options, pool_size), "2", 1,
                                   65535, NULL, "length of the window"},
                                  {"strides", FV_OPTION_INT, offsetof(fv_max_pooling1d_options, strides), "=pool_size",
                                   1, 65535, NULL, "input steps between neighbouring windows"},
                                  {"padding", FV_OPTION_NAME, offsetof(fv_max_pooling1d_options, padding), "valid", 0,
                                   0, fv__padding_names,
                                   "valid: only whole windows; same: ceil(length / strides) of them"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_max_pooling1d = {
    .kind = {"MaxPooling1D", NULL, "the largest number of each window of a line", table,
             sizeof(fv_max_pooling1d_options)},
    FV__LAYER_HEAD(fv_max_pooling1d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .geometry = geometry,
};
