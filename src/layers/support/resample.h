/* What layers that resize or cut images share. */
#ifndef FOVEA_LAYERS_SUPPORT_RESAMPLE_H
#define FOVEA_LAYERS_SUPPORT_RESAMPLE_H

#include "layers/support/common.h"

/* The words of `interpolation` options, in the order of the public constants. */
extern const char *const fv__interpolation_names[];

/* Appends a resizing of `value` to `output`; `interpolation` as options store it. */
int32_t fv__resample_lower(int32_t interpolation, int32_t value, const fv_shape *output, fv__program *program);

/* The part of `value`, of `height` x `width` pixels, in its middle (the odd pixel below and right): nothing is copied.
 */
int32_t fv__middle_slice(int32_t value, int64_t height, int64_t width, fv__program *program);

/* The largest part of the output's proportions that is inside the input, as a shape. */
fv_shape fv__smart_part(const fv_shape *input, const fv_shape *output);

/* That part, in the middle of `value`, resized to `output`. */
int32_t fv__smart_resize(int32_t interpolation, int32_t value, const fv_shape *output, fv__program *program);

/* One extent of that part: `other` is the image's other extent, `target` and `target_other` the wanted ones. Rounded as
 * TensorFlow does, in float. */
int64_t fv__proportional(int64_t other, int64_t target, int64_t target_other);

/* shape() of layers with a height and a width: (N, height, width, C). */
fv_status fv__resized_shape(const fv_shape *input, int32_t height, int32_t width, fv_shape *output) FV_CHECK;

#endif
