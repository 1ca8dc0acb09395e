/* DATA of detection: Pascal VOC, COCO or YOLO, told apart by what lies there. */
#ifndef DETECTION_DATA_H
#define DETECTION_DATA_H

#include <fovea/detection_set.h>

/* Which part of a folder of VOC is wanted: its lists say which pictures are which. */
typedef enum detection_part { DETECTION_TRAINING, DETECTION_VALIDATION, DETECTION_TEST } detection_part;

/* Opens a set and names what is broken in it on stderr. A folder of VOC stands for the list of its part: train;
 * val; test, else val; all annotations where there is no such list, but for validation, of which *set is then NULL.
 * Of any other path *set is NULL for validation. Returns COMMAND_OK or, after a sentence on stderr, the exit status. */
int detection_open(fv_detection_set **set, const char *path, detection_part part,
                   const fv_detection_set_options *options);

/* "RBC 4155, WBC 372" on stdout. */
void detection_print_classes(const fv_detection_set *set);

#endif
