/* An epoch of a training: steps with what follows each, then validation and the epoch's end. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "train/fit.h"

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- events */

fv_train_event fv__fit_event(const fv__fit *fit, int32_t logs) {
  const double seconds = seconds_now() - fit->began;
  return (fv_train_event){.epoch = fit->epoch,
                          .epochs = fit->options.epochs,
                          .step = fit->step > 0 ? fit->step - 1 : 0,
                          .steps = fit->training.steps,
                          .iteration = fit->iteration,
                          .logs = fit->logs,
                          .log_count = logs,
                          .seconds = seconds,
                          .samples_per_second =
                              seconds > 0 && fit->samples_since ? (double)fit->samples_since / seconds : (double)NAN,
                          .gradient_norm = fit->gradient_norm,
                          .best = (double)NAN,
                          .patience_left = -1};
}

static fv_status call(fv__fit *fit, fv__callback_moment moment, fv_train_event *event) {
  return fv__callbacks_call(fit->options.callbacks, fit->trainers, fit->options.callback_count, moment, event);
}

/* Loss and metrics of the epoch so far, and the rate behind them. */
static int32_t fill_step_logs(fv__fit *fit) {
  double values[1 + FV__METERS];
  const int32_t count = 1 + fit->meter.count;
  fv__meter_values(&fit->meter, values);
  for (int32_t i = 0; i < count; i++) fit->logs[i] = (fv_train_number){fit->names[i], values[i]};
  fit->logs[count] = (fv_train_number){"learning_rate", fv_learner_rate(fit->learner)};
  return count + 1;
}

/* The same with the numbers of validation between. */
static void fill_epoch_logs(fv__fit *fit) {
  double values[1 + FV__METERS];
  int32_t count = fill_step_logs(fit) - 1;
  fv__meter_values(&fit->validation_meter, values);
  for (int32_t i = 0; fit->validates && i <= fit->validation_meter.count; i++, count++)
    fit->logs[count] = (fv_train_number){fit->names[count], values[i]};
  fit->logs[count] = (fv_train_number){"learning_rate", fv_learner_rate(fit->learner)};
}

/* ---- stopping */

static fv_status stop(fv__fit *fit) {
  const char *backup = fit->options.backup;
  if (backup) TRY(fv__fit_backup(fit));
  return fail(FV_ERROR_STOPPED, "stopped in epoch %" PRId32 " after step %" PRId64 " of %" PRId64 "%s%s",
              fit->epoch + 1, fit->step, fit->training.steps, backup ? "; to go on, resume from " : "",
              backup ? backup : "");
}

static bool is_to_stop(const fv__fit *fit) {
  return fit->options.should_stop && fit->options.should_stop(fit->options.context);
}

/* ---- a step */

/* The loss is looked at before anything else sees it. */
static fv_status learn(fv__fit *fit) {
  fv_learner_result result;
  TRY(fv_train_on_batch(fit->learner, &fit->batch.batch, &result));
  if (!result.is_finite && !fit->options.keep_no_numbers)
    return fail(FV_ERROR_NUMBERS, "%s of epoch %" PRId32 ", step %" PRId64 " %s: %s",
                isfinite(result.loss) ? "numbers" : "the loss", fit->epoch + 1, fit->step + 1,
                isfinite(result.loss) ? "are none"
                : isnan(result.loss)  ? "is not a number"
                                      : "is infinite",
                fv__fit_explain(fit));
  fit->samples_since += fit->batch.batch.count;
  fit->gradient_norm = result.gradient_norm;
  return fv__meter_add(&fit->meter, result.loss, fit->batch.batch.count, fit->batch.batch.targets[0],
                       fv_learner_predictions(fit->learner, 0), fit->batch.batch.sample_weights);
}

