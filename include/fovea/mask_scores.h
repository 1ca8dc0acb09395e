/* Scores of masks: how well classes of pixels agree with what is known, over a whole set.
 *
 *   TRY(fv_mask_scores_create(&scores, 2));
 *   for each picture: TRY(fv_mask_scores_add(scores, &found, &known));
 *   fv_mask_scores_measure(&report, scores);
 *
 * Counts are of all pixels that count, never means over pictures. Of a class, with T pixels known to be it, P found to
 * be it, and B both:
 *
 *   IoU   B / (T + P - B)        Dice   2 B / (T + P), the same as F1
 *   boundary F1   2 p r / (p + r): p of the pixels on the edge of what was found how many have the edge of what is
 * known within a distance of 0.75 % of the picture's diagonal, r the other way round; a pixel is on the edge of its
 * class when one of its four neighbours is of another. Csurka, Larlus, Perronnin 2013, with counts of the set in place
 * of means over pictures
 *
 * A class that is neither known nor found anywhere has NaN and is left out of means.
 */
#ifndef FOVEA_MASK_SCORES_H
#define FOVEA_MASK_SCORES_H

#include <fovea/image.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_mask_scores fv_mask_scores;

/* Errors: FV_ERROR_INVALID for less than 2 or more than 254 classes, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_mask_scores_create(fv_mask_scores **scores, int32_t classes);
FV_API void fv_mask_scores_destroy(fv_mask_scores *scores); /* NULL is fine */

/* One picture: class numbers in images of one channel. Where `known` is FV_MASK_IGNORED nothing counts. Errors:
 * FV_ERROR_SHAPE for images of different extents or more channels, FV_ERROR_INVALID for a number that is no class,
 * FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_mask_scores_add(fv_mask_scores *scores, const fv_image *found, const fv_image *known);

typedef struct fv_mask_numbers {
  double iou, dice, boundary_f1;
  double precision, recall; /* B / P, B / T */
  int64_t known, found;     /* T, P */
} fv_mask_numbers;

/* Lent until the next call with the scores. */
typedef struct fv_mask_report {
  int64_t pictures, pixels; /* that count */
  double accuracy;          /* part of the pixels that are right; NaN without any */
  fv_mask_numbers mean;     /* over classes; known and found are sums */
  int32_t class_count;
  const fv_mask_numbers *classes;
  const int64_t *confusion; /* [known][found] */
} fv_mask_report;

FV_API void fv_mask_scores_measure(fv_mask_report *report, fv_mask_scores *scores);

FV_END_DECLARATIONS

#endif
