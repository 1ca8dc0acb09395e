/* What runs.c, pass.c and insight.c share. */
#ifndef FOVEA_SERVE_RUNS_PRIVATE_H
#define FOVEA_SERVE_RUNS_PRIVATE_H

#include <pthread.h>

#include "serve/runs.h"

struct fv__runs {
  fv__runs_options options;
  pthread_mutex_t lock;
  fv__run *first; /* the last used first */
  fv__runs_load load;
  char gone[FV__RUNS_REMEMBERED][FV__ID_SIZE]; /* given up, a ring */
  int gone_count;
};

/* The forward pass of a run, on the queue's thread; fills in all that it keeps. */
fv_status fv__run_compute(fv__run *run, fv__job *job) FV_CHECK;

/* The same up to one node, whose numbers are copied into new memory. */
fv_status fv__run_compute_value(float **numbers, fv__run *run, int32_t node, fv__job *job) FV_CHECK;

/* Gives up other runs until `bytes` more fit; true when they do. */
bool fv__runs_make_room(fv__runs *runs, int64_t bytes);

#endif
