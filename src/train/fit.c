/* Training: what is asked for becomes a learner, feeds, meters and trainers; then epoch after epoch. */
#include "train/fit.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fovea/labels.h>

#include "base/size.h"
#include "train/loss.h"

enum { BATCH_DEFAULT = 32 };

/* ---- making */

static int64_t samples_of(const fv_dataset *dataset, const fv_fit_arrays *arrays) {
  return dataset ? fv_dataset_count(dataset) : arrays ? arrays->count : 0;
}

/* A batch has no more samples than there are. */
static int32_t batch_of(int32_t batch_size, int64_t samples) {
  return samples > 0 && samples < batch_size ? (int32_t)samples : batch_size;
}

static fv_status settle(fv__fit *fit) {
  fv_fit_options *o = &fit->options;
  if (!o->epochs) o->epochs = 1;
  if (!o->batch_size) o->batch_size = BATCH_DEFAULT;
  if (!o->loss) o->loss = "categorical_crossentropy";
  if (!o->optimizer) o->optimizer = "rmsprop";
  if (o->epochs < 0) return fail(FV_ERROR_INVALID, "epochs must be above 0, not %" PRId32, o->epochs);
  if (o->initial_epoch < 0)
    return fail(FV_ERROR_INVALID, "initial_epoch must not be below 0, as %" PRId32, o->initial_epoch);
  if (o->batch_size < 1 || o->batch_size > 65536)
    return fail(FV_ERROR_INVALID, "batch_size must be 1 to 65536, not %" PRId32, o->batch_size);
  if (o->max_steps < 0 || o->backup_steps < 0 || o->samples_per_epoch < 0 || o->callback_count < 0)
    return fail(FV_ERROR_INVALID, "numbers of steps, samples and callbacks must not be below 0");
  if (!(o->moving_momentum >= 0 && o->moving_momentum < 1))
    return fail(FV_ERROR_INVALID, "moving_momentum must be 0 to below 1, not %g", o->moving_momentum);
  if (o->validation && o->validation_arrays)
    return fail(FV_ERROR_INVALID, "the validation is a set or arrays, not both");
  fit->epoch = o->initial_epoch;
  fit->gradient_norm = NAN;
  fit->validates = o->validation || o->validation_arrays;
  return fv_loss_create(&fit->loss, o->loss, o->loss_options);
}

static fv_status open_feeds(fv__fit *fit) {
  const fv_fit_options *o = &fit->options;
  const bool sparse = fv_loss_is_sparse(fit->loss);
  const int64_t samples = o->samples_per_epoch ? o->samples_per_epoch : samples_of(o->dataset, o->arrays);
  TRY(fv__feed_open(&fit->training, fit->model,
                    &(fv__feed_options){.dataset = o->dataset,
                                        .arrays = o->arrays,
                                        .augment = o->augment,
                                        .class_weights = o->class_weights,
                                        .targets = o->targets,
                                        .samples_per_epoch = o->samples_per_epoch,
                                        .cache_limit = o->cache_limit,
                                        .seed = o->seed,
                                        .batch_size = batch_of(o->batch_size, samples),
                                        .threads = o->threads,
                                        .no_shuffle = o->no_shuffle,
                                        .takes_whole = o->takes_whole,
                                        .skip_broken = o->skip_broken,
                                        .sparse = sparse,
                                        .say = o->say,
                                        .context = o->context}));
  if (!fit->validates) return FV_OK;
  fv_status status = fv__feed_open(
      &fit->validation, fit->model,
      &(fv__feed_options){.dataset = o->validation,
                          .arrays = o->validation_arrays,
                          .targets = o->validation_targets,
                          .batch_size = batch_of(o->batch_size, samples_of(o->validation, o->validation_arrays)),
                          .threads = o->threads,
                          .no_shuffle = true,
                          .skip_broken = o->skip_broken,
                          .cache_limit = o->cache_limit,
                          .sparse = sparse,
                          .say = o->say,
                          .context = o->context});
  return status ? note(status, "validation") : FV_OK;
}

static fv_status make_learner(fv__fit *fit) {
  const fv_fit_options *o = &fit->options;
  return fv_learner_create(&fit->learner, fit->model,
                           &(fv_learner_options){.loss = o->loss,
                                                 .loss_options = o->loss_options,
                                                 .optimizer = o->optimizer,
                                                 .optimizer_options = o->optimizer_options,
                                                 .kernel_regularizer = o->kernel_regularizer,
                                                 .batch_size = fit->training.options.batch_size,
                                                 .threads = o->threads,
                                                 .memory_limit = o->memory_limit,
                                                 .accuracy = o->accuracy,
                                                 .seed = o->seed,
                                                 .unbiased_variance = o->unbiased_variance,
                                                 .moving_momentum = o->moving_momentum,
                                                 .keep_no_numbers = o->keep_no_numbers});
}

