/* AveragePooling2D: the average of every window. Pixels of the padding do not
 * count. */
#include <fovea/layers/average_pooling2d.h>

#include "layers/support/pool.h"

static fv__pool_options common(const void *options) {
  const fv_average_pooling2d_options *o = options;
  return (fv__pool_options){o->pool_size, o->strides, o->padding, true};
}

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  (void)count;
  return fv__pool_shape(common(options), &inputs[0], output);
}

static void geometry(const void *options, const fv_shape *input, fv__window *window) {
  *window = fv__pool_window(common(options), input);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  return fv__pool_lower(common(call->options), call, program);
}

static const fv_option table[] = {{"pool_size", FV_OPTION_PAIR, offsetof(fv_average_pooling2d_options, pool_size), "2",
                                   1, 65535, NULL, "height and width of the window"},
                                  {"strides", FV_OPTION_PAIR, offsetof(fv_average_pooling2d_options, strides),
                                   "=pool_size", 1, 65535, NULL, "input pixels between neighbouring windows"},
                                  {"padding", FV_OPTION_NAME, offsetof(fv_average_pooling2d_options, padding), "valid",
                                   0, 0, fv__padding_names,
                                   "valid: only whole windows; same: ceil(size / strides) of them"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_average_pooling2d = {
    .kind = {"AveragePooling2D", NULL, "the average of each window", table, sizeof(fv_average_pooling2d_options)},
    FV__LAYER_HEAD(fv_average_pooling2d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .geometry = geometry,
};
