/* Watching a number.
 *
 *   improves   value - min_delta > best (or + and <), strictly, compared as float32: 0.6005 is not 0.0005 better than
 * 0.6
 *
 * What is not finite is never an improvement; Keras 3, which takes its first value whatever it is, keeps a NaN for ever
 * because no comparison with it holds.
 */
#include "train/monitor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "train/metric.h"

const char *const fv__monitor_modes[] = {"auto", "min", "max", NULL};

/* Which way a number of this name improves: its metric knows, losses shrink, and else the word says it. */
static int32_t direction_of(const char *name) {
  if (!strncmp(name, "val_", 4)) name += 4;
  if (!strcmp(name, "loss")) return FV_MONITOR_MIN;
  if (fv_metric_help(name)) return fv__metric_grows(name) ? FV_MONITOR_MAX : FV_MONITOR_MIN;
  if (strstr(name, "acc") || strstr(name, "auc")) return FV_MONITOR_MAX;
  return strstr(name, "loss") || strstr(name, "error") ? FV_MONITOR_MIN : FV_MONITOR_AUTO;
}

static fv_status refuse_missing(const char *monitor, const fv_train_event *event) {
  char names[300] = "";
  for (int32_t i = 0; i < event->log_count; i++) {
    const size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", event->logs[i].name);
  }
  return fail(FV_ERROR_INVALID, "monitor: training has no number '%s', but %s", monitor, names);
}

fv_status fv__monitor_begin(fv__callback *self, const fv_train_event *event) {
  fv_callback_options *options = &self->options;
  if (options->mode == FV_MONITOR_AUTO) options->mode = direction_of(options->monitor);
  if (options->mode == FV_MONITOR_AUTO)
    return fail(FV_ERROR_INVALID, "mode must be min or max: nobody knows which way '%s' improves", options->monitor);
  if (options->compat == FV_CALLBACK_KERAS3 || !event->log_count) return FV_OK;
  return fv_train_event_find(event, options->monitor, NULL) ? FV_OK : refuse_missing(options->monitor, event);
}

bool fv__monitor_read(fv__callback *self, const fv_trainer *trainer, const fv_train_event *event, double *value) {
  if (fv_train_event_find(event, self->options.monitor, value)) return true;
  if (self->has_warned) return false;
  self->has_warned = true;
  const fv_train_message message = {
      .kind = FV_MESSAGE_WARNING, .epoch = event->epoch, .monitor = self->options.monitor, .from = NAN, .to = NAN};
  fv__callback_say(self, trainer, message, "epoch %d has no number '%s'", event->epoch + 1, self->options.monitor);
  return false;
}

bool fv__monitor_is_better(const fv__callback *self, double value, double than) {
  const fv_callback_options *options = &self->options;
  if (options->compat != FV_CALLBACK_KERAS3 && !isfinite(value)) return false;
  const bool is_max = options->mode == FV_MONITOR_MAX;
  const float reached = (float)(is_max ? value - options->min_delta : value + options->min_delta);
  return is_max ? reached > (float)than : reached < (float)than;
}

bool fv__monitor_improves(const fv__callback *self, double value) {
  if (self->numbers[FV__HAS_BEST] != 0) return fv__monitor_is_better(self, value, self->numbers[FV__BEST]);
  return self->options.compat == FV_CALLBACK_KERAS3 || isfinite(value);
}

void fv__monitor_take(fv__callback *self, double value) {
  self->numbers[FV__BEST] = value;
  self->numbers[FV__HAS_BEST] = 1;
}

double fv__monitor_best(const fv__callback *self) {
  return self->numbers[FV__HAS_BEST] != 0 ? self->numbers[FV__BEST] : (double)NAN;
}
