/* A training under way, for the files of fv_fit.
 *
 *   fit.c        making and ending, the loop over epochs
 *   epoch.c      steps, validation, events
 *   trainer.c    what callbacks may ask for
 *   numbers.c    where numbers first stopped being any
 *   describe.c   what a resumed training must have in common with the one before
 *   compiled.c   how Keras would say that the model was compiled, with the optimizer's arrays
 *   backup.c     the state of a training into a file
 *   resume.c     and back
 *
 * Its place is (epoch, step): so many steps of this epoch are done. When all are, the epoch's end is still to come:
 * validation, callbacks, history. Whatever happens between two steps leaves a place that a backup can hold.
 */
#ifndef FOVEA_TRAIN_FIT_H
#define FOVEA_TRAIN_FIT_H

#include "train/callback.h"
#include "train/feed.h"
#include "train/learner.h"
#include "train/meter.h"

enum { FV__LOGS = 2 * (FV__METERS + 1) + 1, FV__LOG_NAME = FV__METER_NAME + 4 };

typedef struct fv__fit fv__fit;

/* The weights that one callback keeps. */
typedef struct fv__keeper {
  fv__fit *fit;
  float *kept; /* all weights, in the model's order; NULL: no room taken yet */
  bool holds;
} fv__keeper;

/* Lines "name=value". */
typedef struct fv__lines {
  fv__arena arena;
  const char **texts;
  int32_t count, room;
  bool failed; /* no memory */
} fv__lines;

struct fv__fit {
  fv_model *model;
  fv_fit_options options; /* numbers explicit */
  fv_learner *learner;
  fv_loss *loss; /* of validation */
  fv__feed training, validation;
  fv__meter meter, validation_meter;
  bool validates;
  fv__lines lines; /* what it is, for backups */

  fv_trainer *trainers; /* one a callback */
  fv__keeper *keepers;

  char names[FV__LOGS][FV__LOG_NAME];
  fv_train_number logs[FV__LOGS];
  int32_t log_count; /* all that an epoch has */
  fv_fit_history *history;
  int32_t history_room;

  int32_t epoch;
  int64_t step, iteration;
  bool ends;             /* a callback ends training */
  bool is_limited;       /* max_steps are done */
  fv__feed_batch batch;  /* of the last step */
  double gradient_norm;  /* likewise */
  double began;          /* seconds, when the epoch began here */
  int64_t samples_since; /* then */
  char explanation[FV__MESSAGE_SIZE];
};

/* ---- epoch.c */

/* The next step, or what remains of the epoch; FV_ERROR_STOPPED when should_stop said so, at a place that a backup can
 * hold. */
fv_status fv__fit_epoch(fv__fit *fit) FV_CHECK;

/* Where training is; `logs` of them. */
fv_train_event fv__fit_event(const fv__fit *fit, int32_t logs);

/* ---- trainer.c */

fv_status fv__fit_make_trainers(fv__fit *fit) FV_CHECK;
void fv__fit_end_trainers(fv__fit *fit);

/* All weights of a model as one array: how many numbers, and copies out of the model and into it. */
int64_t fv__weights_count(const fv_model *model);
void fv__weights_copy(float *numbers, fv_model *model);
void fv__weights_put(fv_model *model, const float *numbers);

/* ---- numbers.c */

/* One sentence about the last batch; lent until the next call. */
const char *fv__fit_explain(fv__fit *fit);

/* ---- describe.c */

/* Fills fit->lines. */
fv_status fv__fit_describe(fv__fit *fit) FV_CHECK;
/* FV_ERROR_INVALID naming all lines of fit->lines that differ from those before. */
fv_status fv__fit_compare(const fv__fit *fit, const char *const *before, int32_t count) FV_CHECK;
void fv__lines_clear(fv__lines *lines);

/* ---- compiled.c */

/* What the model knows of its training; with the optimizer's arrays, which are then the learner's own until this is
 * called without. */
fv_status fv__fit_compile(fv__fit *fit, bool with_arrays) FV_CHECK;

/* What the backup calls an array of the optimizer. */
enum { FV__ARRAY_NAME = 1024 };
void fv__fit_array_name(char name[FV__ARRAY_NAME], const fv__fit *fit, const fv__learner_array *array);

/* ---- backup.c, resume.c */

#define FV__STATE_GROUP "fovea_state"
enum { FV__STATE_VERSION = 2 };

/* Numbers that are neither weights nor sums, in this order; doubles by their bits. */
typedef enum fv__state_counter {
  FV__STATE_FORMAT,
  FV__STATE_EPOCH,
  FV__STATE_STEP,
  FV__STATE_ITERATION,
  FV__STATE_ENDS,
  FV__STATE_LEARNER_STEPS,
  FV__STATE_CALLS,
  FV__STATE_PRODUCT,
  FV__STATE_RATE,
  FV__STATE_FIRST_EPOCH,
  FV__STATE_EPOCHS_DONE,
  FV__STATE_COUNTERS
} fv__state_counter;

int64_t fv__bits_of(double number);
double fv__number_of(int64_t bits);

int64_t fv__fit_backup_bytes(const fv__fit *fit); /* about what it takes on the disk */
fv_status fv__fit_backup(fv__fit *fit) FV_CHECK;
fv_status fv__fit_resume(fv__fit *fit) FV_CHECK;

/* A row of history more; the numbers are fit->logs. */
fv_status fv__fit_remember(fv__fit *fit) FV_CHECK;
fv_status fv__fit_history_room(fv__fit *fit, int32_t epochs) FV_CHECK;

#endif
