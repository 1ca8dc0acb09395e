/* Evaluation: what a classifier's predictions over a whole set are worth, as numbers.
 *
 *   fv_evaluation *evaluation;
 *   fv_evaluation_create(&evaluation, &(fv_evaluation_options){.classes = 17, .loss = loss, .most_mistakes = 20});
 *   for each batch: fv_evaluation_add(evaluation, &batch);
 *   const fv_evaluation_report *report = fv_evaluation_report_of(evaluation);
 *
 * Counts are of the whole set, never means over batches: the batches may be cut in any way.
 */
#ifndef FOVEA_EVALUATION_H
#define FOVEA_EVALUATION_H

#include <fovea/loss.h>

FV_BEGIN_DECLARATIONS

typedef struct fv_evaluation fv_evaluation;

typedef struct fv_evaluation_options {
  int32_t classes;     /* 2 with predictions of one channel: no and yes, which is above 0.5 */
  bool one_hot;        /* targets are as many numbers as predictions, the largest being the class; else class numbers */
  const fv_loss *loss; /* takes targets as they come; lent until the evaluation ends. NULL: none */
  int32_t most_mistakes; /* so many of the worst wrong answers are remembered */
} fv_evaluation_options;

typedef struct fv_evaluation_class {
  int64_t support, predicted;   /* samples that are of the class, and that were called so */
  int64_t right;                /* both */
  double precision, recall, f1; /* right / predicted, right / support, their harmonic mean; 0 where they divide by 0 */
} fv_evaluation_class;

/* A wrong answer. */
typedef struct fv_evaluation_mistake {
  int64_t sample; /* in the order in which they were added, from 0 */
  int32_t is, found;
  double score;  /* of the class that was found */
  double margin; /* how far that lies above the right one's; the list has the largest first */
} fv_evaluation_mistake;

typedef struct fv_evaluation_report {
  int64_t samples, right;
  double accuracy; /* right / samples; 0 of nothing */
  double loss;     /* the mean over samples; NaN without a loss */
  int32_t class_count;
  const fv_evaluation_class *classes;
  const int64_t *confusion;     /* [class it is][class found], row by row */
  double precision, recall, f1; /* plain means over the classes that have samples */
  int32_t mistake_count;
  const fv_evaluation_mistake *mistakes;
} fv_evaluation_report;

/* The caller destroys *evaluation. Errors: FV_ERROR_INVALID for fewer than 2 classes, FV_ERROR_MEMORY. */
FV_API FV_CHECK fv_status fv_evaluation_create(fv_evaluation **evaluation, const fv_evaluation_options *options);
FV_API void fv_evaluation_destroy(fv_evaluation *evaluation);

/* Takes a batch in; each position of a sample counts as one. Sample weights are not looked at. Errors: FV_ERROR_INVALID
 * for a class number out of range and for predictions of other channels than classes; FV_ERROR_NUMBERS for predictions
 * that are not numbers; those of fv_loss_compute. A batch that fails is taken in up to there. */
FV_API FV_CHECK fv_status fv_evaluation_add(fv_evaluation *evaluation, const fv_loss_batch *batch);

/* What is known so far; lent until the next batch or the end. */
FV_API const fv_evaluation_report *fv_evaluation_report_of(fv_evaluation *evaluation);

FV_END_DECLARATIONS

#endif