/* Names of all logs of an epoch. */
static void name_logs(fv__fit *fit) {
  const int32_t metrics = fit->meter.count;
  int32_t count = 0;
  for (int validation = 0; validation <= fit->validates; validation++) {
    const char *prefix = validation ? "val_" : "";
    snprintf(fit->names[count++], FV__LOG_NAME, "%sloss", prefix);
    for (int32_t i = 0; i < metrics; i++)
      snprintf(fit->names[count++], FV__LOG_NAME, "%s%s", prefix, fit->meter.names[i]);
  }
  snprintf(fit->names[count++], FV__LOG_NAME, "learning_rate");
  fit->log_count = count;
  for (int32_t i = 0; i < count; i++) fit->logs[i] = (fv_train_number){fit->names[i], (double)NAN};
}

/* The model learns what its answers stand for, and how it is fed, before the first file of it is written. */
static fv_status teach(fv__fit *fit) {
  const fv_dataset *dataset = fit->options.dataset;
  if (!dataset) return FV_OK;
  if (fv_model_preprocessing(fit->model).mode == FV_PREPROCESSING_UNSET) {
    const fv_preprocessing stored = fv__feed_preprocessing(fit->model);
    TRY(fv_model_set_preprocessing(fit->model, &stored));
  }
  const int32_t count = fv_dataset_class_count(dataset);
  const fv_shape output = fv_model_output_shape(fit->model, 0);
  if (fit->options.targets || output.dims[output.rank - 1] != count)
    return FV_OK; /* no classes, or one number for two classes: it has no names */
  fv_label *labels = calloc((size_t)count, sizeof *labels);
  if (!labels) return fail(FV_ERROR_MEMORY, "no memory for the names of classes");
  for (int32_t i = 0; i < count; i++) labels[i] = (fv_label){"", fv_dataset_class_name(dataset, i)};
  fv_status status = fv_model_set_labels(fit->model, labels, count);
  free(labels);
  return status;
}

/* Everything but the state of a run before. */
static fv_status make(fv__fit *fit) {
  const bool sparse = fv_loss_is_sparse(fit->loss);
  TRY(open_feeds(fit));
  TRY(fv__meter_open(&fit->meter, fit->model, &fit->options, sparse, fit->training.options.batch_size));
  TRY(fv__meter_open(&fit->validation_meter, fit->model, &fit->options, sparse,
                     fit->validates ? fit->validation.options.batch_size : 1));
  TRY(make_learner(fit));
  fv_learner_measure_gradients(fit->learner, fit->options.measure_gradients);
  name_logs(fit);
  TRY(fv__fit_make_trainers(fit));
  TRY(fv__fit_history_room(fit, 1));
  TRY(teach(fit));
  TRY(fv__fit_compile(fit, false));
  return fit->options.backup || fit->options.resume ? fv__fit_describe(fit) : FV_OK;
}

static void unmake(fv__fit *fit) {
  fv__fit_end_trainers(fit);
  fv_learner_destroy(fit->learner);
  fv__meter_close(&fit->meter);
  fv__meter_close(&fit->validation_meter);
  fv__feed_close(&fit->training);
  fv__feed_close(&fit->validation);
  fv_loss_destroy(fit->loss);
  fv__lines_clear(&fit->lines);
}

/* ---- facts */

/* What the model's file asks of training that is not done. */
static void tell_ignored(const fv__fit *fit) {
  const char *ignored = fv_model_ignored_regularizers(fit->model);
  char text[600];
  if (!ignored || !fit->options.say) return;
  snprintf(text, sizeof text, "not in the loss, though the model's file asks for it: %s", ignored);
  const fv_train_message message = {.kind = FV_MESSAGE_WARNING, .callback = "fit", .text = text};
  fit->options.say(fit->options.context, &message);
}

