/* What a set is made of, for the files of this room. */
#ifndef FOVEA_DATA_DATASET_H
#define FOVEA_DATA_DATASET_H

#include "data/source.h"

struct fv_dataset {
  fv__store *store;       /* shared with other sets */
  int64_t *samples;       /* their numbers in the store; NULL: all, in its order */
  int64_t count;          /* of samples */
  int64_t *class_samples; /* of each class */
  fv_dataset *validation; /* owned, or NULL */
};

/* One user less; the store ends with the last. NULL is fine. */
void fv__store_release(fv__store *store);

/* A set of samples of a store; takes `samples` also on failure. Errors: FV_ERROR_MEMORY. */
fv_status fv__dataset_make(fv_dataset **dataset, fv__store *store, int64_t *samples, int64_t count) FV_CHECK;

/* The number of a sample in the store. */
int64_t fv__dataset_place(const fv_dataset *dataset, int64_t sample);

/* Shuffles numbers in place by (state, draw 0, 1 ...), each order as likely as any other. */
void fv__shuffle(int64_t *numbers, int64_t count, uint64_t state);

#endif
