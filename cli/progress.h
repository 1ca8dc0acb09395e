/* How a training is watched: a bar that moves on a terminal, one line an epoch elsewhere, or JSON objects. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <fovea/callback.h>

#include "train_options.h"

typedef struct progress {
  bool is_json, is_keras1, is_quiet, has_bar, in_color;
  int64_t samples, steps; /* of an epoch */
  int32_t batch_size;
  int32_t epoch;            /* that is under way; -1: none yet */
  bool line_is_open;        /* a bar stands on the terminal's line */
  int columns;              /* it has */
  double drawn, first;      /* seconds of the epoch at the last drawing, and when its first step was done */
  int64_t first_step, done; /* of the epoch here; steps since then */
  fv_train_event event;     /* the last step's, for the line under validation; its logs are below */
} progress;

progress progress_create(const train_options *o);

/* Before a training, or a part of it. */
void progress_begin(progress *p, int64_t samples, int64_t steps, int32_t batch_size);

void progress_step(progress *p, const fv_train_event *event);
void progress_validation(progress *p, int64_t samples, int64_t total);
void progress_epoch(progress *p, const fv_train_event *event);
void progress_message(progress *p, const fv_train_message *message);

/* Ends a line that stands open, so that other text can follow. */
void progress_rest(progress *p);

#endif
