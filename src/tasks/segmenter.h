/* A segmenter's extents, as building, training and segmenting read them. */
#ifndef FOVEA_TASKS_SEGMENTER_H
#define FOVEA_TASKS_SEGMENTER_H

#include <fovea/segmenter.h>

#include "base/fail.h"

/* Height, width and classes of the model's answer; unknown extents are -1. Errors: FV_ERROR_SHAPE for a model whose one
 * output is not its input's extents with a channel a class. */
fv_status fv__segmenter_shape(fv_shape *shape, const fv_model *model) FV_CHECK;

/* Multiples of pixels that the model can be given, by its network's name; 1 where it is not known. */
int32_t fv__segmenter_multiple(const fv_model *model);

#endif
