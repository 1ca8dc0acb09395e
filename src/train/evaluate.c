/* Evaluation of a model: one pass through a set into an fv_evaluation. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "train/evaluation.h"
#include "train/feed.h"
#include "train/learner.h"

typedef struct examination {
  fv_model *model;
  const fv_evaluate_options *options;
  fv__feed feed;
  fv_evaluation *evaluation;
  int64_t *samples; /* numbers in the set, in the order in which they were added */
  int64_t done;
} examination;

static fv_status examine(void *context, const fv__feed_batch *fed, const fv_plan *plan) {
  examination *e = context;
  fv_loss_batch batch = {.samples = fed->batch.count,
                         .targets = fed->batch.targets[0],
                         .predictions = fv_plan_output(plan, 0),
                         .sample_weights = fed->batch.sample_weights};
  if (e->options->should_stop && e->options->should_stop(e->options->context))
    return fail(FV_ERROR_STOPPED, "stopped after %" PRId64 " of %" PRId64 " samples", e->done,
                e->feed.samples_per_epoch);
  TRY(fv__output_rows(&batch.positions, &batch.channels, e->model, 0));
  TRY(fv_evaluation_add(e->evaluation, &batch));
  memcpy(e->samples + e->done, fed->samples, (size_t)fed->batch.count * sizeof *e->samples);
  e->done += fed->batch.count;
  if (e->options->on_batch) e->options->on_batch(e->options->context, e->done, e->feed.samples_per_epoch);
  return FV_OK;
}

static fv_status run(examination *e, const fv_dataset *dataset, const fv_loss *loss) {
  const fv_evaluate_options *o = e->options;
  const int64_t samples = dataset ? fv_dataset_count(dataset) : o->arrays ? o->arrays->count : 0;
  const int32_t wanted = o->batch_size ? o->batch_size : 32;
  int64_t positions, channels;
  TRY(fv__output_rows(&positions, &channels, e->model, 0));
  const bool sparse = loss && fv_loss_is_sparse(loss);
  TRY(fv__feed_open(&e->feed, e->model,
                    &(fv__feed_options){.dataset = dataset,
                                        .arrays = o->arrays,
                                        .batch_size = samples > 0 && samples < wanted ? (int32_t)samples : wanted,
                                        .threads = o->threads,
                                        .no_shuffle = true,
                                        .skip_broken = o->skip_broken,
                                        .sparse = sparse,
                                        .say = o->say,
                                        .context = o->context}));
  size_t bytes;
  e->samples = fv__size_bytes(&bytes, e->feed.samples_per_epoch, sizeof *e->samples) ? malloc(bytes) : NULL;
  if (!e->samples) return fail(FV_ERROR_MEMORY, "no memory for %" PRId64 " numbers of samples", samples);
  if (positions != 1) return fail(FV_ERROR_SHAPE, "the model is no classifier: it answers with maps");
  if (channels > INT32_MAX) return fail(FV_ERROR_SHAPE, "%" PRId64 " classes", channels);
  TRY(fv_evaluation_create(&e->evaluation, &(fv_evaluation_options){.classes = channels == 1 ? 2 : (int32_t)channels,
                                                                    .one_hot = !sparse && channels > 1,
                                                                    .loss = loss,
                                                                    .most_mistakes = o->most_mistakes}));
  return fv__feed_run(&e->feed, &(fv__feed_tour){.threads = o->threads,
                                                 .memory_limit = o->memory_limit,
                                                 .accuracy = o->accuracy,
                                                 .visit = examine,
                                                 .context = e});
}

fv_status fv_evaluate(fv_evaluation **evaluation, fv_model *model, const fv_dataset *dataset,
                      const fv_evaluate_options *options) {
  static const fv_evaluate_options none = {.batch_size = 0};
  examination e = {.model = model, .options = options ? options : &none};
  const char *name = e.options->loss ? e.options->loss : "categorical_crossentropy";
  fv_loss *loss = NULL;
  *evaluation = NULL;
  if (strcmp(name, "none")) TRY(fv_loss_create(&loss, name, e.options->loss_options));
  fv_status status = run(&e, dataset, loss);
  fv__feed_close(&e.feed);
  if (status) {
    fv_evaluation_destroy(e.evaluation);
    fv_loss_destroy(loss);
  } else {
    fv__evaluation_finish(e.evaluation, loss, fv__trained_penalty(model, &(fv_regularizer){0, 0}), e.samples);
    *evaluation = e.evaluation;
  }
  free(e.samples);
  return status;
}
