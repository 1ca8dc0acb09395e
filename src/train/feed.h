/* Feeds: batches for learners and plans, out of a set (by a loader) or of arrays in memory. A batch depends on its
 * place (epoch, step) alone; arrays come in the order that a loader would give them.
 */
#ifndef FOVEA_TRAIN_FEED_H
#define FOVEA_TRAIN_FEED_H

#include <fovea/fit.h>
#include <fovea/loader.h>

#include "base/arena.h"
#include "base/fail.h"

typedef struct fv__feed_options {
  const fv_dataset *dataset; /* one of the two */
  const fv_fit_arrays *arrays;
  const fv_augment_options *augment;
  const float *class_weights;
  const fv_target_maker *targets; /* of a set, instead of classes; NULL: classes */
  int64_t samples_per_epoch, cache_limit;
  uint64_t seed;
  int32_t batch_size, threads; /* batch_size is explicit */
  bool takes_whole;            /* pictures are not cropped as the model's preprocessing says */
  bool no_shuffle, skip_broken;
  bool sparse;                                                 /* the loss takes class numbers */
  void (*say)(void *context, const fv_train_message *message); /* samples that are left out, each once; may be NULL */
  void *context;
} fv__feed_options;

/* All is lent until the next call with the feed. No samples: none of this batch can be read. */
typedef struct fv__feed_batch {
  fv_learner_batch batch;
  const int64_t *samples; /* their numbers */
} fv__feed_batch;

typedef struct fv__feed {
  fv__feed_options options;
  fv_model *model;
  fv_loader *loader; /* of a set, with the batch that it lent; else the rest */
  const float *loaded_inputs, *loaded_targets;
  int64_t *input_rows, *target_rows; /* numbers of a sample */
  float **inputs, **targets;         /* gathered */
  float *weights;
  int64_t *samples, *order, order_pass;
  fv__arena arena;
  int64_t count, samples_per_epoch, steps;
  int64_t epoch, step; /* of the next batch */
} fv__feed;

/* How a model takes pictures of a set: its own preprocessing, or numbers as they are stored, in its size. */
fv_preprocessing fv__feed_preprocessing(const fv_model *model);

/* End it with fv__feed_close, also after a failure. */
fv_status fv__feed_open(fv__feed *feed, fv_model *model, const fv__feed_options *options) FV_CHECK;
void fv__feed_close(fv__feed *feed);

fv_status fv__feed_next(fv__feed *feed, fv__feed_batch *batch) FV_CHECK;
fv_status fv__feed_seek(fv__feed *feed, int64_t epoch, int64_t step) FV_CHECK;

/* What a sample is called, "data/cat/7.jpg" or "sample 7". Returns `text`. */
char *fv__feed_name(char *text, size_t size, const fv__feed *feed, int64_t sample);

/* A number that changes with the samples. */
uint64_t fv__feed_fingerprint(const fv__feed *feed);

/* One pass through all batches of an epoch by an infer plan of the model's present weights. `visit` sees each batch and
 * the outputs of its rows (the plan's first batch->batch.count); its failure ends the pass. */
typedef struct fv__feed_tour {
  int32_t threads;
  int64_t memory_limit;
  fv_accuracy accuracy;
  fv_status (*visit)(void *context, const fv__feed_batch *batch, const fv_plan *plan);
  void *context;
} fv__feed_tour;
fv_status fv__feed_run(fv__feed *feed, const fv__feed_tour *pass) FV_CHECK;
fv_status fv__feed_plan(fv_plan **plan, const fv__feed *feed, const fv__feed_tour *pass) FV_CHECK;

/* Rows of a model's output: the shape behind the batch as positions x channels. Errors: FV_ERROR_SHAPE where it is not
 * known. */
fv_status fv__output_rows(int64_t *positions, int64_t *channels, const fv_model *model, int32_t output) FV_CHECK;

#endif
