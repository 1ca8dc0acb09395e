/* Training: epochs over a data set, with validation, callbacks, and backups from which it goes on bit by bit.
 *
 *   fv_fit_history history;
 *   if (fv_fit(model, &(fv_fit_options){.dataset = training, .validation = validation, .epochs = 10, .batch_size = 16,
 *                                       .optimizer = "sgd",
 *                                       .optimizer_options = &(fv_optimizer_options){.learning_rate = 1e-4},
 *                                       .callbacks = callbacks, .callback_count = 2},
 *              &history)) puts(fv_error_message());
 *   fv_fit_history_destroy(&history);
 *
 * Keras's model.fit: shuffled epochs, the last batch of which may be smaller; losses are means over samples, metrics
 * are of the whole epoch, taken from the answers before each step; validation follows each epoch, by the weights at its
 * end, as prediction computes. Logs are called as Keras calls them: "loss", metrics, "val_loss", "learning_rate".
 * What comes out depends on model, data, options and seed alone, bit by bit: not on the number of threads, nor on how
 * often training was stopped and resumed.
 */
#ifndef FOVEA_FIT_H
#define FOVEA_FIT_H

#include <fovea/augment.h>
#include <fovea/callback.h>
#include <fovea/dataset.h>
#include <fovea/evaluation.h>
#include <fovea/learner.h>
#include <fovea/loader.h>
#include <fovea/metric.h>

FV_BEGIN_DECLARATIONS

/* Samples in memory, all lent: inputs count x shape for each input of the model, targets for each output as many
 * numbers as it has, or class numbers, one a row, for sparse losses. */
typedef struct fv_fit_arrays {
  int64_t count;
  const float *const *inputs;
  const float *const *targets;
  const float *sample_weights; /* count; NULL: 1 each */
} fv_fit_arrays;

/* A metric of the first output. */
typedef struct fv_fit_metric {
  const char *name; /* metric.h; "accuracy" or "acc": the one that fits the loss, as in Keras. One that takes class
                       numbers also takes one-hot rows, and the other way round */
  const fv_metric_options *options; /* NULL: none */
  const char *log;                  /* what logs call it; NULL: its name in snake case */
} fv_fit_metric;

/* What is known before the first step. Lent for the call. */
typedef struct fv_fit_facts {
  int64_t samples, validation_samples; /* of an epoch, of the validation set (0: none) */
  int64_t steps;                       /* of an epoch */
  int32_t first_epoch;                 /* from 0: where training begins, or goes on */
  int64_t first_step;                  /* likewise within that epoch */
  int64_t parameters, trainable_parameters;
  fv_learner_memory memory; /* of the step */
  int64_t validation_bytes; /* of the plan that validates */
  int64_t kept_bytes;       /* of weights that callbacks keep */
  int64_t backup_bytes;     /* about what a backup takes on the disk; 0: none is asked for */
} fv_fit_facts;

typedef struct fv_fit_options {
  /* Data: a set or arrays. Sets must outlive the call; pictures are brought to numbers as the model's preprocessing
   * says. The validation may be of the other kind; both NULL: none. */
  const fv_dataset *dataset;
  const fv_fit_arrays *arrays;
  const fv_dataset *validation;
  const fv_fit_arrays *validation_arrays;
  const fv_augment_options *augment; /* of training pictures; NULL: none */
  const float *class_weights;        /* one a class; NULL: none */
  /* Targets of the sets that are no classes, each a row of the model's one output; lent. NULL: classes */
  const fv_target_maker *targets, *validation_targets;
  int64_t samples_per_epoch; /* 0: all. More or fewer: epochs take up the pass where the last one left it */
  bool no_shuffle;
  bool takes_whole; /* training pictures whole, without the central crop of the model's preprocessing, which is then for
                       validation alone: as networks of ImageNet's were taught, from windows of whole pictures */
  bool skip_broken; /* pictures that cannot be read are left out (loader.h), and a warning names each */
  int64_t cache_limit; /* bytes of decoded pictures to keep; 0: none */

  int32_t epochs;        /* 0: 1. Counted from 0, not from initial_epoch */
  int32_t initial_epoch; /* the first, from 0 */
  int64_t max_steps;     /* ends after so many steps in all; 0: no such end */
  int32_t batch_size;    /* 0: 32; also of validation */
  uint64_t seed;         /* of the order, of augmentation, of dropout and noise */

  const char *loss; /* NULL: categorical_crossentropy */
  const fv_loss_options *loss_options;
  const char *optimizer; /* NULL: rmsprop */
  const fv_optimizer_options *optimizer_options;
  fv_regularizer kernel_regularizer;
  const fv_fit_metric *metrics;
  int32_t metric_count;

  fv_callback *callbacks; /* called in this order; the caller destroys them */
  int32_t callback_count;
  void (*say)(void *context, const fv_train_message *message); /* messages of callbacks, and warnings; NULL: unheard */

  /* All run on the caller's thread and may be NULL. */
  fv_status (*on_facts)(void *context, const fv_fit_facts *facts);      /* before the first step; failures end it */
  void (*on_step)(void *context, const fv_train_event *event);          /* after each, after callbacks */
  void (*on_epoch)(void *context, const fv_train_event *event);         /* likewise, with val_ numbers */
  void (*on_validation)(void *context, int64_t samples, int64_t total); /* while validating */
  /* When a resume is refused, for each difference before fv_fit fails: what it is ("optimizer.momentum"), its value now
   * and in the backup, NULL where it is not there. Lent for the call. */
  void (*on_difference)(void *context, const char *what, const char *now, const char *before);
  bool (*should_stop)(void *context); /* asked after each step: true writes a backup and ends with FV_ERROR_STOPPED */
  void *context;                      /* of say to should_stop */

  /* A backup is a Keras .h5 with optimizer weights that Keras opens, plus a group fovea_state. The file is replaced as
   * a whole; whatever ends the process, the old one or the new one is there. */
  const char *backup;   /* path; NULL: none */
  int64_t backup_steps; /* after so many steps; 0: after each epoch */
  const char *resume;   /* a backup to go on from; may be the same path. NULL: begin */
  bool resume_anyway; /* also when data, model or options are others than the backup's; an optimizer of which the backup
                         does not have all numbers begins anew, with a warning */

  int32_t threads;      /* 0: one per processor */
  int64_t memory_limit; /* bytes for the step, as in learner.h */
  fv_accuracy accuracy;
  bool measure_gradients; /* events have gradient_norm */
  bool unbiased_variance; /* of batch normalization, as in learner.h */
  double moving_momentum; /* likewise */
  bool keep_no_numbers;   /* goes on when loss or gradients are no numbers, as Keras does; else FV_ERROR_NUMBERS ends
                             training in that step, naming layer, tensor and samples */
} fv_fit_options;

