/* The search for a learning rate: rates grow by the same factor from step to step; the loss, smoothed, first falls and
 * then explodes.
 *
 *   rate of step i   lowest * (highest / lowest)^(i / (steps - 1))
 *   smoothed         a = 0.9 a + 0.1 loss, over 1 - 0.9^(i + 1)
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/size.h"
#include "train/fit.h"

static const double SMOOTHING = 0.9, EXPLODED = 4;

void fv_rate_search_destroy(fv_rate_search *search) {
  if (!search) return;
  free(search->rates);
  free(search->losses);
  *search = (fv_rate_search){.count = 0};
}

static double rate_of(const fv_find_rate_options *o, int32_t step) {
  return o->lowest * pow(o->highest / o->lowest, (double)step / (o->steps - 1));
}

/* One step; *done when the loss has exploded. */
static fv_status step(fv_rate_search *search, fv_learner *learner, fv__feed *feed, const fv_find_rate_options *o,
                      double *average, bool *done) {
  fv__feed_batch batch;
  fv_learner_result result;
  const int32_t i = search->count;
  TRY(fv_learner_set_rate(learner, rate_of(o, i)));
  TRY(fv__feed_next(feed, &batch));
  if (!batch.batch.count) return FV_OK;
  TRY(fv_train_on_batch(learner, &batch.batch, &result));
  *average = SMOOTHING * *average + (1 - SMOOTHING) * result.loss;
  const double smoothed = *average / (1 - pow(SMOOTHING, i + 1));
  double best = INFINITY;
  for (int32_t k = 0; k < i; k++) best = fmin(best, search->losses[k]);
  *done = !result.is_finite || (i > 0 && smoothed > EXPLODED * best);
  if (!result.is_finite) return FV_OK;
  search->rates[i] = rate_of(o, i);
  search->losses[i] = smoothed;
  search->count++;
  if (o->on_step) o->on_step(o->context, i, o->steps, search->rates[i], smoothed);
  return FV_OK;
}

/* Where the loss is lowest, and before that falls most from one rate to the next. The first tenth is left out: its
 * means are of too few steps. */
static void look(fv_rate_search *search) {
  const int32_t first = search->count / 10 + 1;
  int32_t lowest = 0;
  double steepest = 0;
  search->lowest = search->steepest = NAN;
  for (int32_t i = first; i < search->count; i++)
    if (search->losses[i] < search->losses[lowest]) lowest = i;
  if (lowest == 0) return;
  search->lowest = search->rates[lowest];
  for (int32_t i = first; i <= lowest; i++) {
    const double fall = search->losses[i - 1] - search->losses[i];
    if (fall <= steepest) continue;
    steepest = fall;
    search->steepest = search->rates[i];
  }
}

static fv_status settle(fv_find_rate_options *o) {
  if (o->lowest == 0) o->lowest = 1e-7;
  if (o->highest == 0) o->highest = 10;
  if (!o->steps) o->steps = 100;
  if (o->lowest > 0 && o->highest > o->lowest && isfinite(o->highest) && o->steps >= 2 && o->steps <= 1000000)
    return FV_OK;
  return fail(FV_ERROR_INVALID, "rates from %g to %g in %" PRId32 " steps: expected growing rates and at least 2 steps",
              o->lowest, o->highest, o->steps);
}

/* A learner and a feed as fv_fit makes them. */
static fv_status open(fv_learner **learner, fv__feed *feed, fv_model *model, const fv_fit_options *fit) {
  const int64_t samples = fit->dataset ? fv_dataset_count(fit->dataset) : fit->arrays ? fit->arrays->count : 0;
  const int32_t wanted = fit->batch_size ? fit->batch_size : 32;
  const char *name = fit->loss ? fit->loss : "categorical_crossentropy";
  fv_loss *loss;
  TRY(fv_loss_create(&loss, name, fit->loss_options));
  const bool sparse = fv_loss_is_sparse(loss);
  fv_loss_destroy(loss);
  TRY(fv__feed_open(feed, model,
                    &(fv__feed_options){.dataset = fit->dataset,
                                        .arrays = fit->arrays,
                                        .augment = fit->augment,
                                        .class_weights = fit->class_weights,
                                        .seed = fit->seed,
                                        .batch_size = samples > 0 && samples < wanted ? (int32_t)samples : wanted,
                                        .threads = fit->threads,
                                        .no_shuffle = fit->no_shuffle,
                                        .takes_whole = fit->takes_whole,
                                        .skip_broken = fit->skip_broken,
                                        .sparse = sparse,
                                        .say = fit->say,
                                        .context = fit->context}));
  return fv_learner_create(learner, model,
                           &(fv_learner_options){.loss = fit->loss,
                                                 .loss_options = fit->loss_options,
                                                 .optimizer = fit->optimizer,
                                                 .optimizer_options = fit->optimizer_options,
                                                 .kernel_regularizer = fit->kernel_regularizer,
                                                 .batch_size = feed->options.batch_size,
                                                 .threads = fit->threads,
                                                 .memory_limit = fit->memory_limit,
                                                 .accuracy = fit->accuracy,
                                                 .seed = fit->seed});
}

static fv_status run(fv_rate_search *search, fv_model *model, const fv_fit_options *fit,
                     const fv_find_rate_options *o) {
  fv_learner *learner = NULL;
  fv__feed feed = {.count = 0};
  double average = 0;
  bool done = false;
  search->rates = calloc((size_t)o->steps, sizeof *search->rates);
  search->losses = calloc((size_t)o->steps, sizeof *search->losses);
  if (!search->rates || !search->losses) return fail(FV_ERROR_MEMORY, "no memory for %" PRId32 " losses", o->steps);
  fv_status status = open(&learner, &feed, model, fit);
  while (!status && !done && search->count < o->steps) {
    status = step(search, learner, &feed, o, &average, &done);
    if (!status && fit->should_stop && fit->should_stop(fit->context)) status = fail(FV_ERROR_STOPPED, "stopped");
  }
  fv_learner_destroy(learner);
  fv__feed_close(&feed);
  look(search);
  return status;
}

fv_status fv_find_rate(fv_rate_search *search, fv_model *model, const fv_fit_options *fit,
                       const fv_find_rate_options *options) {
  fv_find_rate_options o = {.steps = 0};
  size_t bytes;
  if (options) o = *options;
  *search = (fv_rate_search){.count = 0};
  TRY(settle(&o));
  float *weights = fv__size_bytes(&bytes, fv__weights_count(model), sizeof *weights) ? malloc(bytes + 1) : NULL;
  if (!weights) return fail(FV_ERROR_MEMORY, "no memory for a copy of the weights");
  fv__weights_copy(weights, model);
  fv_status status = run(search, model, fit, &o);
  fv__weights_put(model, weights);
  free(weights);
  if (status) fv_rate_search_destroy(search);
  return status;
}