static fv_status step(fv__fit *fit) {
  TRY(fv__feed_next(&fit->training, &fit->batch));
  if (fit->batch.batch.count) TRY(learn(fit));
  fit->step++;
  fit->iteration++;
  fv_train_event event = fv__fit_event(fit, fill_step_logs(fit));
  TRY(call(fit, FV__BATCH_END, &event));
  if (fit->options.on_step) fit->options.on_step(fit->options.context, &event);
  const bool is_due = fit->options.backup && fit->options.backup_steps &&
                      fit->iteration % fit->options.backup_steps == 0 && fit->step < fit->training.steps;
  if (is_due) TRY(fv__fit_backup(fit));
  fit->is_limited = fit->options.max_steps && fit->iteration >= fit->options.max_steps;
  return is_to_stop(fit) ? stop(fit) : FV_OK;
}

/* ---- validation */

static fv_status examine(void *context, const fv__feed_batch *fed, const fv_plan *plan) {
  fv__fit *fit = context;
  const fv_learner_batch *batch = &fed->batch;
  double loss = 0;
  if (is_to_stop(fit)) return fail(FV_ERROR_STOPPED, "stopped");
  for (int32_t i = 0; i < fv_model_output_count(fit->model); i++) {
    double value;
    fv_loss_batch rows = {.samples = batch->count,
                          .targets = batch->targets[i],
                          .predictions = fv_plan_output(plan, i),
                          .sample_weights = batch->sample_weights};
    TRY(fv__output_rows(&rows.positions, &rows.channels, fit->model, i));
    TRY(fv_loss_compute(fit->loss, &rows, &value, NULL, NULL));
    loss += value;
  }
  TRY(fv__meter_add(&fit->validation_meter, loss, batch->count, batch->targets[0], fv_plan_output(plan, 0),
                    batch->sample_weights));
  if (fit->options.on_validation)
    fit->options.on_validation(fit->options.context, (int64_t)fit->validation_meter.samples,
                               fit->validation.samples_per_epoch);
  return FV_OK;
}

static fv_status validate(fv__fit *fit) {
  const fv__feed_tour pass = {.threads = fit->options.threads,
                              .memory_limit = fit->options.memory_limit,
                              .accuracy = fit->options.accuracy,
                              .visit = examine,
                              .context = fit};
  fv__meter_reset(&fit->validation_meter);
  fv_status status = fv__feed_run(&fit->validation, &pass);
  if (status == FV_ERROR_STOPPED) return stop(fit);
  if (status) return note(status, "validation");
  fit->validation_meter.loss_sum +=
      fv__trained_penalty(fit->model, &fit->options.kernel_regularizer) * fit->validation_meter.samples;
  return FV_OK;
}

/* ---- the epoch */

static fv_status begin(fv__fit *fit) {
  fit->began = seconds_now();
  fit->samples_since = 0;
  if (fit->step > 0) return FV_OK; /* resumed within */
  fv__meter_reset(&fit->meter);
  fv_train_event event = fv__fit_event(fit, 0);
  return call(fit, FV__EPOCH_BEGIN, &event);
}

static fv_status end(fv__fit *fit) {
  const bool is_whole = fit->step == fit->training.steps || fit->ends;
  if (!is_whole && fit->options.backup) TRY(fv__fit_backup(fit)); /* max_steps: others go on from here */
  if (fit->validates) TRY(validate(fit));
  fill_epoch_logs(fit);
  fv_train_event event = fv__fit_event(fit, fit->log_count);
  TRY(call(fit, FV__EPOCH_END, &event));
  TRY(fv__fit_remember(fit));
  if (fit->options.on_epoch) fit->options.on_epoch(fit->options.context, &event);
  if (!is_whole) return FV_OK;
  fit->epoch++;
  fit->step = 0;
  fv__meter_reset(&fit->meter);
  return fit->options.backup ? fv__fit_backup(fit) : FV_OK;
}

fv_status fv__fit_epoch(fv__fit *fit) {
  TRY(begin(fit));
  fit->is_limited = fit->options.max_steps && fit->iteration >= fit->options.max_steps;
  while (fit->step < fit->training.steps && !fit->ends && !fit->is_limited) TRY(step(fit));
  return end(fit);
}
