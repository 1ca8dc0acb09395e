/* The sets that a training sees. */
#ifndef TRAIN_DATA_H
#define TRAIN_DATA_H

#include <fovea/dataset.h>

#include "train_options.h"

typedef struct train_data {
  const char *path;
  const fv_dataset *training, *validation; /* validation NULL: none */
  fv_dataset *owned[5];                    /* what they are made of */
  int owned_count;
  char how[200]; /* where the validation set comes from */
} train_data;

/* Opens `path` and makes the two sets. Returns COMMAND_OK or, after a sentence on stderr, the exit status. End it with
 * train_data_close either way. */
int train_data_open(train_data *d, const train_options *o, const char *path);
void train_data_close(train_data *d);

#endif
