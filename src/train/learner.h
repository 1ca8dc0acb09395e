/* A learner's state, for backups: with the model's weights it is all that a training needs to go on, bit by bit. */
#ifndef FOVEA_TRAIN_LEARNER_H
#define FOVEA_TRAIN_LEARNER_H

#include <fovea/learner.h>

#include "base/fail.h"

/* Counters of a learner. */
typedef struct fv__learner_counters {
  int64_t steps;  /* done by the learner: what dropout draws from */
  int64_t calls;  /* of the optimizer */
  double product; /* of the optimizer (Nadam) */
  double rate;    /* NaN with a schedule */
} fv__learner_counters;

fv__learner_counters fv__learner_counters_of(const fv_learner *learner);
void fv__learner_set_counters(fv_learner *learner, const fv__learner_counters *counters);

/* One array of the optimizer's state: a slot, the accumulated gradients or the averages of one trainable weight. */
typedef struct fv__learner_array {
  const char *slot; /* in Keras's words: "m", "average", "accumulated" */
  bool is_ours;     /* Keras has no place for it */
  int32_t weight;   /* number in the model */
  float *numbers;   /* the learner's own */
  int64_t count;
} fv__learner_array;

/* Index from 0, in the order of Keras's files; false after the last. */
bool fv__learner_array_at(fv_learner *learner, int32_t index, fv__learner_array *array);

/* What a weight costs: its own regularizer and, of a kernel, `kernels` besides. Zero for weights that are not trained.
 */
fv_regularizer fv__trained_regularizer(const fv_model *model, const fv_regularizer *kernels, int32_t weight);

/* What all weights together cost, a part of every loss, as in Keras. */
double fv__trained_penalty(fv_model *model, const fv_regularizer *kernels);

const fv_optimizer *fv__learner_optimizer(const fv_learner *learner);

/* The first weight, in the model's order, whose gradient of the last step, or which itself when layers keep it as a
 * moving statistic, is not finite; -1: there is none. *number is what stands there. */
int32_t fv__learner_find_no_number(const fv_learner *learner, bool among_gradients, float *number);

#endif
