/* A training loop that only pretends: numbers of epochs go to callbacks, what they ask for is written down. */
#ifndef FOVEA_TESTS_TRAINER_H
#define FOVEA_TESTS_TRAINER_H

#include <fovea/callback.h>

typedef struct pretence {
  double rate;               /* as float32 */
  int32_t epoch;             /* whose weights the model has */
  int32_t kept, stopped;     /* epoch of the copy; how often it was asked to stop */
  int32_t saved;             /* files so far */
  char path[300], said[600]; /* the last ones */
  fv_train_message_kind kind;
} pretence;

fv_trainer trainer_of(pretence *p, fv_model *model);

/* The end of an epoch with one number; returns what the callback does. Epoch and weights are those of `epoch`. */
fv_status trainer_epoch(const fv_callback *callback, pretence *p, int32_t epoch, const char *name, double value);

/* The number that a callback would save as `name`; fails the test when there is none. */
double trainer_number(const fv_callback *callback, const char *name);

#endif
