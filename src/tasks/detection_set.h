/* The kinds of annotations that the library reads: each adds all pictures to a set that is not finished. */
#ifndef FOVEA_TASKS_DETECTION_SET_H
#define FOVEA_TASKS_DETECTION_SET_H

#include <fovea/detection_set.h>

#include "base/fail.h"

bool fv__detection_is_coco(const char *path);
fv_status fv__detection_read_coco(fv_detection_set *set, const char *path, const char *pictures) FV_CHECK;
fv_status fv__detection_read_yolo(fv_detection_set *set, const char *path) FV_CHECK;

#endif
