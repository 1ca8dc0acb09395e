/* Early stopping: training ends when a number has not improved for `patience` epochs.
 *
 * Every epoch from start_from_epoch on makes `wait` one larger; a new best that also beats the baseline makes it 0. The
 * first epoch never ends training, so patience 0 and patience 1 are alike, as in Keras. With restore_best_weights the
 * weights of the best epoch are put back whenever training ends; with initial_value_threshold, which Keras's has not,
 * those that training began with are put back when no epoch was better.
 */
#include <math.h>

#include "train/monitor.h"

enum { WAIT = FV__MONITOR_NUMBERS, BEST_EPOCH, STOPPED_EPOCH, HAS_WEIGHTS };
static const char *const numbers[] = {FV__MONITOR_NUMBER_NAMES, "wait",        "best_epoch",
                                      "stopped_epoch",          "has_weights", NULL};

static fv_status keep(fv__callback *self, const fv_trainer *trainer) {
  if (!self->options.restore_best_weights) return FV_OK;
  self->numbers[HAS_WEIGHTS] = 1;
  return trainer->keep_weights(trainer->context);
}

/* With a best from before training the weights of now are the first to be kept. */
static fv_status begin(void *context, const fv_trainer *trainer, fv_train_event *event) {
  fv__callback *self = context;
  if (fv__callback_begins(self) && isfinite(self->options.initial_value_threshold)) {
    fv__monitor_take(self, self->options.initial_value_threshold);
    self->numbers[BEST_EPOCH] = -1;
    TRY(keep(self, trainer));
  }
  return fv__monitor_begin(self, event);
}

static void stop(fv__callback *self, const fv_trainer *trainer, int32_t epoch) {
  self->numbers[STOPPED_EPOCH] = epoch;
  fv__callback_say(self, trainer,
                   (fv_train_message){.kind = FV_MESSAGE_STOPPED,
                                      .epoch = epoch,
                                      .monitor = self->options.monitor,
                                      .from = fv__monitor_best(self),
                                      .to = NAN},
                   self->numbers[BEST_EPOCH] < 0 ? "epoch %d: training ends, %s has not improved"
                                                 : "epoch %d: training ends, %s has not improved since epoch %d",
                   epoch + 1, self->options.monitor, (int)self->numbers[BEST_EPOCH] + 1);
  trainer->stop(trainer->context);
}

static fv_status epoch_end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  fv__callback *self = context;
  const fv_callback_options *options = &self->options;
  const bool is_keras = options->compat == FV_CALLBACK_KERAS3, has_baseline = isfinite(options->baseline);
  double value;
  if (!fv__monitor_read(self, trainer, event, &value) || event->epoch < options->start_from_epoch) return FV_OK;
  bool improves = fv__monitor_improves(self, value);
  if (is_keras && self->numbers[HAS_WEIGHTS] == 0) {
    self->numbers[BEST_EPOCH] = options->restore_best_weights ? event->epoch : self->numbers[BEST_EPOCH];
    if (!improves) TRY(keep(self, trainer));
  }
  self->numbers[WAIT] += 1;
  if (improves) {
    fv__monitor_take(self, value);
    self->numbers[BEST_EPOCH] = event->epoch;
    TRY(keep(self, trainer));
    if (!has_baseline || fv__monitor_is_better(self, value, options->baseline)) self->numbers[WAIT] = 0;
  }
  const double left = options->patience - self->numbers[WAIT];
  event->best = fv__monitor_best(self);
  event->patience_left = left > 0 ? (int32_t)left : 0;
  const bool may_end = event->epoch > 0 && self->numbers[WAIT] > 0 && (!improves || !is_keras);
  if (left <= 0 && may_end) stop(self, trainer, event->epoch);
  return FV_OK;
}

static fv_status end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)event;
  fv__callback *self = context;
  if (self->numbers[HAS_WEIGHTS] == 0) return FV_OK;
  const int32_t epoch = (int32_t)self->numbers[BEST_EPOCH];
  TRY(trainer->put_back_weights(trainer->context));
  fv__callback_say(self, trainer,
                   (fv_train_message){.kind = FV_MESSAGE_RESTORED,
                                      .epoch = epoch,
                                      .monitor = self->options.monitor,
                                      .from = NAN,
                                      .to = fv__monitor_best(self)},
                   epoch < 0 ? "weights are those that training began with again"
                             : "weights are those of the end of epoch %d again",
                   epoch + 1);
  return FV_OK;
}

static bool keeps_weights(const fv_callback_options *options) { return options->restore_best_weights; }

static const fv_option table[] = {
    FV__MONITOR_LINES("0"),
    FV__CALLBACK_COUNT(patience, "0", "epochs without improvement after which training ends"),
    FV__CALLBACK_LINE(baseline, FLOAT, "none", -INFINITY, INFINITY, NULL, "a value that must be improved upon"),
    FV__CALLBACK_FLAG(restore_best_weights, "the best epoch's weights are put back at the end"),
    FV__CALLBACK_LINE(initial_value_threshold, FLOAT, "none", -INFINITY, INFINITY, NULL,
                      "the best before training, of the weights that it begins with"),
    FV__CALLBACK_COUNT(start_from_epoch, "0", "epochs before this one, from 0, are not looked at"),
    FV__CALLBACK_COMPAT,
    {.name = NULL}};

const fv__callback_type fv__callback_early_stopping = {
    .name = "EarlyStopping",
    .help = "ends training when a number no longer improves",
    .table = table,
    .numbers = numbers,
    .on_train_begin = begin,
    .on_epoch_end = epoch_end,
    .on_train_end = end,
    .keeps_weights = keeps_weights,
};
