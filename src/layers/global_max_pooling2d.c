/* GlobalMaxPooling2D: the largest number over height and width, (N, H, W, C) to (N, C). */
#include <fovea/layers/global_max_pooling2d.h>

#include "layers/support/pool.h"
#include "layers/support/sight.h"

static fv_status shape(const void *options, const fv_shape *inputs, int32_t count, fv_shape *output) {
  const fv_global_max_pooling2d_options *o = options;
  (void)count;
  return fv__global_pool_shape(o->keepdims, &inputs[0], output);
}

static int32_t lower(const fv__lower_call *call, fv__program *program) {
  return fv__global_pool_lower(false, call, program);
}

static const fv_option table[] = {{"keepdims", FV_OPTION_BOOL, offsetof(fv_global_max_pooling2d_options, keepdims),
                                   "false", 0, 0, NULL, "keep height and width as axes of size 1"},
                                  {.name = NULL}};

const fv__layer_type fv__layer_global_max_pooling2d = {
    .kind = {"GlobalMaxPooling2D", NULL, "the largest number of each channel over the whole image", table,
             sizeof(fv_global_max_pooling2d_options)},
    FV__LAYER_HEAD(fv_global_max_pooling2d_options, input, 1),
    .min_inputs = 1,
    .max_inputs = 1,
    .shape = shape,
    .lower = lower,
    .geometry = fv__global_pool_geometry,
    .sight = fv__sight_whole,
};
