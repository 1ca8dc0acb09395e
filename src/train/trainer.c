/* What callbacks may ask of a training. */
#include <stdlib.h>
#include <string.h>

#include <fovea/file.h>

#include "base/size.h"
#include "train/fit.h"

static fv__fit *fit_of(void *context) { return ((fv__keeper *)context)->fit; }

static void stop(void *context) { fit_of(context)->ends = true; }

static double learning_rate(void *context) { return fv_learner_rate(fit_of(context)->learner); }

static fv_status set_learning_rate(void *context, double rate) {
  return fv_learner_set_rate(fit_of(context)->learner, rate);
}

static fv_status save_model(void *context, const char *path, bool weights_only) {
  (void)weights_only; /* the path's ending says it too */
  fv__fit *fit = fit_of(context);
  TRY(fv__fit_compile(fit, false)); /* with the rate of now, not of the last backup */
  return fv_model_save(fit->model, path, NULL);
}

/* ---- weights */

static int64_t elements_of(const fv_model *model, int32_t weight) {
  const fv_weight_info info = fv_model_weight(model, weight);
  int64_t count = 0;
  return fv_shape_elements(&count, &info.shape) ? 0 : count;
}

int64_t fv__weights_count(const fv_model *model) { return fv_model_parameters(model); }

void fv__weights_copy(float *numbers, fv_model *model) {
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    const int64_t count = elements_of(model, i);
    memcpy(numbers, fv_model_weight_data(model, i), (size_t)count * sizeof *numbers);
    numbers += count;
  }
}

void fv__weights_put(fv_model *model, const float *numbers) {
  for (int32_t i = 0; i < fv_model_weight_count(model); i++) {
    const int64_t count = elements_of(model, i);
    memcpy(fv_model_weight_data(model, i), numbers, (size_t)count * sizeof *numbers);
    numbers += count;
  }
  fv_model_weights_changed(model);
}

static fv_status take_room(fv__keeper *keeper) {
  size_t bytes;
  if (keeper->kept) return FV_OK;
  if (fv__size_bytes(&bytes, fv__weights_count(keeper->fit->model), sizeof(float))) keeper->kept = malloc(bytes + 1);
  return keeper->kept ? FV_OK : fail(FV_ERROR_MEMORY, "no memory for a copy of the weights");
}

static fv_status keep_weights(void *context) {
  fv__keeper *keeper = context;
  TRY(take_room(keeper));
  fv__weights_copy(keeper->kept, keeper->fit->model);
  keeper->holds = true;
  return FV_OK;
}

static fv_status put_back_weights(void *context) {
  const fv__keeper *keeper = context;
  if (keeper->holds) fv__weights_put(keeper->fit->model, keeper->kept);
  return FV_OK;
}

/* ---- words */

static void say(void *context, const fv_train_message *message) {
  const fv_fit_options *options = &fit_of(context)->options;
  if (options->say) options->say(options->context, message);
}

static const char *explain_numbers(void *context) { return fv__fit_explain(fit_of(context)); }

/* ---- making */

fv_status fv__fit_make_trainers(fv__fit *fit) {
  const size_t count = (size_t)fit->options.callback_count;
  fit->trainers = calloc(count + 1, sizeof *fit->trainers);
  fit->keepers = calloc(count + 1, sizeof *fit->keepers);
  if (!fit->trainers || !fit->keepers) return fail(FV_ERROR_MEMORY, "no memory for callbacks");
  for (size_t i = 0; i < count; i++) {
    fit->keepers[i].fit = fit;
    fit->trainers[i] = (fv_trainer){.context = &fit->keepers[i],
                                    .model = fit->model,
                                    .stop = stop,
                                    .learning_rate = learning_rate,
                                    .set_learning_rate = set_learning_rate,
                                    .save_model = save_model,
                                    .keep_weights = keep_weights,
                                    .put_back_weights = put_back_weights,
                                    .say = say,
                                    .explain_numbers = explain_numbers};
    if (fit->options.callbacks[i].keeps_weights) TRY(take_room(&fit->keepers[i]));
  }
  return FV_OK;
}

void fv__fit_end_trainers(fv__fit *fit) {
  for (int32_t i = 0; fit->keepers && i < fit->options.callback_count; i++) free(fit->keepers[i].kept);
  free(fit->keepers);
  free(fit->trainers);
}
