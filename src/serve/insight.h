/* Explanations of runs: made on the queue's thread when they are asked for, and kept on the shelf. */
#ifndef FOVEA_SERVE_INSIGHT_H
#define FOVEA_SERVE_INSIGHT_H

#include <fovea/explain.h>

#include "serve/runs.h"
#include "serve/server.h"
#include "serve/shelf.h"

/* What is asked of a run. */
typedef struct fv__question {
  fv__server *server;
  fv__run *run; /* lent */
  int32_t layer;
  fv_score score;
  fv_heat_kind heat;
} fv__question;

/* Heat of the layer at the score: height and width of the value, row by row; to be freed. The layers behind it that are
 * stages of the model get theirs in the same run back. Waits: not on the queue's thread. Errors: those of
 * fv_explain_heat; FV_ERROR_MEMORY when too much waits. */
fv_status fv__insight_heat(float **heat, fv_pair *extent, const fv__question *question) FV_CHECK;

/* What each channel adds to the score, estimated; to be freed. Waits likewise. */
fv_status fv__insight_estimates(float **estimates, const fv__question *question) FV_CHECK;

/* What was measured of each channel so far, NaN where nothing was; to be freed. NULL: nothing yet. */
float *fv__insight_measured(const fv__question *question, int64_t channels);

/* Starts measuring `count` channels (copied) and tells the job's identity. False: too much waits. */
bool fv__insight_measure(const fv__question *question, const int64_t *channels, int64_t count, char job[FV__ID_SIZE]);

/* The score itself, from the run's output; NaN where its logits are not known. */
double fv__insight_score(const fv__question *question);

/* Channels of the layer's output in the run. */
int64_t fv__insight_channels(const fv__question *question);

#endif
