/* What watches a number: early stopping, lower rates, the best file. */
#ifndef FOVEA_TRAIN_MONITOR_H
#define FOVEA_TRAIN_MONITOR_H

#include "train/callback.h"

/* Numbers of a callback that has a best value; its own follow. */
enum { FV__BEST, FV__HAS_BEST, FV__MONITOR_NUMBERS };
#define FV__MONITOR_NUMBER_NAMES "best", "has_best"

/* Resolves mode auto. Errors: FV_ERROR_INVALID where training will not have the monitor, unless compat, and where
 * nobody knows which way it improves. */
fv_status fv__monitor_begin(fv__callback *self, const fv_train_event *event) FV_CHECK;

/* The number of this epoch; false when it has none, with a warning the first time. */
bool fv__monitor_read(fv__callback *self, const fv_trainer *trainer, const fv_train_event *event, double *value);

/* Whether `value` is better than the best so far by more than min_delta; whether it is better than `than`. */
bool fv__monitor_improves(const fv__callback *self, double value);
bool fv__monitor_is_better(const fv__callback *self, double value, double than);
void fv__monitor_take(fv__callback *self, double value); /* the best from now on */

double fv__monitor_best(const fv__callback *self); /* NaN: none yet */

extern const char *const fv__monitor_modes[];
#define FV__MONITOR_LINES(delta)                                                                                       \
  FV__CALLBACK_LINE(monitor, TEXT, "val_loss", 0, 0, NULL, "the number that is watched; acc is accuracy"),             \
      FV__CALLBACK_LINE(mode, NAME, "auto", 0, 0, fv__monitor_modes, "which way it improves"),                         \
      FV__CALLBACK_LINE(min_delta, FLOAT, delta, 0, 1e30, NULL, "less of an improvement is none")

#endif
