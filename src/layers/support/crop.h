/* Cutting off ends, of images and lines. */
#ifndef FOVEA_LAYERS_SUPPORT_CROP_H
#define FOVEA_LAYERS_SUPPORT_CROP_H

#include "layers/support/common.h"

/* What is left of `input`; -1 when that is unknown. FV_ERROR_SHAPE when nothing is. */
fv_status fv__crop_extent(int64_t input, int32_t before, int32_t after, int64_t *output) FV_CHECK;

#endif
