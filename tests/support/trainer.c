/* A training loop that only pretends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/trainer.h"

static void stop(void *context) { ((pretence *)context)->stopped++; }
static double learning_rate(void *context) { return ((pretence *)context)->rate; }

static fv_status set_learning_rate(void *context, double rate) {
  ((pretence *)context)->rate = (float)rate;
  return FV_OK;
}

static fv_status save_model(void *context, const char *path, bool weights_only) {
  (void)weights_only;
  pretence *p = context;
  p->saved++;
  snprintf(p->path, sizeof p->path, "%s", path);
  return FV_OK;
}

static fv_status keep_weights(void *context) {
  pretence *p = context;
  p->kept = p->epoch;
  return FV_OK;
}

static fv_status put_back_weights(void *context) {
  pretence *p = context;
  p->epoch = p->kept;
  return FV_OK;
}

static void say(void *context, const fv_train_message *message) {
  pretence *p = context;
  p->kind = message->kind;
  snprintf(p->said, sizeof p->said, "%s: %s", message->callback, message->text);
}

static const char *explain_numbers(void *context) {
  (void)context;
  return "conv1/kernel is not finite";
}

fv_trainer trainer_of(pretence *p, fv_model *model) {
  return (fv_trainer){.context = p,
                      .model = model,
                      .stop = stop,
                      .learning_rate = learning_rate,
                      .set_learning_rate = set_learning_rate,
                      .save_model = save_model,
                      .keep_weights = keep_weights,
                      .put_back_weights = put_back_weights,
                      .say = say,
                      .explain_numbers = explain_numbers};
}

fv_status trainer_epoch(const fv_callback *callback, pretence *p, int32_t epoch, const char *name, double value) {
  const fv_train_number log = {name, value};
  fv_train_event event = {.epoch = epoch,
                          .epochs = 100,
                          .logs = &log,
                          .log_count = 1,
                          .samples_per_second = NAN,
                          .gradient_norm = NAN,
                          .best = NAN,
                          .patience_left = -1};
  const fv_trainer trainer = trainer_of(p, NULL);
  p->epoch = epoch;
  if (callback->on_epoch_begin) {
    const fv_status status = callback->on_epoch_begin(callback->context, &trainer, &event);
    if (status) return status;
  }
  return callback->on_epoch_end(callback->context, &trainer, &event);
}

double trainer_number(const fv_callback *callback, const char *name) {
  fv_train_number numbers[FV_CALLBACK_MAX_NUMBERS];
  const int32_t count = callback->save(callback->context, numbers);
  for (int32_t i = 0; i < count; i++)
    if (!strcmp(numbers[i].name, name)) return numbers[i].value;
  fail_msg("no number '%s'", name);
  return 0;
}
