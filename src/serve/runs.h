/* Runs: one forward pass each, with every layer's output kept, so that all that is asked later is a look into memory.
 *
 * A run's identity is made of what it depends on (model, pictures, changes): the same question asked again is the same
 * run, and no work. Outputs are kept within a limit; the run that was used longest ago is given up first, and its
 * identity then answers 410 until it is asked for again. Of a run that alone is beyond the limit some outputs are not
 * kept; they are computed again when somebody looks at them.
 */
#ifndef FOVEA_SERVE_RUNS_H
#define FOVEA_SERVE_RUNS_H

#include <stdatomic.h>
#include <stdbool.h>

#include <fovea/explain.h>

#include "serve/album.h"
#include "serve/queue.h"
#include "serve/shown.h"

enum { FV__RUN_INPUTS = 8, FV__RUNS_REMEMBERED = 512 };

typedef enum fv__run_state { FV__RUN_WAITING, FV__RUN_RUNNING, FV__RUN_DONE, FV__RUN_FAILED } fv__run_state;

/* What a layer's output is like, all channels together. */
typedef struct fv__layer_row {
  double min, max, mean, deviation, zero_share;
  int64_t bad;  /* numbers that are not finite */
  int64_t dead; /* channels of nothing but zeros */
} fv__layer_row;

typedef struct fv__runs fv__runs;

typedef struct fv__run {
  struct fv__run *next;
  fv__runs *runs;
  atomic_int references;
  char id[FV__ID_SIZE];
  uint64_t hash;
  fv__shown *shown;
  int image_count;
  char images[FV__RUN_INPUTS][FV__ID_SIZE];
  uint64_t pictures;            /* stands for the model and them */
  fv_overlay *overlay;          /* what is changed; NULL: nothing */
  char overlay_id[FV__ID_SIZE]; /* "o_none" */
  _Atomic fv__run_state state;
  atomic_int done, of; /* steps */
  fv_status status;
  char message[512]; /* of a failure */
  double milliseconds;

  /* Once it is done, nothing below changes. */
  fv_shape *shapes;     /* of node n's first output at [n - 1]; rank 0: there is none */
  float **values;       /* likewise; NULL: not kept */
  struct fv__run *base; /* the run without changes, whose values before them are lent; NULL: none */
  int64_t *nanoseconds; /* likewise */
  fv_tensor output;     /* the model's first */
  float *logits;        /* what its last activation was computed from; NULL: none, or not known */
  int64_t bytes;        /* kept */
  fv__layer_row *rows;  /* by layer, made when first asked for (fv__run_rows) */
} fv__run;

typedef struct fv__runs_options {
  fv__album *album;
  fv__queue *queue;
  fv__hub *hub;
  int64_t limit; /* bytes of all runs together; 0: 512 MiB */
  int32_t threads;
} fv__runs_options;

fv_status fv__runs_create(fv__runs **runs, const fv__runs_options *options) FV_CHECK;
void fv__runs_destroy(fv__runs *runs); /* after the queue; NULL is fine */

/* The run of a model on pictures, one per input: the one that is there, or a new one, which is then computed. Fails
 * with FV_ERROR_MEMORY when the queue is full. *run is left with fv__run_leave. `shown` is lent; `overlay` (NULL: none)
 * is taken over either way. */
fv_status fv__runs_ask(fv__run **run, fv__runs *runs, fv__shown *shown, char images[][FV__ID_SIZE], int image_count,
                       fv_overlay *overlay, bool *is_new) FV_CHECK;

/* A run by identity; NULL: there is none, *evicted says whether there was one. */
fv__run *fv__runs_find(fv__runs *runs, const char *id, bool *evicted);
void fv__run_leave(fv__run *run); /* NULL is fine */

/* The output of a node. `owned` is freed by the caller; the numbers live as long as the run or it. */
typedef struct fv__value {
  const float *numbers;
  float *owned;
  fv_shape shape;
} fv__value;

/* Reads it from memory, or has it computed again and waits: not on the queue's thread. Errors: FV_ERROR_STATE while the
 * run is not done, those of a run. */
fv_status fv__run_value(fv__value *value, fv__run *run, int32_t node) FV_CHECK;

/* What the run left, for explanations: on the queue's thread, until the next run of the model. Ends with
 * fv_activations_destroy, also after a failure. Values that were not kept are computed again. */
fv_status fv__run_lend(fv_activations *seen, fv__run *run, fv__job *job) FV_CHECK;

/* What each layer's output is like, by layer; NULL without memory. Lent. */
const fv__layer_row *fv__run_rows(fv__run *run);

/* For /stats. */
typedef struct fv__runs_load {
  int64_t bytes, limit, count, evicted, computed, shared;
} fv__runs_load;

fv__runs_load fv__runs_now(fv__runs *runs);

#endif
