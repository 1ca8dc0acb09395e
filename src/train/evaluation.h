/* What fv_evaluate does with an evaluation that is complete. */
#ifndef FOVEA_TRAIN_EVALUATION_H
#define FOVEA_TRAIN_EVALUATION_H

#include <fovea/evaluation.h>

/* The loss ends with the evaluation from now on, and what is reported of it has the penalty on top; mistakes get the
 * numbers that their samples have in a set: samples[i] is that of the i-th which was added. */
void fv__evaluation_finish(fv_evaluation *evaluation, fv_loss *loss, double penalty, const int64_t *samples);

#endif
