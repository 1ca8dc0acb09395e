/* The pictures of an evaluation, for the two ways to measure them. */
#ifndef FOVEA_TASKS_AVERAGE_PRECISION_H
#define FOVEA_TASKS_AVERAGE_PRECISION_H

#include <fovea/average_precision.h>

#include "base/fail.h"

/* Found and known objects of one class in one picture. Found ones come best first, equal scores in the order in which
 * they were added. */
typedef struct fv__class_in_picture {
  const fv_object *found, *known;
  int32_t found_count, known_count;
} fv__class_in_picture;

typedef struct fv__class_pictures {
  fv__class_in_picture *pictures; /* in the order in which they were added; those with nothing of the class too */
  int64_t picture_count;
  int64_t found_count; /* in all pictures */
  int32_t most_known;  /* in a picture */
  int32_t most_found;
} fv__class_pictures;

/* One class's numbers; those that cannot be measured are left as they are. Errors: FV_ERROR_MEMORY. */
fv_status fv__measure_coco(fv_precision_numbers *numbers, const fv__class_pictures *class) FV_CHECK;
fv_status fv__measure_voc(fv_precision_numbers *numbers, const fv__class_pictures *class) FV_CHECK;

/* A found box in the list of all of a class: sorted by falling score, equal ones as they came. */
typedef struct fv__ranked {
  float score;
  int32_t rank;            /* within its picture, from 0 */
  int64_t number;          /* as it came */
  uint64_t right, ignored; /* bits, what they mean is the way's */
} fv__ranked;
void fv__rank(fv__ranked *list, int64_t count);

#endif
