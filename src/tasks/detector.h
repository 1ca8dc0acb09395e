/* A model's anchors, as training and finding read them. */
#ifndef FOVEA_TASKS_DETECTOR_H
#define FOVEA_TASKS_DETECTOR_H

#include <fovea/detector.h>

#include "base/fail.h"

enum { FV__DETECTOR_OFFSETS = 4, FV__DETECTOR_MAPS = 8 };

typedef struct fv__anchors {
  fv_box *boxes;            /* in pixels of the input; owned */
  const fv_box_size *reach; /* of answers in YOLO's code: how far a centre moves; NULL for others. Ends with boxes */
  int32_t count;
  int32_t channels; /* of the output: 4 + 1 + classes */
  int32_t height, width;
} fv__anchors;

/* Reads the model's anchors. Errors: FV_ERROR_STATE for a model that has none or others than it answers for,
 * FV_ERROR_MEMORY. */
fv_status fv__anchors_of(fv__anchors *anchors, const fv_model *model) FV_CHECK;

/* YOLO's code: a row is x, y, width, height, a logit for any object and one for each class given that there is one. The
 * box's centre is (sigmoid(x) - 1/2) times its reach from the anchor's, its size exp(width) times the anchor's.
 * Source: Redmon and Farhadi, "YOLOv3", 2018; a reach of more than a cell: Bochkovskiy et al., "YOLOv4", 2020. */
fv_box fv__yolo_box(const float *row, const fv_box *anchor, fv_box_size reach);
double fv__yolo_probability(float logit);

#endif