/* Numbers of all epochs. */
typedef struct fv_fit_history {
  int32_t first_epoch, epoch_count; /* those that are complete; first_epoch is initial_epoch, also after a resume */
  int32_t name_count;
  char **names;       /* "loss", "accuracy", "val_loss", ..., "learning_rate" */
  double *values;     /* epoch_count x name_count; NaN where an epoch did not have it */
  int64_t iterations; /* steps in all */
  bool ended_early;   /* a callback ended it */
} fv_fit_history;

/* Empty structures are fine. */
FV_API void fv_fit_history_destroy(fv_fit_history *history);

/* Trains. Afterwards the model knows the class names of its set. `history` may be NULL; it is filled also after a
 * failure, as far as training came, and the caller destroys it.
 * Errors: FV_ERROR_STOPPED when should_stop said so, with a backup written when one was asked for; FV_ERROR_NUMBERS;
 * FV_ERROR_INVALID for options out of range and for a resume with other data, model or options than the backup's, with
 * all differences in the message; FV_ERROR_SHAPE when data do not fit the model; those of callbacks, fv_loader_next,
 * fv_learner_create and fv_model_save. */
FV_API FV_CHECK fv_status fv_fit(fv_model *model, const fv_fit_options *options, fv_fit_history *history);

/* ---- evaluation */

typedef struct fv_evaluate_options {
  const fv_fit_arrays *arrays; /* instead of a set */
  const char *loss;            /* NULL: categorical_crossentropy; "none": none */
  const fv_loss_options *loss_options;
  int32_t batch_size; /* 0: 32 */
  int32_t most_mistakes;
  bool skip_broken;
  int32_t threads;
  int64_t memory_limit;
  fv_accuracy accuracy;
  void (*on_batch)(void *context, int64_t samples, int64_t total); /* NULL: none */
  bool (*should_stop)(void *context);                              /* true: FV_ERROR_STOPPED */
  void (*say)(void *context, const fv_train_message *message);     /* each sample that is left out; NULL: unheard */
  void *context;
} fv_evaluate_options;

/* What a classifier is worth on a set, by the model's first output and its preprocessing; the numbers of mistakes are
 * those of samples in the set. The loss includes what the model's weights cost (fv_model_regularizer), as in Keras.
 * `dataset` is NULL with arrays. The caller destroys *evaluation. Errors: FV_ERROR_SHAPE when the set has other classes
 * than the model; those of fv_loader_next, fv_plan_create and fv_evaluation_add. */
FV_API FV_CHECK fv_status fv_evaluate(fv_evaluation **evaluation, fv_model *model, const fv_dataset *dataset,
                                      const fv_evaluate_options *options);

/* ---- the search for a rate */

typedef struct fv_find_rate_options {
  double lowest, highest;                                                                 /* 0: 1e-7 and 10 */
  int32_t steps;                                                                          /* 0: 100 */
  void (*on_step)(void *context, int32_t index, int32_t steps, double rate, double loss); /* after each; NULL: none */
  void *context;
} fv_find_rate_options;

typedef struct fv_rate_search {
  int32_t count;           /* steps made: fewer when the loss grew to four times its best or was no number */
  double *rates, *losses;  /* of each step; losses are moving means (0.9) */
  double steepest, lowest; /* rates where the loss falls fastest, and where it is lowest; NaN: it never fell */
} fv_rate_search;

FV_API void fv_rate_search_destroy(fv_rate_search *search);

/* Trains with a rate that grows from step to step, and puts the weights back. Of `fit` data, batches, loss, optimizer
 * and seed count. Errors: as fv_fit; FV_ERROR_STATE when the optimizer has a schedule. Source: L. N. Smith, "Cyclical
 * learning rates for training neural networks", 2017. */
FV_API FV_CHECK fv_status fv_find_rate(fv_rate_search *search, fv_model *model, const fv_fit_options *fit,
                                       const fv_find_rate_options *options);

FV_END_DECLARATIONS

#endif
