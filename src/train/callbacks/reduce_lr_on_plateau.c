/* A lower learning rate when a number has not improved for `patience` epochs: rate * factor, never below min_lr; then
 * `cooldown` epochs do not count. Patience 0 and 1 are alike, as in Keras.
 */
#include <math.h>

#include "train/monitor.h"

enum { WAIT = FV__MONITOR_NUMBERS, COOLDOWN };
static const char *const numbers[] = {FV__MONITOR_NUMBER_NAMES, "wait", "cooldown_counter", NULL};

static fv_status begin(void *context, const fv_trainer *trainer, fv_train_event *event) {
  (void)trainer;
  fv__callback *self = context;
  (void)fv__callback_begins(self);
  return fv__monitor_begin(self, event);
}

/* Rates are float32, so the smallest one is compared as one. */
static fv_status reduce(fv__callback *self, const fv_trainer *trainer, int32_t epoch) {
  const double before = trainer->learning_rate(trainer->context), least = self->options.min_lr;
  if (!(before > (float)least)) return FV_OK;
  const double after = fmax(before * self->options.factor, least);
  TRY(trainer->set_learning_rate(trainer->context, after));
  self->numbers[COOLDOWN] = self->options.cooldown;
  self->numbers[WAIT] = 0;
  fv__callback_say(
      self, trainer,
      (fv_train_message){
          .kind = FV_MESSAGE_RATE, .epoch = epoch, .monitor = self->options.monitor, .from = before, .to = after},
      "epoch %d: the learning rate falls from %.6g to %.6g", epoch + 1, before, after);
  return FV_OK;
}

static fv_status epoch_end(void *context, const fv_trainer *trainer, fv_train_event *event) {
  fv__callback *self = context;
  double value;
  if (!fv__monitor_read(self, trainer, event, &value)) return FV_OK;
  if (self->numbers[COOLDOWN] > 0) {
    self->numbers[COOLDOWN] -= 1;
    self->numbers[WAIT] = 0;
  }
  if (fv__monitor_improves(self, value)) {
    fv__monitor_take(self, value);
    self->numbers[WAIT] = 0;
  } else if (!(self->numbers[COOLDOWN] > 0)) {
    self->numbers[WAIT] += 1;
    if (self->numbers[WAIT] >= self->options.patience) return reduce(self, trainer, event->epoch);
  }
  return FV_OK;
}

static const fv_option table[] = {
    FV__MONITOR_LINES("0.0001"),
    FV__CALLBACK_LINE(factor, FLOAT, "0.1", 0, 0.999999, NULL, "what the rate is multiplied with"),
    FV__CALLBACK_COUNT(patience, "10", "epochs without improvement after which the rate falls"),
    FV__CALLBACK_COUNT(cooldown, "0", "epochs after a reduction that do not count"),
    FV__CALLBACK_LINE(min_lr, FLOAT, "0", 0, 1e30, NULL, "the rate never falls below it"),
    FV__CALLBACK_COMPAT,
    {.name = NULL}};

const fv__callback_type fv__callback_reduce_lr_on_plateau = {
    .name = "ReduceLROnPlateau",
    .help = "lowers the learning rate when a number no longer improves",
    .table = table,
    .numbers = numbers,
    .on_train_begin = begin,
    .on_epoch_end = epoch_end,
};
