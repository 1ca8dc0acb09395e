/* Average precision: what a detector's boxes over a whole set are worth.
 *
 *   fv_average_precision *scores;
 *   TRY(fv_average_precision_create(&scores, classes));
 *   for each picture: TRY(fv_average_precision_add(scores, found, found_count, known, known_count));
 *   fv_average_precision_report report;
 *   TRY(fv_average_precision_measure(&report, scores));
 *
 * COCO's numbers are those of pycocotools on the same boxes: precision at 101 recalls, the mean over classes that have
 * objects and over IoU 0.50, 0.55 ... 0.95, of the 100 best boxes of a class in a picture; small objects are up to
 * 32 x 32 pixels, large ones from 96 x 96. VOC's are those of its development kit at an IoU of 0.5: the area under the
 * curve (2010 on) and the mean precision at eleven recalls (2007). Sources: Lin et al., "Microsoft COCO", 2014;
 * Everingham et al., "The PASCAL visual object classes challenge", 2010.
 */
#ifndef FOVEA_AVERAGE_PRECISION_H
#define FOVEA_AVERAGE_PRECISION_H

#include <fovea/boxes.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_average_precision fv_average_precision;

/* One class, or the mean over those that have objects. NaN where there is nothing to measure. */
typedef struct fv_precision_numbers {
  double ap, ap50, ap75;               /* COCO */
  double small, medium, large;         /* AP of objects of a size */
  double recall1, recall10, recall100; /* of the best 1, 10 and 100 boxes, over the same IoUs */
  double recall_small, recall_medium, recall_large;
  double voc, voc11; /* VOC, IoU 0.5 */
} fv_precision_numbers;

typedef struct fv_average_precision_report {
  int64_t pictures;
  fv_precision_numbers mean;
  int32_t class_count;
  const fv_precision_numbers *classes;
  const int64_t *known, *found; /* of each class: objects that count, and boxes */
} fv_average_precision_report;

/* For classes 0 to classes - 1. The caller destroys *scores. Errors: FV_ERROR_INVALID for fewer than 1,
 * FV_ERROR_MEMORY.
 */
FV_API FV_CHECK fv_status fv_average_precision_create(fv_average_precision **scores, int32_t classes);
FV_API void fv_average_precision_destroy(fv_average_precision *scores);

/* A picture: the boxes found in it, in any order, and the objects that are in it. Copied. Errors: FV_ERROR_INVALID for
 * a class that there is not; FV_ERROR_NUMBERS for a score that is none; FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_average_precision_add(fv_average_precision *scores, const fv_object *found,
                                                   int32_t found_count, const fv_object *known, int32_t known_count);

/* All numbers so far; the report is lent until the next call or the end. Errors: FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_average_precision_measure(fv_average_precision_report *report,
                                                       fv_average_precision *scores);

FV_END_DECLARATIONS

#endif