static fv_status tell_facts(fv__fit *fit) {
  const fv_learner_memory memory = fv_learner_memory_use(fit->learner);
  fv_fit_facts facts = {.samples = fit->training.samples_per_epoch,
                        .validation_samples = fit->validation.samples_per_epoch,
                        .steps = fit->training.steps,
                        .first_epoch = fit->epoch,
                        .first_step = fit->step,
                        .parameters = fv_model_parameters(fit->model),
                        .trainable_parameters = fv_model_trainable_parameters(fit->model),
                        .memory = memory};
  if (!fit->options.on_facts) return FV_OK;
  const int64_t weights = fv__weights_count(fit->model) * (int64_t)sizeof(float);
  for (int32_t i = 0; i < fit->options.callback_count; i++) facts.kept_bytes += fit->keepers[i].kept ? weights : 0;
  if (fit->options.backup) facts.backup_bytes = fv__fit_backup_bytes(fit);
  if (fit->validates) {
    fv_plan *plan;
    TRY(fv__feed_plan(&plan, &fit->validation,
                      &(fv__feed_tour){.threads = fit->options.threads, .memory_limit = fit->options.memory_limit}));
    const fv_plan_memory use = fv_plan_memory_use(plan);
    facts.validation_bytes = use.packed + use.activations + use.scratch;
    fv_plan_destroy(plan);
  }
  return fit->options.on_facts(fit->options.context, &facts);
}

/* ---- history */

void fv_fit_history_destroy(fv_fit_history *history) {
  if (!history) return;
  for (int32_t i = 0; history->names && i < history->name_count; i++) free(history->names[i]);
  free(history->names);
  free(history->values);
  *history = (fv_fit_history){.name_count = 0};
}

static fv_status name_history(fv__fit *fit) {
  fv_fit_history *history = fit->history;
  history->names = calloc((size_t)fit->log_count, sizeof *history->names);
  if (!history->names) return fail(FV_ERROR_MEMORY, "no memory for the history");
  history->name_count = fit->log_count;
  history->first_epoch = fit->options.initial_epoch;
  for (int32_t i = 0; i < fit->log_count; i++)
    if (!(history->names[i] = strdup(fit->names[i]))) return fail(FV_ERROR_MEMORY, "no memory for the history");
  return FV_OK;
}

fv_status fv__fit_history_room(fv__fit *fit, int32_t epochs) {
  fv_fit_history *history = fit->history;
  size_t bytes;
  if (!history->names) TRY(name_history(fit));
  if (epochs <= fit->history_room) return FV_OK;
  const int32_t room = epochs < 8 ? 8 : epochs > INT32_MAX / 2 ? epochs : 2 * epochs;
  double *values = NULL;
  if (fv__size_bytes(&bytes, fv__size_product(room, history->name_count), sizeof *values))
    values = realloc(history->values, bytes);
  if (!values) return fail(FV_ERROR_MEMORY, "no memory for the history");
  history->values = values;
  fit->history_room = room;
  return FV_OK;
}

fv_status fv__fit_remember(fv__fit *fit) {
  fv_fit_history *history = fit->history;
  TRY(fv__fit_history_room(fit, history->epoch_count + 1));
  double *row = history->values + (int64_t)history->epoch_count * history->name_count;
  for (int32_t i = 0; i < history->name_count; i++) row[i] = fit->logs[i].value;
  history->epoch_count++;
  return FV_OK;
}

/* ---- running */

static fv_status call(fv__fit *fit, fv__callback_moment moment) {
  fv_train_event event = fv__fit_event(fit, fit->log_count);
  return fv__callbacks_call(fit->options.callbacks, fit->trainers, fit->options.callback_count, moment, &event);
}

static fv_status train(fv__fit *fit) {
  TRY(call(fit, FV__TRAIN_BEGIN));
  while (fit->epoch < fit->options.epochs && !fit->ends && !fit->is_limited) TRY(fv__fit_epoch(fit));
  fv_learner_use_averages(fit->learner);
  return fv__fit_compile(fit, false); /* with the rate of now, whether there were backups or not */
}

/* Callbacks hear of the end in any case; the first failure counts. */
static fv_status run(fv__fit *fit) {
  char message[FV__MESSAGE_SIZE];
  TRY(make(fit));
  if (fit->options.resume) TRY(fv__fit_resume(fit));
  tell_ignored(fit);
  TRY(tell_facts(fit));
  fv_status status = train(fit);
  fv__error_save(message);
  const fv_status end = call(fit, FV__TRAIN_END);
  fit->history->iterations = fit->iteration;
  fit->history->ended_early = fit->ends;
  return status ? fv__error_raise(status, message) : end;
}

fv_status fv_fit(fv_model *model, const fv_fit_options *options, fv_fit_history *history) {
  static const fv_fit_options none = {.epochs = 0};
  fv_fit_history unwanted = {.name_count = 0};
  fv__fit *fit = calloc(1, sizeof *fit);
  if (history) *history = unwanted;
  if (!fit) return fail(FV_ERROR_MEMORY, "no memory for a training");
  fit->model = model;
  fit->options = options ? *options : none;
  fit->history = history ? history : &unwanted;
  fv_status status = settle(fit);
  if (!status) status = run(fit);
  unmake(fit);
  free(fit);
  fv_fit_history_destroy(&unwanted);
  return status;
}
