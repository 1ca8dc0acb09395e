/* A learning rate for each epoch: what a function answers, or a schedule whose steps are epochs. Rates of steps are the
 * optimizer's (fv_optimizer_options.schedule). */
#include <math.h>

#include "train/callback.h"

static fv_status check(fv__callback *self) {
  if (!self->options.rate == !self->options.schedule)
    return fail(FV_ERROR_INVALID, "give it a function of the epoch or a schedule, one of the two");
  return FV_OK;
}

static fv_status epoch_begin(void *context, const fv_trainer *trainer, fv_train_event *event) {
  fv__callback *self = context;
  const fv_callback_options *options = &self->options;
  const double before = trainer->learning_rate(trainer->context);
  const double after = options->rate ? options->rate(options->rate_context, event->epoch, before)
                                     : fv_schedule_rate(options->schedule, event->epoch);
  if (!isfinite(after)) return fail(FV_ERROR_NUMBERS, "the learning rate of epoch %d is %g", event->epoch + 1, after);
  TRY(trainer->set_learning_rate(trainer->context, after));
  fv__callback_say(self, trainer,
                   (fv_train_message){.kind = FV_MESSAGE_RATE, .epoch = event->epoch, .from = before, .to = after},
                   "epoch %d: the learning rate is %.6g", event->epoch + 1, after);
  return FV_OK;
}

static const fv_option table[] = {{.name = NULL}};

const fv__callback_type fv__callback_learning_rate_scheduler = {
    .name = "LearningRateScheduler",
    .help = "sets the learning rate of each epoch by a function (C alone)",
    .table = table,
    .on_epoch_begin = epoch_begin,
    .check = check,
};
