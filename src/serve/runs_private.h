/* What runs.c, pass.c and insight.c share. */
#ifndef FOVEA_SERVE_RUNS_PRIVATE_H
#define FOVEA_SERVE_RUNS_PRIVATE_H

#include <pthread.h>

#include <fovea/channel_maps.h>

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

/* A forward pass alone: every value is shown to `visit` as channels, nothing is kept. The run is the caller's, of
 * shown, pictures and runs. */
fv_status fv__run_visit(fv__run *run, fv__job *job, void (*visit)(void *context, int32_t node, const fv_channel_maps *),
                        void *context) FV_CHECK;

/* What stands for a model and its pictures. */
uint64_t fv__runs_pictures(const fv__shown *shown, char images[][FV__ID_SIZE], int image_count);

/* Gives up other runs until `bytes` more fit; true when they do. */
bool fv__runs_make_room(fv__runs *runs, int64_t bytes);

#endif
