/* A model's anchors, as training and finding read them. */
#ifndef FOVEA_TASKS_DETECTOR_H
#define FOVEA_TASKS_DETECTOR_H

#include <fovea/detector.h>

#include "base/fail.h"

enum { FV__DETECTOR_OFFSETS = 4, FV__DETECTOR_MAPS = 8 };

typedef struct fv__anchors {
  fv_box *boxes; /* in pixels of the input; owned */
  int32_t count;
  int32_t channels; /* of the output: 4 + 1 + classes */
  int32_t height, width;
} fv__anchors;

/* Reads the model's anchors. Errors: FV_ERROR_STATE for a model that has none or others than it answers for,
 * FV_ERROR_MEMORY. */
fv_status fv__anchors_of(fv__anchors *anchors, const fv_model *model) FV_CHECK;

#endif
